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
 * Brings the schema up to date: forward only, each file in a transaction of its own, recorded
 * in a ledger with its checksum. A database with data is copied to a file next to it first. Call
 * it only while holding the audit lock.
 *
 * @throws DatabaseError when the database is foreign or newer, or the files are not those that made it.
 */
export function migrate(db: Database, now: Date, folder = migrationsFolder): void {
  const { version, pending } = readSchema(db, folder);
  if (version > 0 && pending.length > 0) copyBeside(db, version);
  for (const migration of pending) apply(db, migration, now);
}

/**
 * Makes sure that the schema is the one this program knows, without changing anything.
 *
 * @throws DatabaseError when it is foreign, older or newer.
 */
export function requireCurrentSchema(db: Database, folder = migrationsFolder): void {
  const { version, pending } = readSchema(db, folder);
  if (pending.length === 0) return;
  throw new DatabaseError(`${db.name} has schema ${version}, this program needs ${version + pending.length}`, {
    hint: 'Run an audit: it upgrades the database, after making a copy',
  });
}

/**
 * The schema that a database has, 0 for a new one, and the migrations that it still needs.
 *
 * @throws DatabaseError when it is foreign or newer, or the files are not those that made it.
 */
export function readSchema(db: Database, folder = migrationsFolder): { version: number; pending: Migration[] } {
  const migrations = readMigrations(folder);
  const ledger = readLedger(db);
  if (ledger.length > migrations.length) {
    throw new DatabaseError(
      `${db.name} has schema ${ledger.length}, but this program knows only ${migrations.length}: a newer version wrote it`,
      { hint: 'Run the newer version, or restore the copy that was made before the upgrade' },
    );
  }
  const edited = ledger.find(({ checksum }, index) => checksum !== migrations[index]?.checksum);
  if (edited !== undefined) {
    throw new DatabaseError(`${db.name}: migration ${edited.name} is not the one that was applied to it`, {
      hint: 'A migration file was edited after its release: reinstall the program',
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
        hint: 'The program is installed incompletely: reinstall it',
      });
    }
    const sql = readFileSync(`${folder}/${name}`, 'utf8');
    return { version, name, sql, checksum: createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex') };
  });
}

/** Empty for a database that was just made. */
function readLedger(db: Database): LedgerRow[] {
  refuseForeign(db);
  const hasLedger = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get() !== undefined;
  if (!hasLedger) return [];
  return db.prepare<[], LedgerRow>('SELECT version, name, checksum FROM migrations ORDER BY version').all();
}

function copyBeside(db: Database, version: number): void {
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
    if (!db.inTransaction) throw new Error(`${migration.name} ends its transaction`);
  });
}
