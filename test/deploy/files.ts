import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { variables } from '../../src/config/variables.ts';

const root = new URL('../../', import.meta.url);

/** The text of a file of the project. */
export function readText(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** The paths of all files below a folder of the project, from the project's root. */
export function filesBelow(folder: string): string[] {
  const entries = readdirSync(fileURLToPath(new URL(folder, root)), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(fileURLToPath(root).length));
}

/** The lines without comments and blank lines. */
export function statements(path: string): string[] {
  return readText(path)
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line));
}

/** What may stand in an environment: our variables, those of Node, and Litestream's. */
export function isKnownVariable(name: string): boolean {
  if (['NODE_ENV', 'NODE_COMPILE_CACHE', 'NODE_USE_ENV_PROXY', 'NODE_EXTRA_CA_CERTS'].includes(name)) return true;
  if (['HTTPS_PROXY', 'NO_PROXY'].includes(name) || name.startsWith('LITESTREAM_')) return true;
  const known: readonly { name: string; secret?: true }[] = variables;
  return known.some((variable) => variable.name === name || (variable.secret && `${variable.name}_FILE` === name));
}
