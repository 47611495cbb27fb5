import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DatabaseError } from '../errors.ts';
import { copyDatabase, type Database, refuseForeign } from './database.ts';
import { createTransactions } from './transaction.ts';

interface LedgerRow {
  version: number;
  name: string;
  checksum: string;
}

interface Migration extends LedgerRow {
  sql: string;
}

export const migrationsFolder = fileURLToPath(new URL('../../migrations/', import.meta.url));

/**
 * Upgrades the schema. Each migration runs in its own transaction and is recorded with its checksum. An
 * existing database is first copied to a file in the same folder. The caller must hold the audit lock.
 *
 * @throws DatabaseError when the database is foreign or newer, or an applied migration was edited.
 */
export function migrate(db: Database, now: Date, folder = migrationsFolder): void {
  const { version, pending } = readSchema(db, folder);
  if (version > 0 && pending.length > 0) saveCopy(db, version);
  for (const migration of pending) apply(db, migration, now);
}

/**
 * Checks that the database has the schema of this program. Changes nothing.
 *
 * @throws DatabaseError when the database is foreign, older or newer, or an applied migration was edited.
 */
export function requireCurrentSchema(db: Database, folder = migrationsFolder): void {
  const { version, pending } = readSchema(db, folder);
  if (pending.length === 0) return;
  throw new DatabaseError(
    `${db.name} has schema version ${version}, but this program needs version ${version + pending.length}`,
    {
      hint: 'Run an audit: it backs up the database, then upgrades it',
    },
  );
}

/**
 * Returns the schema version of a database, 0 for an empty one, and the migrations that it still needs.
 *
 * @throws DatabaseError when the database is foreign or newer, or an applied migration was edited.
 */
export function readSchema(db: Database, folder = migrationsFolder): { version: number; pending: Migration[] } {
  const migrations = readMigrations(folder);
  const ledger = readLedger(db);
  if (ledger.length > migrations.length) {
    throw new DatabaseError(
      `${db.name} has schema version ${ledger.length}, but this program supports only up to ${migrations.length}: a newer version wrote it`,
      { hint: 'Run the newer version, or restore the backup that the upgrade made' },
    );
  }
  const edited = ledger.find(({ checksum }, index) => checksum !== migrations[index]?.checksum);
  if (edited !== undefined) {
    throw new DatabaseError(`${db.name}: migration ${edited.name} differs from the one that was applied`, {
      hint: 'Reinstall the program: the migration file was edited',
    });
  }
  return { version: ledger.length, pending: migrations.slice(ledger.length) };
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

/** Returns the applied migrations; none for an empty database. */
function readLedger(db: Database): LedgerRow[] {
  refuseForeign(db);
  const hasLedger = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get() !== undefined;
  if (!hasLedger) return [];
  return db.prepare<[], LedgerRow>('SELECT version, name, checksum FROM migrations ORDER BY version').all();
}

function saveCopy(db: Database, version: number): void {
  const copy = `${db.name}.schema-${version}.bak`;
  rmSync(`${copy}.partial`, { force: true });
  copyDatabase(db, `${copy}.partial`);
  renameSync(`${copy}.partial`, copy);
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
