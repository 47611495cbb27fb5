import { variables } from '../../src/config/settings.ts';
import { readText } from '../support/project-files.ts';

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
  return variables.some(
    (variable) => variable.name === name || (variable.isSecret && `${variable.name}_FILE` === name),
  );
}
