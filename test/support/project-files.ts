import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the project. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** Reads a file of the project. */
export function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** Returns the paths that match a pattern, relative to the root of the project, with forward slashes. */
export function filesLike(pattern: string): string[] {
  return globSync(pattern, { cwd: projectRoot }).map((path) => path.replaceAll('\\', '/'));
}
