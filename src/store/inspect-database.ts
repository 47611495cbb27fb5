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
 * Checks whether an audit of the organisation with this base URL could use the database, and describes its state.
 * Changes nothing.
 *
 * @param baseUrl null: whatever organisation it belongs to
 * @throws DatabaseError when an audit could not use the database or its folder.
 */
export function checkDatabase(path: string, baseUrl: string | null): { message: string; hint?: string } {
  probeFolder(path);
  if (!existsSync(path)) return { message: `${path} will be created by the first audit` };
  const db = openDatabaseReadonly(path);
  try {
    return explained(path, () => ({ message: `${path} ${inspect(db, baseUrl)}` }));
  } finally {
    db.close();
  }
}

function inspect(db: Database, baseUrl: string | null): string {
  const { pending } = readSchema(db);
  requireSound(db);
  if (pending.length > 0) return 'will be upgraded by the next audit';
  if (baseUrl !== null) createOrganisation(db).require(baseUrl);
  return 'is ready';
}

export function adoptDatabase(path: string, baseUrl: string, now: Date): string | null {
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

export function currentTokenIds(path: string): Set<string> {
  const db = openDatabaseReadonly(path);
  try {
    return new Set(
      prepare(db, 'SELECT token_id FROM token_versions WHERE last_run_id IS NULL').returningOne(text).all(),
    );
  } finally {
    db.close();
  }
}

/** Tries everything that SQLite needs in the database's folder, with a file that is deleted afterwards. */
function probeFolder(databasePath: string): void {
  const probe = `${databasePath}.probe-${process.pid}`;
  const madeFolder = explained(databasePath, () => mkdirSync(dirname(databasePath), { recursive: true, mode: 0o700 }));
  try {
    const db = openDatabase(probe);
    db.exec('CREATE TABLE probe (value TEXT) STRICT; INSERT INTO probe VALUES (1)');
    db.close();
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(probe + suffix, { force: true });
    if (madeFolder !== undefined && !existsSync(databasePath)) rmSync(madeFolder, { recursive: true });
  }
}

/** Reads every page. An audit reads only the pages that it needs, and might not find damage until later. */
function requireSound(db: Database): void {
  const result = prepare(db, 'PRAGMA integrity_check(1)').returningOne(text).get();
  if (result === 'ok') return;
  const problem = String(result).replace(/^\*\*\* in database main \*\*\*\s*/, '');
  throw new DatabaseError(`the database ${db.name} is damaged: ${problem}`, { hint: damagedHint });
}
