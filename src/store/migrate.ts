import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { damagedHint } from '../database-error.ts';
import { DatabaseError } from '../errors.ts';
import { copyDatabase, type Database, openInMemory } from './database.ts';
import { compareSchemas, type SchemaDifference } from './schema-difference.ts';
import { createTransactions } from './transaction.ts';

interface LedgerRow {
  version: number;
  name: string;
  checksum: string;
}

interface Migration extends LedgerRow {
  sql: string;
}

/** The schema of an existing database. */
export interface Schema {
  version: number;
  /** The migrations that the database still needs. */
  pending: Migration[];
  /** What no migration made, in clauses. */
  unexpected: string[];
}

export const migrationsFolder = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** Creates the schema in an empty database. */
export function createSchema(db: Database, now: Date, folder = migrationsFolder): void {
  applyAll(db, readMigrations(folder), now);
}

/**
 * Upgrades the schema. Each migration runs in its own transaction and is recorded with its checksum. The database is first
 * copied to a file in the same folder. The caller must hold the audit lock.
 *
 * @throws DatabaseError for the same reasons as `readSchema`.
 */
export function upgrade(db: Database, now: Date, folder = migrationsFolder): void {
  const { version, pending } = readSchema(db, db.name, folder);
  if (pending.length > 0) copyDatabase(db, `${db.name}.schema-${version}.bak`, db.name);
  applyAll(db, pending, now);
}

export function applyAll(db: Database, migrations: readonly Migration[], now: Date): void {
  for (const migration of migrations) apply(db, migration, now);
}

/**
 * Checks that the database has the schema of this program. Changes nothing.
 *
 * @throws DatabaseError for the same reasons as `readSchema`, and when the schema is older.
 */
export function requireCurrentSchema(db: Database, path = db.name, folder = migrationsFolder): void {
  const { version, pending } = readSchema(db, path, folder);
  if (pending.length === 0) return;
  throw new DatabaseError(
    `${path} has schema version ${version}, but this program needs version ${version + pending.length}`,
    {
      hint: 'Run an audit: it backs up the database, then upgrades it',
    },
  );
}

/**
 * Reads the schema and compares it with what the applied migrations make.
 *
 * @throws DatabaseError when the schema is incomplete or newer, or an applied migration was edited.
 */
export function readSchema(db: Database, path = db.name, folder = migrationsFolder): Schema {
  const migrations = readMigrations(folder);
  const ledger = db.prepare<[], LedgerRow>('SELECT version, name, checksum FROM migrations ORDER BY version').all();
  if (ledger.length > migrations.length) {
    throw new DatabaseError(
      `${path} has schema version ${ledger.length}, but this program supports only up to ${migrations.length}: a newer version wrote it`,
      { hint: 'Run the newer version, or restore the backup that the upgrade made' },
    );
  }
  const edited = ledger.find(({ checksum }, index) => checksum !== migrations[index]?.checksum);
  if (edited !== undefined) {
    throw new DatabaseError(`${path}: migration ${edited.name} differs from the one that was applied`, {
      hint: 'Run the version that created this database, or start over with a different DATABASE_PATH',
    });
  }
  const { missing, unexpected } = compareWithMigrations(db, migrations.slice(0, ledger.length));
  if (ledger.length === 0) missing.push('the record of its migrations is missing');
  if (missing.length > 0) {
    throw new DatabaseError(`the database ${path} is incomplete: ${missing.join(', ')}`, { hint: damagedHint });
  }
  return { version: ledger.length, pending: migrations.slice(ledger.length), unexpected };
}

function compareWithMigrations(db: Database, migrations: readonly Migration[]): SchemaDifference {
  const expected = openInMemory();
  try {
    applyAll(expected, migrations, new Date(0));
    return compareSchemas(db, expected);
  } finally {
    expected.close();
  }
}

function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name, index) => {
    const version = index + 1;
    if (!new RegExp(`^${String(version).padStart(4, '0')}_\\w+\\.sql$`).test(name)) {
      throw new DatabaseError(`the migrations have a gap: expected number ${version}, found ${name}`, {
        hint: 'Reinstall the program: its migrations are incomplete',
      });
    }
    const sql = readFileSync(`${folder}/${name}`, 'utf8');
    return { version, name, sql, checksum: createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex') };
  });
}

function apply(db: Database, migration: Migration, now: Date): void {
  createTransactions(db).run(() => {
    db.exec(`CREATE TABLE IF NOT EXISTS migrations (
               version    INTEGER PRIMARY KEY,
               name       TEXT NOT NULL,
               checksum   TEXT NOT NULL,
               applied_at TEXT NOT NULL
             ) STRICT`);
    db.prepare('INSERT INTO migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)').run(
      migration.version,
      migration.name,
      migration.checksum,
      now.toISOString(),
    );
    db.exec(migration.sql);
    if (!db.inTransaction) throw new Error(`${migration.name} must not end its transaction`);
  });
}
