import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import { buildDatabase, type Database, openDatabase, openInMemory } from '../../src/store/database.ts';
import { createSchema, migrationsFolder, readSchema, requireCurrentSchema, upgrade } from '../../src/store/migrate.ts';
import { isDatabaseError } from '../support/database-refusal.ts';
import { someMorning } from '../support/fake-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** The schema that this version of the program has. */
const newest = readdirSync(migrationsFolder).length;

interface Bench {
  db: Database;
  path: string;
  /** A copy of the migrations that a test may change. */
  migrations: string;
}

/** Creates a database with the current schema. */
function createBench(context: TestContext): Bench {
  const folder = tempFolder(context);
  const migrations = join(folder, 'migrations');
  cpSync(migrationsFolder, migrations, { recursive: true });
  const path = join(folder, 'audit.db');
  buildDatabase(path, (db) => createSchema(db, someMorning, migrations));
  const db = openDatabase(path);
  context.after(() => db.close());
  return { db, path, migrations };
}

function writeMigration({ migrations }: Bench, number: number, sql: string): void {
  writeFileSync(join(migrations, `${String(number).padStart(4, '0')}_more.sql`), sql);
}

/** Returns an empty database. */
function emptyDatabase(context: TestContext): Database {
  const db = openInMemory();
  context.after(() => db.close());
  return db;
}

function schemaOf(db: Database): unknown[] {
  return db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all();
}

describe('the migrations', () => {
  test('create the schema once, with strict tables', (context) => {
    const { db, path } = createBench(context);
    requireCurrentSchema(db);
    const appliedAt = db.prepare('SELECT applied_at FROM migrations').pluck();
    assert.deepEqual(appliedAt.all(), Array(newest).fill(someMorning.toISOString()));
    const lenient = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict";
    assert.deepEqual(db.prepare(lenient).pluck().all(), ['sqlite_schema', 'sqlite_sequence']);

    const before = [schemaOf(db), appliedAt.all()];
    upgrade(db, new Date(someMorning.getTime() + 1000));
    assert.deepEqual([schemaOf(db), appliedAt.all()], before);
    assert.ok(!existsSync(`${path}.schema-${newest}.bak`));
  });

  test('upgrade a database after making a private copy of it', (context) => {
    const umask = process.umask(0o022);
    context.after(() => process.umask(umask));
    const bench = createBench(context);
    const { db, path, migrations } = bench;
    db.prepare("INSERT INTO organisation VALUES (1, 'https://acme.omniapp.co', '2026-03-01')").run();
    writeMigration(
      bench,
      newest + 1,
      "ALTER TABLE organisation ADD COLUMN nick TEXT; UPDATE organisation SET nick = 'A'",
    );
    const outdated = isDatabaseError(
      new RegExp(`has schema version ${newest}, but this program needs version`),
      /Run an audit: it backs up the database, then upgrades it/,
    );
    assert.throws(() => requireCurrentSchema(db, path, migrations), outdated);
    upgrade(db, someMorning, migrations);

    requireCurrentSchema(db, path, migrations);
    const row = { singleton: 1, base_url: 'https://acme.omniapp.co', created_at: '2026-03-01' };
    assert.deepEqual(db.prepare('SELECT * FROM organisation').all(), [{ ...row, nick: 'A' }]);
    const copyPath = `${path}.schema-${newest}.bak`;
    assert.equal(statSync(copyPath).mode & 0o777, 0o600);
    const copy = new BetterSqlite3(copyPath, { readonly: true });
    context.after(() => copy.close());
    requireCurrentSchema(copy);
    assert.deepEqual(copy.prepare('SELECT * FROM organisation').all(), [row]);
  });

  test('leave the database as it was when one fails, and succeed once that one is corrected', (context) => {
    const bench = createBench(context);
    const { db, path, migrations } = bench;
    const before = schemaOf(db);
    writeMigration(bench, newest + 1, 'CREATE TABLE more (id INTEGER) STRICT; SELECT * FROM nowhere');
    assert.throws(() => upgrade(db, someMorning, migrations), /nowhere/);
    assert.deepEqual(schemaOf(db), before);
    writeMigration(bench, newest + 1, 'CREATE TABLE more (id INTEGER) STRICT');
    upgrade(db, someMorning, migrations);
    requireCurrentSchema(db, path, migrations);
  });

  test('must not end the transaction in which they run', (context) => {
    const bench = createBench(context);
    writeMigration(bench, newest + 1, 'COMMIT');
    assert.throws(() => upgrade(bench.db, someMorning, bench.migrations), /_more\.sql must not end its transaction/);
  });

  test('are the same whatever their line ends', (context) => {
    const bench = createBench(context);
    const { path, migrations } = bench;
    const db = emptyDatabase(context);
    for (const name of readdirSync(migrations)) rmSync(join(migrations, name));
    const sql = '-- a comment\nCREATE TABLE one (\n  id INTEGER\n) STRICT;\n';
    writeMigration(bench, 1, sql);
    createSchema(db, someMorning, migrations);
    writeMigration(bench, 1, sql.replaceAll('\n', '\r\n'));
    requireCurrentSchema(db, path, migrations);
  });

  test('refuse a database that an edited migration or a newer version made', (context) => {
    const bench = createBench(context);
    const { db, path, migrations } = bench;
    writeMigration(bench, newest + 1, 'CREATE TABLE more (id INTEGER) STRICT');
    upgrade(db, someMorning, migrations);
    const newer = isDatabaseError(
      new RegExp(`schema version ${newest + 1}, but .* supports only up to ${newest}`),
      /newer version/,
    );
    assert.throws(() => upgrade(db, someMorning), newer);
    assert.throws(() => requireCurrentSchema(db), newer);

    writeMigration(bench, newest + 1, 'CREATE TABLE other (id INTEGER) STRICT');
    const edited = isDatabaseError(
      /migration 000\d_more\.sql differs from the one that was applied/,
      /Run the version that created/,
    );
    assert.throws(() => upgrade(db, someMorning, migrations), edited);
    assert.throws(() => requireCurrentSchema(db, path, migrations), edited);
  });

  for (const [what, number] of [
    ['a missing number', newest + 2],
    ['two files of one number', 1],
  ] as const) {
    test(`are refused before anything is written when there is ${what}`, (context) => {
      const bench = createBench(context);
      writeMigration(bench, number, 'SELECT 1');
      const gap = isDatabaseError(/gap: expected number \d, found 000\d_more\.sql/, /Reinstall/);
      const db = emptyDatabase(context);
      assert.throws(() => createSchema(db, someMorning, bench.migrations), gap);
      assert.deepEqual(schemaOf(db), []);
    });
  }

  for (const [change, problem] of Object.entries({
    'DROP TABLE deliveries': /incomplete: table deliveries is missing/,
    'DROP INDEX runs_by_status': /incomplete: index runs_by_status is missing/,
    'DROP INDEX runs_by_status; CREATE INDEX runs_by_status ON runs (id)':
      /incomplete: index runs_by_status was changed/,
    'DROP VIEW snapshots': /incomplete: view snapshots is missing/,
    'ALTER TABLE runs DROP COLUMN error': /incomplete: column runs\.error is missing/,
    'DELETE FROM migrations': /incomplete: the record of its migrations is missing/,
  })) {
    test(`refuse a database after ${change}`, (context) => {
      const { db } = createBench(context);
      db.exec(change);
      const incomplete = isDatabaseError(problem, /Restore a backup/);
      assert.throws(() => requireCurrentSchema(db), incomplete);
      assert.throws(() => upgrade(db, someMorning), incomplete);
    });
  }

  test('find what something else has added to the schema, except the records of SQLite', (context) => {
    const { db } = createBench(context);
    db.exec('ANALYZE');
    assert.deepEqual(readSchema(db).unexpected, []);
    db.exec(`CREATE TRIGGER hush AFTER INSERT ON findings BEGIN DELETE FROM findings; END;
             CREATE VIEW "a ""b""\nc" AS SELECT 1;
             ALTER TABLE runs ADD COLUMN note TEXT`);
    assert.deepEqual(readSchema(db).unexpected, [
      'table runs was changed',
      'trigger hush is unexpected',
      String.raw`view "a \"b\"\nc" is unexpected`,
    ]);
  });
});
