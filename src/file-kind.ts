import type { Stats } from 'node:fs';

/** Returns what something in a folder is, such as `a folder`, if it is not a regular file; null if it is one. */
export function oddKindOf(stats: Stats): string | null {
  if (stats.isFile()) return null;
  if (stats.isDirectory()) return 'a folder';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}
