import { chmodSync, closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { explainFileError } from '../database-error.ts';
import { DatabaseError } from '../errors.ts';

export type { Database, Statement } from 'better-sqlite3';

/** How long a connection waits while another one writes. An audit of 100,000 tokens can write for ten seconds. */
const maxWaitMs = 60_000;

/**
 * Opens the database for writing. If it does not exist, creates it with access for its owner only.
 *
 * @throws DatabaseError when the path cannot be written or the file is not a database of this program.
 */
export function openDatabase(path: string, { busyTimeoutMs = maxWaitMs } = {}): Database {
  return open(path, { timeout: busyTimeoutMs }, (db) => {
    refuseForeign(db);
    if (path !== ':memory:') chmodSync(path, 0o600);
    const mode = db.pragma('journal_mode = WAL', { simple: true });
    if (mode !== 'wal' && mode !== 'memory') {
      throw new DatabaseError(`${path}: write-ahead logging does not work here (journal mode ${mode})`, {
        hint: 'Put DATABASE_PATH on a local disk: network file systems such as NFS and SMB do not work',
      });
    }
    // With the default in WAL mode, a power failure could lose a committed mail.
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    // A larger cache is no faster, however large the database is: the operating system caches the file, too.
    db.pragma('cache_size = -4000');
  });
}

/**
 * Opens an existing database for reading. Neither creates nor changes anything.
 *
 * @throws DatabaseError when it does not exist or cannot be read.
 */
export function openDatabaseReadonly(path: string): Database {
  if (!existsSync(path)) {
    throw new DatabaseError(`there is no database at ${path}`, {
      hint: 'Run an audit first, or point DATABASE_PATH at the database',
    });
  }
  // Not `readonly`, because a read-only connection leaves the files of the write-ahead log behind.
  return open(path, { fileMustExist: true, timeout: maxWaitMs }, (db) => {
    db.pragma('query_only = ON');
    // Reads the header, so that a wrong file fails here, with a clear error.
    db.pragma('schema_version');
  });
}

function open(path: string, options: BetterSqlite3.Options, prepare: (db: Database) => void): Database {
  return explained(path, () => {
    if (path !== ':memory:' && !options.fileMustExist) createPrivately(path);
    const db = new BetterSqlite3(path, options);
    return closingOnError(db, () => {
      prepare(db);
      return db;
    });
  });
}

/** Runs work on a database that was just opened, and closes the database if the work fails. */
export function closingOnError<T>(db: Database, work: () => T): T {
  try {
    return explained(db.name, work);
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Creates the file and its folder with access for their owner only. Never opens an existing file: closing
 * a second descriptor of an open database would drop SQLite's locks.
 */
export function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}

/**
 * Refuses a database whose tables are not ours, before anything changes it.
 *
 * @throws DatabaseError when it belongs to another program.
 */
export function refuseForeign(db: Database): void {
  const tables = db.prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (tables.length === 0 || tables.some(({ name }) => name === 'migrations')) return;
  throw new DatabaseError(`${db.name} belongs to another program`, {
    hint: 'Point DATABASE_PATH at a different file',
  });
}

/** Writes a consistent copy to a new file that only its owner can read. */
export function copyDatabase(db: Database, file: string): void {
  // Created empty and private first, because SQLite would create it readable for everybody.
  closeSync(openSync(file, 'wx', 0o600));
  try {
    db.pragma('query_only = OFF');
    db.prepare('VACUUM INTO ?').run(file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

/** Runs work that uses the file, and adds a hint to errors of SQLite and the file system. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explainFileError(error, `the database ${path}`);
  }
}
