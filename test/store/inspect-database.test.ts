import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { DatabaseError } from '../../src/errors.ts';
import { adoptBaseUrl, inspectDatabase, probeFolder } from '../../src/store/inspect-database.ts';
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

describe('the probe of the database’s folder', () => {
  test('leaves nothing behind', (context) => {
    const path = tempDatabase(context);
    probeFolder(path);
    assert.deepEqual(readdirSync(dirname(path)), []);
  });

  test('leaves a database that is there as it is', (context) => {
    const path = tempDatabase(context);
    createDatabase(path);
    const before = readdirSync(dirname(path));
    probeFolder(path);
    assert.deepEqual(readdirSync(dirname(path)), before);
    assert.equal(inspectDatabase(path, acme), 'ready');
  });

  test('fails where the folder is a file, with the hint', (context) => {
    const file = join(tempFolder(context), 'file');
    writeFileSync(file, '');
    assert.throws(() => probeFolder(join(file, 'audit.db')), DatabaseError);
  });
});

describe('the inspection of a database', () => {
  test('is content with the organisation’s own', (context) => {
    const path = tempDatabase(context);
    createDatabase(path);
    assert.equal(inspectDatabase(path, acme), 'ready');
  });

  test('leaves no file behind', (context) => {
    const path = tempDatabase(context);
    createDatabase(path);
    const before = readdirSync(dirname(path));
    assert.equal(inspectDatabase(path, acme), 'ready');
    assert.deepEqual(readdirSync(dirname(path)), before);
  });

  test('refuses another organisation’s and names the ways on', (context) => {
    const path = tempDatabase(context);
    createDatabase(path);
    assert.throws(
      () => inspectDatabase(path, renamed),
      (error) =>
        error instanceof DatabaseError && error.message.includes(acme) && error.hint.includes('check --adopt-url'),
    );
  });

  test('takes an empty file for an older one, which the next audit fills', (context) => {
    const path = tempDatabase(context);
    writeFileSync(path, '');
    assert.equal(inspectDatabase(path, acme), 'older');
  });

  test('refuses what is no database, and another program’s', (context) => {
    const path = tempDatabase(context);
    writeFileSync(path, 'certainly not a database '.repeat(100));
    assert.throws(() => inspectDatabase(path, acme), DatabaseError);

    const foreign = tempDatabase(context);
    execute(foreign, 'CREATE TABLE recipes (name TEXT)');
    assert.throws(() => inspectDatabase(foreign, acme), DatabaseError);
  });

  test('refuses a path at which there is none', (context) => {
    assert.throws(() => inspectDatabase(tempDatabase(context), acme), /there is no database/);
  });
});

describe('adopting an address', () => {
  test('lets the database belong to it from then on, and answers the former one', (context) => {
    const path = tempDatabase(context);
    createDatabase(path);
    assert.equal(adoptBaseUrl(path, renamed, someMorning), acme);
    assert.equal(inspectDatabase(path, renamed), 'ready');
    assert.throws(() => inspectDatabase(path, acme), DatabaseError);
  });

  test('answers nobody where there was no organisation yet', (context) => {
    const path = tempDatabase(context);
    openAuditStore(path, someMorning)[Symbol.dispose]();
    assert.equal(adoptBaseUrl(path, acme, someMorning), null);
    assert.equal(inspectDatabase(path, acme), 'ready');
  });

  test('refuses a folder in place of a database', (context) => {
    const path = tempDatabase(context);
    mkdirSync(path);
    assert.throws(() => adoptBaseUrl(path, acme, someMorning), DatabaseError);
  });
});
