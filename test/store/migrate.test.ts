import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate, migrationsFolder, requireCurrentSchema } from '../../src/store/migrate.ts';
import { isDatabaseError } from '../support/database-refusal.ts';
import { someMorning } from '../support/fake-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Place {
  path: string;
  /** A copy of the migrations, to be changed. */
  migrations: string;
  db: Database;
}

function place(context: TestContext): Place {
  const folder = tempFolder(context);
  const migrations = join(folder, 'migrations');
  mkdirSync(migrations);
  cpSync(migrationsFolder, migrations, { recursive: true });
  const path = join(folder, 'audit.db');
  const db = openDatabase(path);
  context.after(() => db.close());
  return { path, migrations, db };
}

function newestNumber(folder: string): number {
  return readdirSync(folder).filter((name) => name.endsWith('.sql')).length;
}

/** Adds a migration after the last and answers its number. */
function addMigration(folder: string, sql: string): number {
  const number = newestNumber(folder) + 1;
  writeFileSync(join(folder, `${String(number).padStart(4, '0')}_more.sql`), sql);
  return number;
}

function schemaOf(db: Database): unknown[] {
  return db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all();
}

function ledgerOf(db: Database): { version: number; applied_at: string }[] {
  return db.prepare<[], { version: number; applied_at: string }>('SELECT * FROM migrations ORDER BY version').all();
}

describe('the migrations', () => {
  test('make the schema in an empty database, and write down when', (context) => {
    const { db } = place(context);
    migrate(db, someMorning);
    requireCurrentSchema(db);
    const ledger = ledgerOf(db);
    assert.equal(ledger.length, newestNumber(migrationsFolder));
    assert.equal(ledger[0]?.applied_at, someMorning.toISOString());
    assert.deepEqual(db.pragma('integrity_check', { simple: true }), 'ok');
    assert.deepEqual(db.pragma('foreign_key_check'), []);
  });

  test('make only strict tables', (context) => {
    const { db } = place(context);
    migrate(db, someMorning);
    const tables = db
      .prepare<[], { name: string; strict: number }>("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
      .all()
      .filter(({ name }) => !name.startsWith('sqlite_') && name !== 'snapshots');
    assert.ok(tables.length > 5);
    assert.deepEqual(
      tables.filter(({ strict }) => strict === 0),
      [],
    );
  });

  test('change nothing where they were applied already', (context) => {
    const { db, path } = place(context);
    migrate(db, someMorning);
    const before = [schemaOf(db), ledgerOf(db)];
    migrate(db, new Date(someMorning.getTime() + 1000));
    assert.deepEqual([schemaOf(db), ledgerOf(db)], before);
    assert.ok(!existsSync(`${path}.schema-1.bak`));
  });

  test('with other line ends are the same', (context) => {
    const { migrations } = place(context);
    for (const name of readdirSync(migrations).slice(1)) rmSync(join(migrations, name));
    const [first = ''] = readdirSync(migrations);
    const text = '-- a comment\nCREATE TABLE one (id INTEGER) STRICT;\n';
    writeFileSync(join(migrations, first), text);
    const other = new BetterSqlite3(':memory:');
    migrate(other, someMorning, migrations);
    writeFileSync(join(migrations, first), text.replaceAll('\n', '\r\n'));
    migrate(other, someMorning, migrations);
    requireCurrentSchema(other, migrations);
    other.close();
  });

  test('refuse a database whose migration was edited since', (context) => {
    const { db, migrations } = place(context);
    migrate(db, someMorning);
    const [first = ''] = readdirSync(migrations);
    writeFileSync(join(migrations, first), 'CREATE TABLE other (id INTEGER) STRICT;');
    const refused = isDatabaseError(/migration 0001_initial\.sql is not the one that was applied/, /install/);
    assert.throws(() => migrate(db, someMorning, migrations), refused);
    assert.throws(() => requireCurrentSchema(db, migrations), refused);
  });

  test('refuse to go on over a gap', (context) => {
    const { db, migrations } = place(context);
    const missing = newestNumber(migrations) + 1;
    writeFileSync(join(migrations, `${String(missing + 1).padStart(4, '0')}_late.sql`), 'SELECT 1;');
    const refused = isDatabaseError(new RegExp(`gap: expected number ${missing}, found 000\\d_late\\.sql`), /install/);
    assert.throws(() => migrate(db, someMorning, migrations), refused);
    assert.deepEqual(schemaOf(db), []);
  });

  test('refuse two files of the same number', (context) => {
    const { db, migrations } = place(context);
    writeFileSync(join(migrations, '0001_second.sql'), 'SELECT 1;');
    assert.throws(() => migrate(db, someMorning, migrations), isDatabaseError(/gap/, /install/));
  });

  test('refuse a database that a newer version wrote', (context) => {
    const { db, migrations } = place(context);
    const newer = addMigration(migrations, 'CREATE TABLE more (id INTEGER) STRICT;');
    migrate(db, someMorning, migrations);
    const message = new RegExp(`has schema ${newer}, but this program knows only ${newer - 1}`);
    const refused = isDatabaseError(message, /newer version/);
    assert.throws(() => migrate(db, someMorning), refused);
    assert.throws(() => requireCurrentSchema(db), refused);
  });

  test('refuse the database of another program and leave it as it was', (context) => {
    const { db } = place(context);
    db.exec("CREATE TABLE cookies (host TEXT); INSERT INTO cookies VALUES ('example.com')");
    const before = schemaOf(db);
    assert.throws(() => migrate(db, someMorning), isDatabaseError(/another program/, /DATABASE_PATH/));
    assert.throws(() => requireCurrentSchema(db), isDatabaseError(/another program/, /DATABASE_PATH/));
    assert.deepEqual(schemaOf(db), before);
  });

  test('upgrade a database with its data, after copying it', (context) => {
    const { db, migrations, path } = place(context);
    migrate(db, someMorning);
    const older = newestNumber(migrations);
    db.prepare("INSERT INTO organisation VALUES (1, 'https://acme.omniapp.co', ?)").run(someMorning.toISOString());
    addMigration(
      migrations,
      "ALTER TABLE organisation ADD COLUMN nick TEXT; UPDATE organisation SET nick = 'Acme' WHERE singleton = 1;",
    );
    assert.throws(
      () => requireCurrentSchema(db, migrations),
      isDatabaseError(/this program needs/, /Run an audit: it upgrades/),
    );
    migrate(db, someMorning, migrations);

    requireCurrentSchema(db, migrations);
    assert.deepEqual(db.prepare('SELECT base_url, nick FROM organisation').all(), [
      { base_url: 'https://acme.omniapp.co', nick: 'Acme' },
    ]);
    const copy = new BetterSqlite3(`${path}.schema-${older}.bak`, { readonly: true });
    requireCurrentSchema(copy);
    assert.deepEqual(copy.prepare('SELECT * FROM organisation').all(), [
      { singleton: 1, base_url: 'https://acme.omniapp.co', created_at: someMorning.toISOString() },
    ]);
    copy.close();
  });

  test('leave a copy that only its owner can read', (context) => {
    const umask = process.umask(0o022);
    context.after(() => process.umask(umask));
    const { db, migrations, path } = place(context);
    migrate(db, someMorning);
    const older = newestNumber(migrations);
    addMigration(migrations, 'CREATE TABLE more (id INTEGER) STRICT;');
    migrate(db, someMorning, migrations);
    assert.equal(statSync(`${path}.schema-${older}.bak`).mode & 0o777, 0o600);
  });

  test('that fail leave the database as it was, also for the next try', (context) => {
    const { db, migrations } = place(context);
    migrate(db, someMorning);
    const before = [schemaOf(db), ledgerOf(db)];
    const number = addMigration(migrations, 'CREATE TABLE more (id INTEGER) STRICT; SELECT * FROM nowhere;');
    assert.throws(() => migrate(db, someMorning, migrations), /nowhere/);
    assert.deepEqual([schemaOf(db), ledgerOf(db)], before);
    rmSync(join(migrations, `${String(number).padStart(4, '0')}_more.sql`));
    addMigration(migrations, 'CREATE TABLE more (id INTEGER) STRICT;');
    migrate(db, someMorning, migrations);
    assert.equal(ledgerOf(db).length, number);
  });

  test('are one transaction each, which no file ends', () => {
    for (const name of readdirSync(migrationsFolder)) {
      const sql = readFileSync(join(migrationsFolder, name), 'utf8').replaceAll(/--[^\n]*|'[^']*'/g, ' ');
      assert.doesNotMatch(sql, /\b(BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|VACUUM|ATTACH)\b/i, name);
    }
  });
});
