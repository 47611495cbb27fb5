import { accessSync, chmodSync, constants, existsSync, lstatSync, readFileSync, rmSync, statSync } from 'node:fs';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { explained } from '../database-error.ts';
import { DatabaseError } from '../errors.ts';
import { createPrivately, moveIntoPlace, requireNoLog, requireWritable } from './database-files.ts';
import { draftSuffix, locateDatabase, sqliteSuffixes } from './locate-database.ts';

export type { Database, Statement } from 'better-sqlite3';

/** How long a connection waits while another one writes. An audit of 100,000 tokens can write for ten seconds. */
const maxWaitMs = 60_000;

/**
 * Opens an existing database for writing, and takes away other accounts' access to it.
 *
 * @throws DatabaseError when this account cannot or must not write it, or when it is empty or another program's.
 */
export function openDatabase(path: string, { busyTimeoutMs = maxWaitMs } = {}): Database {
  const real = locateExisting(path);
  requireWritable(real);
  return open(real, real, busyTimeoutMs, (db) => {
    if ((statSync(real).mode & 0o077) !== 0) chmodSync(real, 0o600);
    prepareForWriting(db, real);
  });
}

/**
 * Opens an existing database for reading. Neither creates nor changes anything.
 *
 * @throws DatabaseError when it does not exist or cannot be read, or when it is empty or another program's.
 */
export function openDatabaseReadonly(path: string, { busyTimeoutMs = maxWaitMs } = {}): Database {
  const real = locateExisting(path);
  const source = explained(real, () => sourceForReading(real));
  // Not `readonly`, because a read-only connection leaves the files of the write-ahead log behind.
  return open(real, source, busyTimeoutMs, (db) => void db.pragma('query_only = ON'));
}

/** Opens an empty database in memory. */
export function openInMemory(): Database {
  const db = new BetterSqlite3(':memory:');
  prepareForWriting(db, db.name);
  return db;
}

/**
 * Creates a database that is complete from the moment it exists, whatever kills the process. The caller must hold the audit
 * lock. Removes what a killed creation left.
 *
 * @throws DatabaseError when it cannot be written.
 */
export function createDatabase(path: string, fill: (db: Database) => void): void {
  const draft = path + draftSuffix;
  explained(path, () => {
    requireNoLog(path);
    removeDatabase(draft);
    buildDatabase(draft, fill);
    moveIntoPlace(draft, path);
  });
}

/** Creates and closes a database, or removes it if it cannot be filled. */
export function buildDatabase(path: string, fill: (db: Database) => void): void {
  createPrivately(path);
  try {
    const db = new BetterSqlite3(path);
    try {
      prepareForWriting(db, path);
      fill(db);
      // Closing would do this too, but would ignore a full disk and leave the content in the log.
      db.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      db.close();
    }
  } catch (error) {
    removeDatabase(path);
    throw error;
  }
}

/** Removes a database that no process has open. */
export function removeDatabase(path: string): void {
  for (const suffix of sqliteSuffixes) rmSync(path + suffix, { force: true });
}

/** Writes a consistent copy that only its owner can read. It gets its name when it is complete. */
export function copyDatabase(db: Database, file: string, owner?: string): void {
  const draft = file + draftSuffix;
  requireNoLog(file);
  rmSync(draft, { force: true });
  // Created empty and private first, because SQLite would create it readable for everybody.
  createPrivately(draft, owner);
  try {
    db.pragma('query_only = OFF');
    db.prepare('VACUUM INTO ?').run(draft);
    moveIntoPlace(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Runs work on a database that was just opened, and closes the database if the work fails. */
export function closingOnError<T>(db: Database, path: string, work: () => T): T {
  try {
    return explained(path, work);
  } catch (error) {
    db.close();
    throw error;
  }
}

function open(path: string, source: string | Buffer, timeout: number, prepare: (db: Database) => void): Database {
  const options = typeof source === 'string' ? { fileMustExist: true, timeout } : {};
  const db = explained(path, () => new BetterSqlite3(source, options));
  return closingOnError(db, path, () => {
    refuseForeign(db, path);
    prepare(db);
    return db;
  });
}

function locateExisting(path: string): string {
  const real = locateDatabase(path);
  const stats = explained(real, () => lstatSync(real, { throwIfNoEntry: false }));
  if (stats === undefined) {
    throw new DatabaseError(`there is no database at ${real}`, {
      hint: 'Run an audit first, or point DATABASE_PATH at the database',
    });
  }
  // SQLite would delete the write-ahead log of a file that somebody has emptied.
  if (stats.size === 0) throw emptyError(real, 'it has 0 bytes');
  return real;
}

/** Refuses a database that is not ours, before anything changes it. */
function refuseForeign(db: Database, path: string): void {
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  if (tables.length === 0) throw emptyError(path, 'it has no tables');
  const columns = db.prepare<[], string>("SELECT name FROM pragma_table_info('migrations')").pluck().all();
  if (['version', 'name', 'checksum'].every((name) => columns.includes(name))) return;
  throw new DatabaseError(`${path} belongs to another program`, { hint: 'Point DATABASE_PATH at a different file' });
}

function emptyError(path: string, why: string): DatabaseError {
  return new DatabaseError(`the database ${path} is empty: ${why}`, {
    hint: 'Restore a backup. To start over without history, move it and the files next to it to another folder',
  });
}

function prepareForWriting(db: Database, path: string): void {
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
}

/**
 * Returns what to open for reading. SQLite creates the files of the write-ahead log if they do not exist. An account that
 * cannot write the database would leave them behind, and its owner could not write them. So it reads a copy in memory.
 *
 * @throws DatabaseError when this account cannot read it.
 */
function sourceForReading(path: string): string | Buffer {
  try {
    requireWritable(path);
    return path;
  } catch (refusal) {
    if (!isReadable(path)) throw refusal;
    return existsSync(`${path}-wal`) || existsSync(`${path}-journal`) ? path : readIntoMemory(path);
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Reads a database without a log. The header then must not say that there is one, because memory has none. */
function readIntoMemory(path: string): Buffer {
  const bytes = readFileSync(path);
  bytes.subarray(18, 20).fill(1);
  return bytes;
}
