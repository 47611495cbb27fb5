import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { DatabaseError } from '../../src/errors.ts';
import { checkDatabase } from '../../src/store/inspect-database.ts';
import { openAuditStore } from '../../src/stores.ts';
import { execute } from '../support/database-rows.ts';
import { someMorning } from '../support/fake-clock.ts';
import { tempDatabase, tempFolder } from '../support/temp-folder.ts';

const acme = 'https://acme.omniapp.co';
const renamed = 'https://acme-new.omniapp.co';

function createDatabase(path: string): void {
  using store = openAuditStore(path, someMorning);
  store.transactions.run((tx) => store.organisation.claim(tx, acme, someMorning));
}

const inspect = (path: string, baseUrl = acme): string => checkDatabase(path, baseUrl, false, someMorning);
const adopt = (path: string, baseUrl: string): string => checkDatabase(path, baseUrl, true, someMorning);

describe('the check of a database', () => {
  test('leaves nothing behind where there is none yet', (context) => {
    const path = tempDatabase(context);
    assert.equal(inspect(path), `${path} will be created by the first audit`);
    assert.deepEqual(readdirSync(dirname(path)), []);
  });

  test('accepts the database of the organisation and leaves it as it is', (context) => {
    const path = tempDatabase(context);
    createDatabase(path);
    const before = readdirSync(dirname(path));
    assert.equal(inspect(path), `${path} is ready`);
    assert.deepEqual(readdirSync(dirname(path)), before);
  });

  test('fails where the folder is a file, with a hint', (context) => {
    const file = join(tempFolder(context), 'file');
    writeFileSync(file, '');
    assert.throws(
      () => inspect(join(file, 'audit.db')),
      (error) => error instanceof DatabaseError && error.hint !== '',
    );
  });

  test('refuses the database of another organisation and names the ways out', (context) => {
    const path = tempDatabase(context);
    createDatabase(path);
    assert.throws(
      () => inspect(path, renamed),
      (error) =>
        error instanceof DatabaseError && error.message.includes(acme) && error.hint.includes('check --adopt-url'),
    );
  });

  test('takes an empty file for an older database, which the next audit fills', (context) => {
    const path = tempDatabase(context);
    writeFileSync(path, '');
    assert.equal(inspect(path), `${path} will be upgraded by the next audit`);
  });

  test('refuses what is no database, and the database of another program', (context) => {
    const path = tempDatabase(context);
    writeFileSync(path, 'certainly not a database '.repeat(100));
    assert.throws(() => inspect(path), DatabaseError);

    const foreign = tempDatabase(context);
    execute(foreign, 'CREATE TABLE recipes (name TEXT)');
    assert.throws(() => inspect(foreign), DatabaseError);
  });
});

describe('adopting an address', () => {
  test('makes the database belong to it, and names the former one', (context) => {
    const path = tempDatabase(context);
    createDatabase(path);
    assert.equal(adopt(path, renamed), `${path} belongs to ${renamed} from now on (so far: ${acme})`);
    assert.equal(inspect(path, renamed), `${path} is ready`);
    assert.throws(() => inspect(path, acme), DatabaseError);
  });

  test('names nobody where there was no organisation yet', (context) => {
    const path = tempDatabase(context);
    openAuditStore(path, someMorning)[Symbol.dispose]();
    assert.match(adopt(path, acme), /\(so far: nobody\)$/);
    assert.equal(inspect(path, acme), `${path} is ready`);
  });

  test('refuses a folder in place of a database', (context) => {
    const path = tempDatabase(context);
    mkdirSync(path);
    assert.throws(() => adopt(path, acme), DatabaseError);
  });
});
