import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate, migrationsFolder, requireCurrentSchema } from '../../src/store/migrate.ts';
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

function createBench(context: TestContext): Bench {
  const folder = tempFolder(context);
  const migrations = join(folder, 'migrations');
  cpSync(migrationsFolder, migrations, { recursive: true });
  const path = join(folder, 'audit.db');
  const db = openDatabase(path);
  context.after(() => db.close());
  return { db, path, migrations };
}

function writeMigration({ migrations }: Bench, number: number, sql: string): void {
  writeFileSync(join(migrations, `${String(number).padStart(4, '0')}_more.sql`), sql);
}

function schemaOf(db: Database): unknown[] {
  return db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all();
}

describe('the migrations', () => {
  test('create the schema in an empty database once, with strict tables', (context) => {
    const { db, path } = createBench(context);
    migrate(db, someMorning);
    requireCurrentSchema(db);
    const appliedAt = db.prepare('SELECT applied_at FROM migrations').pluck();
    assert.deepEqual(appliedAt.all(), Array(newest).fill(someMorning.toISOString()));
    const lenient = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict";
    assert.deepEqual(db.prepare(lenient).pluck().all(), ['sqlite_schema', 'sqlite_sequence']);

    const before = [schemaOf(db), appliedAt.all()];
    migrate(db, new Date(someMorning.getTime() + 1000));
    assert.deepEqual([schemaOf(db), appliedAt.all()], before);
    assert.ok(!existsSync(`${path}.schema-${newest}.bak`));
  });

  test('upgrade a database after making a private copy of it', (context) => {
    const umask = process.umask(0o022);
    context.after(() => process.umask(umask));
    const bench = createBench(context);
    const { db, path, migrations } = bench;
    migrate(db, someMorning);
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
    assert.throws(() => requireCurrentSchema(db, migrations), outdated);
    migrate(db, someMorning, migrations);

    requireCurrentSchema(db, migrations);
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
    const { db, migrations } = bench;
    migrate(db, someMorning);
    const before = schemaOf(db);
    writeMigration(bench, newest + 1, 'CREATE TABLE more (id INTEGER) STRICT; SELECT * FROM nowhere');
    assert.throws(() => migrate(db, someMorning, migrations), /nowhere/);
    assert.deepEqual(schemaOf(db), before);
    writeMigration(bench, newest + 1, 'CREATE TABLE more (id INTEGER) STRICT');
    migrate(db, someMorning, migrations);
    requireCurrentSchema(db, migrations);
  });

  test('must not end the transaction in which they run', (context) => {
    const bench = createBench(context);
    writeMigration(bench, newest + 1, 'COMMIT');
    assert.throws(() => migrate(bench.db, someMorning, bench.migrations), /_more\.sql must not end its transaction/);
  });

  test('are the same whatever their line ends', (context) => {
    const bench = createBench(context);
    const { db, migrations } = bench;
    for (const name of readdirSync(migrations)) rmSync(join(migrations, name));
    const sql = '-- a comment\nCREATE TABLE one (id INTEGER) STRICT;\n';
    writeMigration(bench, 1, sql);
    migrate(db, someMorning, migrations);
    writeMigration(bench, 1, sql.replaceAll('\n', '\r\n'));
    requireCurrentSchema(db, migrations);
  });

  test('refuse a database that an edited migration or a newer version made', (context) => {
    const bench = createBench(context);
    const { db, migrations } = bench;
    writeMigration(bench, newest + 1, 'CREATE TABLE more (id INTEGER) STRICT');
    migrate(db, someMorning, migrations);
    const newer = isDatabaseError(
      new RegExp(`schema version ${newest + 1}, but .* supports only up to ${newest}`),
      /newer version/,
    );
    assert.throws(() => migrate(db, someMorning), newer);
    assert.throws(() => requireCurrentSchema(db), newer);

    writeMigration(bench, newest + 1, 'CREATE TABLE other (id INTEGER) STRICT');
    const edited = isDatabaseError(/migration 000\d_more\.sql differs from the one that was applied/, /Reinstall/);
    assert.throws(() => migrate(db, someMorning, migrations), edited);
    assert.throws(() => requireCurrentSchema(db, migrations), edited);
  });

  for (const [what, number] of [
    ['a missing number', newest + 2],
    ['two files of one number', 1],
  ] as const) {
    test(`are refused before anything is written when there is ${what}`, (context) => {
      const bench = createBench(context);
      writeMigration(bench, number, 'SELECT 1');
      const gap = isDatabaseError(/gap: expected number \d, found 000\d_more\.sql/, /Reinstall/);
      assert.throws(() => migrate(bench.db, someMorning, bench.migrations), gap);
      assert.deepEqual(schemaOf(bench.db), []);
    });
  }

  test('refuse the database of another program and leave it as it was', (context) => {
    const { db } = createBench(context);
    db.exec("CREATE TABLE cookies (host TEXT); INSERT INTO cookies VALUES ('example.com')");
    const before = schemaOf(db);
    const foreign = isDatabaseError(/another program/, /DATABASE_PATH/);
    assert.throws(() => migrate(db, someMorning), foreign);
    assert.throws(() => requireCurrentSchema(db), foreign);
    assert.deepEqual(schemaOf(db), before);
  });
});
