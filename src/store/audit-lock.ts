import { statSync, utimesSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { type Clock, systemClock } from '../clock.ts';
import { explainFileError } from '../database-error.ts';
import { AuditLockedError, DatabaseError } from '../errors.ts';
import { createPrivately, explained } from './database.ts';

/** How often the process that holds the lock touches its file. */
const touchMs = 20_000;

/**
 * Takes the lock that lets only one process audit at a time. It is a write transaction on a sidecar file, which
 * lasts until the caller disposes of the lock. If the process dies, the operating system releases it. Other
 * processes can still read the database and deliver mail. As long as the event loop runs, the file is touched, so that
 * they can distinguish a suspended audit from a long one.
 *
 * @throws AuditLockedError immediately when another process holds it; DatabaseError when the lock file cannot be used.
 */
export function takeAuditLock(databasePath: string, clock: Clock = systemClock): Disposable {
  const path = pathOf(databasePath);
  const lock = explained(path, () => {
    createPrivately(path);
    return new BetterSqlite3(path, { timeout: 0 });
  });
  try {
    lock.exec('BEGIN IMMEDIATE');
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
  touch(path, clock.now());
  const timer = setInterval(() => touch(path, clock.now()), touchMs).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      lock.close();
    },
  };
}

/** Returns when a process that held the audit lock last showed that it was alive; null if none ever held it. */
export function lastSignOfLife(databasePath: string): Date | null {
  return statSync(pathOf(databasePath), { throwIfNoEntry: false })?.mtime ?? null;
}

function pathOf(databasePath: string): string {
  return `${databasePath}.lock`;
}

/** Sets the time of a file by its path, because opening and closing the file would release SQLite's lock. */
function touch(path: string, now: Date): void {
  try {
    utimesSync(path, now, now);
  } catch {
    // Without it, only the start of a run shows how long it has held the lock.
  }
}
