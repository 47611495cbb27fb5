import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { damagedHint } from '../database-error.ts';
import { DatabaseError } from '../errors.ts';
import { type Database, explained, openDatabase, openDatabaseReadonly } from './database.ts';
import { readSchema, requireCurrentSchema } from './migrate.ts';
import { createOrganisation } from './organisation.ts';
import { prepare, text } from './statement.ts';
import { createTransactions } from './transaction.ts';

/**
 * Tries a database for an audit of the organisation with this base URL, and says in words what state it
 * is in. It is not changed, unless `adoptUrl` makes it belong to that address.
 *
 * @throws DatabaseError when an audit could not use it.
 */
export function checkDatabase(path: string, baseUrl: string, adoptUrl: boolean, now: Date): string {
  probeFolder(path);
  if (!existsSync(path)) return `${path} will be created by the first audit`;
  if (adoptUrl) {
    const former = adoptBaseUrl(path, baseUrl, now);
    return `${path} belongs to ${baseUrl} from now on (so far: ${former ?? 'nobody'})`;
  }
  return `${path} ${inspectDatabase(path, baseUrl) === 'older' ? 'will be upgraded by the next audit' : 'is ready'}`;
}

/**
 * Tries everything that SQLite will need in the database's folder, with a file that is deleted again.
 *
 * @throws DatabaseError when the folder cannot be written, or write-ahead logging does not work there.
 */
export function probeFolder(databasePath: string): void {
  const probe = `${databasePath}.probe-${process.pid}`;
  const madeFolder = explained(databasePath, () => mkdirSync(dirname(databasePath), { recursive: true, mode: 0o700 }));
  try {
    use(openDatabase(probe), (db) => db.exec('CREATE TABLE probe (value TEXT) STRICT; INSERT INTO probe VALUES (1)'));
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(probe + suffix, { force: true });
    if (madeFolder !== undefined) rmSync(madeFolder, { recursive: true });
  }
}

/**
 * Whether an existing database fits this program and organisation, without changing it.
 *
 * @throws DatabaseError when it is foreign, newer, damaged, or another organisation's.
 */
export function inspectDatabase(databasePath: string, baseUrl: string): 'ready' | 'older' {
  return use(openDatabaseReadonly(databasePath), (db) => {
    const { pending } = readSchema(db);
    requireSound(db);
    if (pending.length > 0) return 'older';
    createOrganisation(db).require(baseUrl);
    return 'ready';
  });
}

/** Reads every page: an audit reads only those that it needs, and would meet a damaged one later. */
function requireSound(db: Database): void {
  const said = prepare(db, 'PRAGMA integrity_check(1)').returningOne(text).get();
  if (said === 'ok') return;
  const problem = String(said).replace(/^\*\*\* in database main \*\*\*\s*/, '');
  throw new DatabaseError(`the database ${db.name} is damaged: ${problem}`, { hint: damagedHint });
}

/** Makes the database belong to another address, after a rename. Returns the former one. @throws DatabaseError */
export function adoptBaseUrl(databasePath: string, baseUrl: string, now: Date): string | null {
  return use(openDatabase(databasePath), (db) => {
    requireCurrentSchema(db);
    requireSound(db);
    const organisation = createOrganisation(db);
    return createTransactions(db).run((tx) => organisation.adopt(tx, baseUrl, now));
  });
}

/** Closes the database after the work. */
function use<T>(db: Database, work: (db: Database) => T): T {
  try {
    return explained(db.name, () => work(db));
  } finally {
    db.close();
  }
}
