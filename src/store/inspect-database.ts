import { chmodSync, rmdirSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { damagedHint, explained } from '../database-error.ts';
import { DatabaseError, errorCode } from '../errors.ts';
import { isAuditLocked, takeAuditLock } from './audit-lock.ts';
import {
  buildDatabase,
  copyDatabase,
  type Database,
  openDatabase,
  openDatabaseReadonly,
  removeDatabase,
} from './database.ts';
import { makeFolderOf, requireNoLog, requireWritable } from './database-files.ts';
import { hasDatabase, locateDatabase, lockSuffix } from './locate-database.ts';
import { applyAll, createSchema, migrationsFolder, readSchema, requireCurrentSchema } from './migrate.ts';
import { createOrganisation } from './organisation.ts';
import { prepare, text } from './statement.ts';
import { createTransactions } from './transaction.ts';

/**
 * Takes every step of an audit of the organisation with this base URL up to its first request, and describes the state of
 * the database. Changes nothing.
 *
 * @param baseUrl null: whatever organisation it belongs to
 * @throws DatabaseError when an audit could not use the database, or something has changed its schema.
 */
export function checkDatabase(
  path: string,
  baseUrl: string | null,
  migrations = migrationsFolder,
): { message: string; hint?: string } {
  const real = locateDatabase(path);
  const expected = { baseUrl, migrations, isAuditing: isAuditLocked(real) };
  const state = hasDatabase(real) ? inspectFile(real, expected) : rehearseCreation(real);
  const running = expected.isAuditing ? '; another audit is running' : '';
  return { message: `${real} ${state}${running}`, hint: adviseAbout(dirname(real)) };
}

interface Expected {
  baseUrl: string | null;
  migrations: string;
  isAuditing: boolean;
}

/** An audit waits longer for other processes. A person at a terminal should not have to. */
const maxWaitMs = 1000;

/** Assigns the database to another base URL, and returns the former one. @throws AuditLockedError, DatabaseError */
export function adoptDatabase(path: string, baseUrl: string, now: Date): string | null {
  using _lock = takeAuditLock(path);
  const db = openDatabase(path);
  try {
    requireCurrentSchema(db);
    requireSound(db);
    const organisation = createOrganisation(db);
    return createTransactions(db).run((tx) => organisation.adopt(tx, baseUrl, now));
  } finally {
    db.close();
  }
}

/** Returns the ids of the tokens as of the last complete run; none if there is no database yet. @throws DatabaseError */
export function currentTokenIds(path: string): Set<string> {
  if (!hasDatabase(path)) return new Set();
  const db = openDatabaseReadonly(path);
  try {
    requireCurrentSchema(db, path);
    return new Set(
      prepare(db, 'SELECT token_id FROM token_versions WHERE last_run_id IS NULL').returningOne(text).all(),
    );
  } finally {
    db.close();
  }
}

function rehearseCreation(path: string): string {
  const folders: string[] = [];
  try {
    explained(path, () => {
      makeFolderOf(path, folders);
      requireWritable(path);
      requireNoLog(path);
      withProbe(path, (probe) => buildDatabase(probe, (db) => createSchema(db, new Date(0))));
    });
  } finally {
    for (const folder of folders.reverse()) removeIfEmpty(folder);
  }
  return 'will be created by the first audit';
}

/** An audit that starts in the meantime may have put its database there. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY') throw error;
  }
}

function inspectFile(path: string, expected: Expected): string {
  requireWritable(path);
  const { mode, size } = statSync(path);
  explained(path, () => {
    // An audit takes away the access of other accounts. Setting the current mode again shows whether this account may do so.
    if ((mode & 0o077) !== 0) chmodSync(path, mode);
    withProbe(path, (probe) => {
      buildDatabase(probe, (db) => db.exec('CREATE TABLE probe (value TEXT) STRICT; INSERT INTO probe VALUES (1)'));
      // One page more than the database has, in case the size of files is limited.
      truncateSync(probe, size + 4096);
    });
  });
  const db = openDatabaseReadonly(path, { busyTimeoutMs: maxWaitMs });
  try {
    return explained(path, () => inspect(db, path, expected));
  } finally {
    db.close();
  }
}

function inspect(db: Database, path: string, { baseUrl, migrations, isAuditing }: Expected): string {
  const { pending, unexpected } = readSchema(db, path, migrations);
  requireSound(db);
  if (unexpected.length > 0) {
    throw new DatabaseError(`the schema of the database ${path} has been changed: ${unexpected.join(', ')}`, {
      hint: 'Find out who changed it. Then undo the change with `sqlite3`, or restore a backup',
    });
  }
  if (pending.length === 0) {
    if (baseUrl !== null) createOrganisation(db).require(baseUrl);
    requireTransaction(db, isAuditing);
    return 'is ready';
  }
  withProbe(path, (probe) => {
    copyDatabase(db, probe);
    const copy = openDatabase(probe);
    try {
      applyAll(copy, pending, new Date(0));
      if (baseUrl !== null) createOrganisation(copy).require(baseUrl);
    } finally {
      copy.close();
    }
  });
  return 'will be upgraded by the next audit';
}

/** Writes in a transaction and rolls it back. */
function requireTransaction(db: Database, isAuditing: boolean): void {
  db.pragma('query_only = OFF');
  if (isAuditing) db.pragma('busy_timeout = 0');
  try {
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    if (isAuditing && errorCode(error).startsWith('SQLITE_BUSY')) return;
    throw error;
  }
  // In a file that cannot be written, a transaction can begin, but not write.
  db.exec('CREATE TABLE probe (value TEXT) STRICT');
  db.exec('ROLLBACK');
}

/** Runs work on a temporary database next to the real one, under a lock like that of an audit. Removes both. */
function withProbe(path: string, work: (probe: string) => void): void {
  const probe = `${path}.probe-${process.pid}`;
  removeDatabase(probe);
  try {
    using _lock = takeAuditLock(probe);
    work(probe);
  } finally {
    removeDatabase(probe);
    removeDatabase(probe + lockSuffix);
  }
}

/** Returns a hint about a folder in which other accounts could replace the database; empty if there is none. */
function adviseAbout(folder: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  const account = process.geteuid?.();
  // Windows has no such modes.
  if (stats === undefined || account === undefined) return '';
  const isOthers = stats.uid !== 0 && stats.uid !== account;
  const others = (stats.mode & 0o002) !== 0 || ((stats.mode & 0o020) !== 0 && stats.gid !== process.getegid?.());
  if (!isOthers && !others) return '';
  return `Move the database to a folder of its own with mode 700: other accounts can write to ${folder}`;
}

/** Reads every page. An audit reads only the pages that it needs, and might not find damage until later. */
function requireSound(db: Database): void {
  const result = prepare(db, 'PRAGMA integrity_check(1)').returningOne(text).get();
  if (result === 'ok') return;
  const problem = String(result).replace(/^\*\*\* in database main \*\*\*\s*/, '');
  throw new DatabaseError(`the database ${db.name} is damaged: ${problem}`, { hint: damagedHint });
}
