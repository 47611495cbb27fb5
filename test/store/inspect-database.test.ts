import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { adoptDatabase, checkDatabase } from '../../src/store/inspect-database.ts';
import { openAuditStore } from '../../src/stores.ts';
import { isDatabaseError } from '../support/database-refusal.ts';
import { execute } from '../support/database-rows.ts';
import { someMorning } from '../support/fake-clock.ts';
import { tempDatabase } from '../support/temp-folder.ts';

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

describe('the check of a database', () => {
  test('leaves nothing behind when there is no database yet', (context) => {
    const path = tempDatabase(context);
    assert.equal(inspect(path), `${path} will be created by the first audit`);
    assert.deepEqual(readdirSync(dirname(path)), []);
  });

  test('accepts the database that an audit of the organisation has claimed, and leaves no file behind', (context) => {
    const path = claimedDatabase(context);
    claim(path, acme);
    assert.throws(() => claim(path, renamed), belongsToAcme);
    const before = readdirSync(dirname(path));
    assert.equal(inspect(path), `${path} is ready`);
    assert.deepEqual(readdirSync(dirname(path)), before);
  });

  test('announces the upgrade of an older schema', (context) => {
    const path = tempDatabase(context);
    writeFileSync(path, '');
    assert.equal(inspect(path), `${path} will be upgraded by the next audit`);
  });

  test('refuses what an audit could not use', (context) => {
    const file = tempDatabase(context);
    writeFileSync(file, 'Dear diary, '.repeat(500));
    assert.throws(() => inspect(file), isDatabaseError(/file is not a database/, /Point DATABASE_PATH at/));
    assert.throws(() => inspect(join(file, 'audit.db')), isDatabaseError(/cannot be used/, /a folder that this user/));

    const foreign = tempDatabase(context);
    execute(foreign, 'CREATE TABLE recipes (name TEXT)');
    assert.throws(() => inspect(foreign), isDatabaseError(/another program/, /DATABASE_PATH/));
  });

  test('refuses the database of another organisation until it adopts the new address', (context) => {
    const path = claimedDatabase(context);
    assert.throws(() => inspect(path, renamed), belongsToAcme);
    assert.equal(adopt(path, renamed), acme);
    assert.equal(inspect(path, renamed), `${path} is ready`);
  });

  test('adopts an address for a database without an organisation', (context) => {
    const path = tempDatabase(context);
    openAuditStore(path, someMorning)[Symbol.dispose]();
    assert.equal(adopt(path, acme), null);
    assert.throws(() => inspect(path, renamed), belongsToAcme);
  });
});
