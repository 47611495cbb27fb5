import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { explained } from '../database-error.ts';
import { DatabaseError, errorCode } from '../errors.ts';
import { oddKindOf } from '../file-kind.ts';
import { trustedSuffixes } from './locate-database.ts';

/**
 * Refuses a database that this account must not or cannot write.
 *
 * @throws DatabaseError when one of its files belongs to another account, is not a file, or cannot be written.
 */
export function requireWritable(path: string): void {
  explained(path, () => {
    for (const suffix of trustedSuffixes) {
      const stats = lstatSync(path + suffix, { throwIfNoEntry: false });
      if (stats !== undefined) requireOurs(path + suffix, stats);
    }
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  });
}

function requireOurs(file: string, stats: Stats): void {
  const kind = oddKindOf(stats);
  if (kind !== null) {
    throw new DatabaseError(`${file} is ${kind}, not a file`, { hint: 'Stop all audits, then move it away' });
  }
  if (isOfOther(stats)) {
    const [owner, account] = [stats.uid, process.geteuid?.()];
    throw new DatabaseError(`${file} belongs to account ${owner}, but this program runs as account ${account}`, {
      hint: `Run it as account ${owner}, or make account ${account} the owner of the database and of all files next to it`,
    });
  }
  try {
    accessSync(file, constants.W_OK);
  } catch (error) {
    const mode = (stats.mode & 0o777).toString(8);
    throw new DatabaseError(`${file} cannot be written (${errorCode(error)}, mode ${mode})`, {
      hint: 'Make the file writable: check its mode and attributes, and whether its volume is mounted read-only',
    });
  }
}

/** Root may use every account's files. */
function isOfOther({ uid }: Stats): boolean {
  const account = process.geteuid?.() ?? 0;
  return account !== 0 && uid !== account;
}

/**
 * Creates the missing folders for a file, with access for their owner only. Node's recursive mkdir would never return for a
 * folder in /proc.
 *
 * @param made gets the folders that were created, outermost first
 */
export function makeFolderOf(path: string, made: string[] = []): void {
  const folder = dirname(path);
  if (existsSync(folder)) return;
  makeFolderOf(folder, made);
  try {
    mkdirSync(folder, { mode: 0o700 });
    made.push(folder);
  } catch (error) {
    // Another process may have been faster.
    if (errorCode(error) !== 'EEXIST' || !existsSync(folder)) throw error;
  }
}

/**
 * Creates an empty file that only its owner can read.
 *
 * @param databasePath if root creates the file, it gives it to the owner of this database, who could not use it otherwise
 * @throws when anything is there, even a link to nowhere.
 */
export function createPrivately(path: string, databasePath?: string): void {
  const database = databasePath && statSync(databasePath, { throwIfNoEntry: false });
  const file = openSync(path, 'wx', 0o600);
  try {
    if (database && process.geteuid?.() === 0) fchownSync(file, database.uid, database.gid);
  } finally {
    closeSync(file);
  }
}

/**
 * Refuses a path that has no database but the log of one. SQLite would replay it into the new database, and so damage it.
 *
 * @throws DatabaseError
 */
export function requireNoLog(path: string): void {
  for (const log of [`${path}-wal`, `${path}-journal`]) {
    if (lstatSync(log, { throwIfNoEntry: false }) === undefined) continue;
    throw new DatabaseError(`${log} belongs to a database that is gone from ${path}`, {
      hint: 'Restore the database. If it is gone for good, move this file away, too',
    });
  }
}

/** Gives a complete file its name. It survives a power failure. */
export function moveIntoPlace(draft: string, path: string): void {
  sync(draft, 'r+');
  renameSync(draft, path);
  try {
    sync(dirname(path), 'r');
  } catch {
    // Not every system can sync a folder. Only a power failure within the next seconds would matter.
  }
}

function sync(path: string, flags: string): void {
  const file = openSync(path, flags);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
