import { existsSync, statSync, utimesSync } from 'node:fs';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { type Clock, systemClock } from '../clock.ts';
import { explained, explainFileError } from '../database-error.ts';
import { AuditLockedError, DatabaseError, errorCode } from '../errors.ts';
import { createPrivately, makeFolderOf, requireWritable } from './database-files.ts';
import { locateDatabase, lockSuffix } from './locate-database.ts';

/** How often the process that holds the lock touches its file. */
const touchMs = 20_000;
/** `check` tries the lock for a moment. An audit that starts in that moment waits. */
const maxWaitMs = 200;

/**
 * Takes the lock that lets only one process audit at a time. It is a write transaction on a sidecar file, which
 * lasts until the caller disposes of the lock. If the process dies, the operating system releases it. Other
 * processes can still read the database and deliver mail. As long as the event loop runs, the file is touched, so that
 * they can distinguish a suspended audit from a long one.
 *
 * @throws AuditLockedError when another process holds it; DatabaseError when an audit could not write the database or its
 *   lock file.
 */
export function takeAuditLock(databasePath: string, clock: Clock = systemClock): Disposable {
  const database = locateDatabase(databasePath);
  const path = database + lockSuffix;
  explained(database, () => {
    makeFolderOf(database);
    requireWritable(database);
    if (!existsSync(path)) createLockFile(path, database);
  });
  const lock = lockFile(path);
  touch(path, clock.now());
  const timer = setInterval(() => touch(path, clock.now()), touchMs).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      lock.close();
    },
  };
}

/**
 * Returns whether a process holds the audit lock. Changes nothing.
 *
 * @param databasePath its real path, as in `lastSignOfLife`
 * @throws DatabaseError when an audit could not take the lock.
 */
export function isAuditLocked(databasePath: string): boolean {
  if (!existsSync(databasePath + lockSuffix)) return false;
  requireWritable(databasePath);
  try {
    lockFile(databasePath + lockSuffix).close();
    return false;
  } catch (error) {
    if (error instanceof AuditLockedError) return true;
    throw error;
  }
}

/** Returns when a process that held the audit lock last showed that it was alive; null if none ever held it. */
export function lastSignOfLife(databasePath: string): Date | null {
  return statSync(databasePath + lockSuffix, { throwIfNoEntry: false })?.mtime ?? null;
}

/** Returns a connection whose transaction is the lock. */
function lockFile(path: string): Database {
  const lock = explained(path, () => new BetterSqlite3(path, { timeout: maxWaitMs }));
  try {
    // The write fails if SQLite could open the file only for reading. Then the transaction would keep nobody out.
    return lock.exec('BEGIN IMMEDIATE; PRAGMA user_version = 1');
  } catch (error) {
    lock.close();
    if (!(error instanceof BetterSqlite3.SqliteError)) throw error;
    if (error.code.startsWith('SQLITE_BUSY')) throw new AuditLockedError('another audit is running');
    if (error.code !== 'SQLITE_NOTADB' && !error.code.startsWith('SQLITE_CORRUPT')) {
      throw explainFileError(error, `the lock file ${path}`);
    }
    throw new DatabaseError(`the lock file ${path} cannot be used: ${error.message}`, {
      hint: 'Make sure that no audit is running, then delete the lock file: it contains no data',
    });
  }
}

function createLockFile(path: string, databasePath: string): void {
  try {
    createPrivately(path, databasePath);
  } catch (error) {
    // Another audit that starts at the same time was faster.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Sets the time of a file by its path, because opening and closing the file would release SQLite's lock. */
function touch(path: string, now: Date): void {
  try {
    utimesSync(path, now, now);
  } catch {
    // Without it, only the start of a run shows how long it has held the lock.
  }
}
