import { existsSync, lstatSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { explained } from '../database-error.ts';
import { DatabaseError, errorCode } from '../errors.ts';
import { oddKindOf } from '../file-kind.ts';

/** What SQLite appends to the name of a database for its own files, and nothing for the database itself. */
export const sqliteSuffixes = ['', '-journal', '-wal', '-shm'];
export const lockSuffix = '.lock';
/** A new file that is not complete yet. The end must be ours alone, because what a killed process left is deleted. */
export const draftSuffix = '.omni-token-audit-draft';
export const livenessSuffix = '.worker';
/** An account that owns one of these files can change the database, or keep audits from using it. */
export const trustedSuffixes = [
  ...sqliteSuffixes,
  lockSuffix,
  `${lockSuffix}-journal`,
  ...sqliteSuffixes.map((suffix) => draftSuffix + suffix),
];
const reservedSuffixes = [...trustedSuffixes, livenessSuffix];

/** File systems allow 255 bytes, and the longest end is that of the journal of the draft of a copy. */
const maxNameBytes = 200;
/** SQLite refuses paths of 512 bytes. */
const maxPathBytes = 470;

/**
 * Returns the real path of a database, whatever link leads to it, or the path at which a new one would be created.
 * Everything that belongs to the database, above all its lock, is next to this path.
 *
 * @throws DatabaseError when the path leads to anything but a file with a single name.
 */
export function locateDatabase(path: string): string {
  return explained(path, () => {
    if (Buffer.byteLength(resolve(path)) > maxPathBytes || Buffer.byteLength(basename(path)) > maxNameBytes) {
      throw new DatabaseError(`the path of the database is too long: ${path}`, {
        hint: `Choose a DATABASE_PATH of at most ${maxPathBytes} bytes, at most ${maxNameBytes} of them in the name of the file`,
      });
    }
    const real = realPathOf(path);
    const stats = lstatSync(real, { throwIfNoEntry: false });
    if (stats !== undefined) requireSoleName(real, stats);
    return real;
  });
}

/** Returns whether there is a file that could be a database. @throws DatabaseError for the same reasons as `locateDatabase`. */
export function hasDatabase(path: string): boolean {
  return existsSync(locateDatabase(path));
}

function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    const absolute = resolve(path);
    return join(realPathOf(dirname(absolute)), basename(absolute));
  }
}

/** Refuses a file that can be reached by another name, because each name would have its own lock. */
function requireSoleName(path: string, stats: Stats): void {
  if (stats.isSymbolicLink()) {
    throw new DatabaseError(`the database ${path} is a link to a file that does not exist`, {
      hint: 'Restore the file that it points to, or delete the link',
    });
  }
  const kind = oddKindOf(stats);
  if (kind !== null) {
    throw new DatabaseError(`the database ${path} is ${kind}, not a file`, { hint: 'Set DATABASE_PATH to a file' });
  }
  if (stats.nlink > 1) {
    throw new DatabaseError(`the database ${path} has ${stats.nlink} names (hard links), each with a lock of its own`, {
      hint: 'Delete its other names: `find / -xdev -samefile` followed by this path lists them',
    });
  }
  if (isMountPoint(path)) {
    throw new DatabaseError(`the database ${path} is mounted as a single file, without the files next to it`, {
      hint: 'Mount the folder of the database instead',
    });
  }
}

function isMountPoint(path: string): boolean {
  const list = '/proc/self/mountinfo';
  if (!existsSync(list)) return false;
  const escaped = path.replaceAll(/[ \t\n\\]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);
  // The fifth field is where something is mounted (proc_pid_mountinfo(5)).
  return readFileSync(list, 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === escaped);
}

/** Returns whether a path, which need not exist, is that of a database or of a file that belongs to it. */
export function isDatabaseFile(path: string, databasePath: string): boolean {
  const [real, database] = [realPathOf(path), realPathOf(databasePath)];
  const target = statSync(real, { throwIfNoEntry: false });
  const end = real.startsWith(database) ? real.slice(database.length) : null;
  return (
    (end !== null && /^\.schema-\d+\.bak$/.test(end)) ||
    reservedSuffixes.some((reserved) => end === reserved || isSameFile(target, database + reserved))
  );
}

/** A folder can be mounted twice, so that a file has two paths. */
function isSameFile(target: Stats | undefined, path: string): boolean {
  if (target === undefined) return false;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.ino === target.ino && stats.dev === target.dev;
}
