import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** The text of a file of the project. */
export function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** The paths of all files below a folder of the project, from the project's root. */
export function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(projectRoot.length));
}

/** The paths that fit a pattern, from the project's root with forward slashes. */
export function filesLike(pattern: string): string[] {
  return globSync(pattern, { cwd: projectRoot }).map((path) => path.replaceAll('\\', '/'));
}
