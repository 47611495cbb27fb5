import { chmodSync, closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { explainFileError } from '../database-error.ts';
import { DatabaseError } from '../errors.ts';

export type { Database, Statement } from 'better-sqlite3';

/** How long a connection waits for another one's write before it gives up. The write of a huge audit takes half a minute. */
const maxWaitMs = 60_000;

/**
 * Opens the database for writing and makes it, readable by its owner only, where there is none.
 *
 * @throws DatabaseError when the place cannot be written or the file is no database.
 */
export function openDatabase(path: string, { busyTimeoutMs = maxWaitMs } = {}): Database {
  return open(path, { timeout: busyTimeoutMs }, (db) => {
    refuseForeign(db);
    if (path !== ':memory:') chmodSync(path, 0o600);
    const mode = db.pragma('journal_mode = WAL', { simple: true });
    if (mode !== 'wal' && mode !== 'memory') {
      throw new DatabaseError(`${path}: write-ahead logging does not work here (journal mode ${mode})`, {
        hint: 'Put DATABASE_PATH on a local disk; network file systems such as NFS and SMB do not work',
      });
    }
    // The default in WAL mode would let a committed mail vanish at a power loss.
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    // The system caches the file, too: a larger cache of our own is no faster, whatever the size of the database.
    db.pragma('cache_size = -4000');
  });
}

/**
 * Opens an existing database for reading: nothing is created or written.
 *
 * @throws DatabaseError when there is none or it cannot be read.
 */
export function openDatabaseReadonly(path: string): Database {
  if (!existsSync(path)) {
    throw new DatabaseError(`there is no database at ${path}`, {
      hint: 'Run an audit first, or point DATABASE_PATH to the database',
    });
  }
  // Not `readonly`: such a connection would leave the files of the write-ahead log behind.
  return open(path, { fileMustExist: true, timeout: maxWaitMs }, (db) => {
    db.pragma('query_only = ON');
    // Reads the header, so that a wrong file fails here and with a clear error.
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

/** Closes the database when the work fails. */
export function closingOnError<T>(db: Database, work: () => T): T {
  try {
    return explained(db.name, work);
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Makes the file and its folder, readable by their owner only. Only a file that does not exist yet
 * is opened here: closing any other descriptor of an open database would drop SQLite's locks.
 */
export function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}

/**
 * A database that holds tables, and not ours, is left exactly as it is.
 *
 * @throws DatabaseError
 */
export function refuseForeign(db: Database): void {
  const tables = db.prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (tables.length === 0 || tables.some(({ name }) => name === 'migrations')) return;
  throw new DatabaseError(`${db.name} is the database of another program`, {
    hint: 'Point DATABASE_PATH to a file of its own',
  });
}

/** Writes a consistent copy to a new file, readable by its owner only. */
export function copyDatabase(db: Database, file: string): void {
  // Made empty and private first: SQLite would make it readable for all.
  closeSync(openSync(file, 'wx', 0o600));
  try {
    db.pragma('query_only = OFF');
    db.prepare('VACUUM INTO ?').run(file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

/** Runs something that touches the file, and gives the system's errors a hint. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explainFileError(error, `the database ${path}`);
  }
}
