import assert from 'node:assert/strict';
import { chmodSync, cpSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { AuditLockedError } from '../../src/errors.ts';
import { takeAuditLock } from '../../src/store/audit-lock.ts';
import { openDatabase } from '../../src/store/database.ts';
import { adoptDatabase, checkDatabase } from '../../src/store/inspect-database.ts';
import { migrationsFolder } from '../../src/store/migrate.ts';
import { openAuditStore } from '../../src/stores.ts';
import { isDatabaseError } from '../support/database-refusal.ts';
import { execute, readTables } from '../support/database-rows.ts';
import { someMorning } from '../support/fake-clock.ts';
import { tempDatabase, tempFolder } from '../support/temp-folder.ts';

const acme = 'https://acme.omniapp.co';
const renamed = 'https://acme-new.omniapp.co';
const belongsToAcme = isDatabaseError(
  /history of https:\/\/acme\.omniapp\.co, but .* is https:/,
  /DATABASE_PATH.*check --adopt-url/,
);

function claim(path: string, baseUrl: string): void {
  using store = openAuditStore(path, someMorning);
  store.transactions.run((tx) => store.organisation.claim(tx, baseUrl, someMorning));
}

function claimedDatabase(context: TestContext): string {
  const path = tempDatabase(context);
  claim(path, acme);
  return path;
}

const inspect = (path: string, baseUrl = acme): string => checkDatabase(path, baseUrl).message;
const adopt = (path: string, baseUrl: string): string | null => adoptDatabase(path, baseUrl, someMorning);

/** Returns a folder with the migrations and one more. */
function moreMigrations(context: TestContext, sql: string): string {
  const folder = tempFolder(context);
  cpSync(migrationsFolder, folder, { recursive: true });
  const number = String(readdirSync(folder).length + 1).padStart(4, '0');
  writeFileSync(join(folder, `${number}_more.sql`), sql);
  return folder;
}

describe('the check of a database', () => {
  test('leaves nothing behind when there is no database yet, whether one could be created or not', (context) => {
    const folder = tempFolder(context);
    for (const path of [join(folder, 'audit.db'), join(folder, 'a', 'b', 'audit.db')]) {
      assert.equal(inspect(path), `${path} will be created by the first audit`);
    }
    const impossible = join(folder, 'a', 'b'.repeat(300), 'audit.db');
    assert.throws(() => inspect(impossible), isDatabaseError(/ENAMETOOLONG/, /set DATABASE_PATH to a file/));
    assert.deepEqual(readdirSync(folder), []);
  });

  test('accepts the database that an audit of the organisation has claimed, and leaves no file behind', (context) => {
    const path = claimedDatabase(context);
    claim(path, acme);
    assert.throws(() => claim(path, renamed), belongsToAcme);
    const before = readdirSync(dirname(path));
    assert.equal(inspect(path), `${path} is ready`);
    assert.deepEqual(readdirSync(dirname(path)), before);
  });

  test('accepts it while another audit is running, even while that audit writes', (context) => {
    const path = claimedDatabase(context);
    using _lock = takeAuditLock(path);
    assert.equal(inspect(path), `${path} is ready; another audit is running`);
    const db = openDatabase(path);
    context.after(() => db.close());
    db.exec('BEGIN IMMEDIATE');
    assert.equal(inspect(path), `${path} is ready; another audit is running`);
  });

  test('refuses it while a process that is no audit keeps it from writing', (context) => {
    const path = claimedDatabase(context);
    const db = openDatabase(path);
    context.after(() => db.close());
    db.exec('BEGIN IMMEDIATE');
    assert.throws(() => inspect(path), isDatabaseError(/database is locked/, /another process/));
  });

  test('advises against a folder that every account can write to', (context) => {
    const path = claimedDatabase(context);
    assert.equal(checkDatabase(path, acme).hint, '');
    for (const mode of [0o777, 0o1777]) {
      chmodSync(dirname(path), mode);
      assert.match(checkDatabase(path, acme).hint ?? '', /Move the database to a folder of its own/);
    }
  });

  test('tries the upgrade of an older schema on a copy, and leaves no file behind', (context) => {
    const path = claimedDatabase(context);
    const before = [readdirSync(dirname(path)), readTables(path)];
    const works = moreMigrations(context, 'ALTER TABLE organisation ADD COLUMN nick TEXT');
    assert.equal(checkDatabase(path, acme, works).message, `${path} will be upgraded by the next audit`);
    assert.throws(() => checkDatabase(path, renamed, works), isDatabaseError(/the history of/, /DATABASE_PATH/));
    assert.throws(() => checkDatabase(path, acme, moreMigrations(context, 'SELECT * FROM nowhere')), /nowhere/);
    assert.deepEqual([readdirSync(dirname(path)), readTables(path)], before);
  });

  test('refuses a schema that something else has changed, which does not stop an audit', (context) => {
    const path = claimedDatabase(context);
    execute(path, 'CREATE TRIGGER hush AFTER INSERT ON findings BEGIN DELETE FROM findings; END');
    const changed = isDatabaseError(
      /schema .* has been changed: trigger hush is unexpected$/,
      /Find out who changed it/,
    );
    assert.throws(() => inspect(path), changed);
    claim(path, acme);
  });

  test('refuses what an audit could not use', (context) => {
    const file = tempDatabase(context);
    writeFileSync(file, 'Dear diary, '.repeat(500));
    assert.throws(() => inspect(file), isDatabaseError(/file is not a database/, /Point DATABASE_PATH at/));
    assert.throws(() => inspect(join(file, 'audit.db')), isDatabaseError(/cannot be used/, /write to the folder/));

    const foreign = tempDatabase(context);
    execute(foreign, 'CREATE TABLE recipes (name TEXT)');
    assert.throws(() => inspect(foreign), isDatabaseError(/another program/, /DATABASE_PATH/));
  });

  test('removes what a killed check has left', (context) => {
    const path = claimedDatabase(context);
    writeFileSync(`${path}.probe-${process.pid}`, 'left');
    assert.equal(inspect(path), `${path} is ready`);
  });
});

describe('the adoption of an address', () => {
  test('makes the check accept the database of another organisation', (context) => {
    const path = claimedDatabase(context);
    assert.throws(() => inspect(path, renamed), belongsToAcme);
    assert.equal(adopt(path, renamed), acme);
    assert.equal(inspect(path, renamed), `${path} is ready`);
  });

  test('is possible for a database without an organisation', (context) => {
    const path = tempDatabase(context);
    openAuditStore(path, someMorning)[Symbol.dispose]();
    assert.equal(adopt(path, acme), null);
    assert.throws(() => inspect(path, renamed), belongsToAcme);
  });

  test('is refused while an audit is running', (context) => {
    const path = claimedDatabase(context);
    using _lock = takeAuditLock(path);
    assert.throws(() => adopt(path, renamed), AuditLockedError);
  });
});
