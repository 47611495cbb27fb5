import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import { openDatabase } from '../../../src/store/database.ts';
import { migrate, migrationsFolder } from '../../../src/store/migrate.ts';
import { type Row, readTables } from '../../support/database-rows.ts';
import type { World } from '../../support/world.ts';

export const newestSchema = readdirSync(migrationsFolder).filter((name) => name.endsWith('.sql')).length;
export const olderSchemas = Array.from({ length: newestSchema - 1 }, (_, index) => index + 1);

/**
 * Puts a database in the place of the world's as an older version would have left it: the schema after that
 * migration, with everything in it that it has a place for. The world's own, of the newest schema, is its model.
 */
export function makeOlder(world: World, version: number): void {
  const modelPath = world.databasePath;
  const olderPath = join(world.folder, `schema-${version}.db`);
  const migrations = join(world.folder, `migrations-${version}`);
  mkdirSync(migrations);
  for (const name of readdirSync(migrationsFolder).sort().slice(0, version)) {
    cpSync(join(migrationsFolder, name), join(migrations, name));
  }
  const db = openDatabase(olderPath);
  try {
    migrate(db, new Date('2026-01-01T00:00:00.000Z'), migrations);
    db.pragma('foreign_keys = OFF');
    const model = readAll(modelPath);
    for (const table of tablesOf(db)) {
      const columns = db.prepare<[], { name: string }>(`PRAGMA table_info(${table})`).all();
      for (const row of model[table] ?? []) {
        const known = columns.map(({ name }) => name).filter((name) => name in row);
        const values = known.map((name) => row[name]);
        db.prepare(`INSERT INTO ${table} (${known}) VALUES (${known.map(() => '?')})`).run(...values);
      }
    }
  } finally {
    db.close();
  }
  world.env.DATABASE_PATH = olderPath;
}

/** All rows of all tables but the ledger, in the order of their keys. */
export function readAll(path: string): Record<string, Row[]> {
  const { migrations: _ledger, sqlite_sequence: _counters, ...tables } = readTables(path);
  return tables;
}

function tablesOf(db: BetterSqlite3.Database): string[] {
  return db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('migrations', 'sqlite_sequence') ORDER BY rowid",
    )
    .pluck()
    .all();
}
