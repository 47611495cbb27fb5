import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** The text of a file of the project. */
export function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** The paths that match a pattern, relative to the root of the project, with forward slashes. */
export function filesLike(pattern: string): string[] {
  return globSync(pattern, { cwd: projectRoot }).map((path) => path.replaceAll('\\', '/'));
}
