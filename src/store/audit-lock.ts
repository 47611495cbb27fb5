import BetterSqlite3 from 'better-sqlite3';
import { explainFileError } from '../database-error.ts';
import { AuditLockedError, DatabaseError } from '../errors.ts';
import { createPrivately, explained } from './database.ts';

/**
 * Takes the lock that lets only one process audit at a time. It is a write transaction on a sidecar file, which
 * lasts until the caller disposes of the lock. If the process dies, the operating system releases it. Other
 * processes can still read the database and deliver mail.
 *
 * @throws AuditLockedError immediately when another process holds it; DatabaseError when the lock file cannot be used.
 */
export function takeAuditLock(databasePath: string): Disposable {
  const path = `${databasePath}.lock`;
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
  return { [Symbol.dispose]: () => lock.close() };
}
