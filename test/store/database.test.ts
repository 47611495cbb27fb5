import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { DatabaseError } from '../../src/errors.ts';
import { openDatabase, openDatabaseReadonly } from '../../src/store/database.ts';
import type { Transaction } from '../../src/store/transaction.ts';
import { openAuditStore, openReadStore, openSharedStore } from '../../src/stores.ts';
import { isDatabaseError } from '../support/database-refusal.ts';
import { someMorning } from '../support/fake-clock.ts';
import { tempDatabase, tempFolder } from '../support/temp-folder.ts';

const mode = (path: string): number => statSync(path).mode & 0o777;

describe('the database file', () => {
  test('and all files beside it can be read by their owner only', (context) => {
    const umask = process.umask(0);
    context.after(() => process.umask(umask));
    const path = join(tempFolder(context), 'made', 'audit.db');
    using store = openAuditStore(path, someMorning);
    store.transactions.run((tx) => store.organisation.claim(tx, 'https://acme.omniapp.co', someMorning));
    const files = readdirSync(dirname(path)).sort();
    assert.deepEqual(files, ['audit.db', 'audit.db-shm', 'audit.db-wal']);
    for (const file of files) assert.equal(mode(join(dirname(path), file)), 0o600, file);
    assert.equal(mode(dirname(path)), 0o700);
  });

  test('that others could read is taken from them', (context) => {
    const path = tempDatabase(context);
    openAuditStore(path, someMorning)[Symbol.dispose]();
    chmodSync(path, 0o644);
    openSharedStore(path)[Symbol.dispose]();
    assert.equal(mode(path), 0o600);
  });

  test('loses no committed mail at a power loss', (context) => {
    const db = openDatabase(tempDatabase(context));
    context.after(() => db.close());
    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(db.pragma('synchronous', { simple: true }), 2);
    assert.equal(db.pragma('foreign_keys', { simple: true }), 1);
  });

  test('in a place that cannot be a folder is refused with the hint', (context) => {
    const file = join(tempFolder(context), 'a-file');
    writeFileSync(file, '');
    const refused = isDatabaseError(/cannot be used/, /a folder that this user may write to/);
    assert.throws(() => openDatabase(join(file, 'audit.db')), refused);
  });

  test('in a folder that cannot be written is refused with the hint', { skip: process.getuid?.() === 0 }, (context) => {
    const folder = tempFolder(context);
    chmodSync(folder, 0o500);
    context.after(() => chmodSync(folder, 0o700));
    const refused = isDatabaseError(/cannot be used/, /a folder that this user may write to/);
    assert.throws(() => openDatabase(join(folder, 'audit.db')), refused);
    assert.ok(!existsSync(join(folder, 'audit.db')));
  });

  test('that is a folder is refused with the hint', (context) => {
    const path = tempDatabase(context);
    mkdirSync(path);
    assert.throws(() => openDatabase(path), isDatabaseError(/cannot be used/, /DATABASE_PATH must name a file/));
  });

  test('that is no database is refused with the hint', (context) => {
    const path = tempDatabase(context);
    writeFileSync(path, 'Dear diary, '.repeat(500));
    const refused = isDatabaseError(/cannot be used/, /no SQLite database: point DATABASE_PATH elsewhere/);
    assert.throws(() => openAuditStore(path, someMorning), refused);
    assert.throws(() => openReadStore(path), refused);
    assert.throws(() => openSharedStore(path), refused);
  });

  test('is not made by whoever only looks or sends mail', (context) => {
    const path = tempDatabase(context);
    const refused = isDatabaseError(/there is no database at/, /Run an audit first/);
    assert.throws(() => openReadStore(path), refused);
    assert.throws(() => openSharedStore(path), refused);
    assert.deepEqual(readdirSync(dirname(path)), []);
  });

  test('that is still empty asks for an audit first', (context) => {
    const path = tempDatabase(context);
    writeFileSync(path, '');
    assert.throws(() => openReadStore(path), isDatabaseError(/has schema 0/, /Run an audit/));
    assert.equal(statSync(path).size, 0);
  });

  test('cannot be written through a connection that looks', (context) => {
    const path = tempDatabase(context);
    openAuditStore(path, someMorning)[Symbol.dispose]();
    const db = openDatabaseReadonly(path);
    context.after(() => db.close());
    assert.throws(() => db.exec('DELETE FROM runs'), { code: 'SQLITE_READONLY' });
  });
});

describe('a transaction of the store', () => {
  test('is undone by what its work throws', (context) => {
    using store = openAuditStore(tempDatabase(context), someMorning);
    const thrown = new Error('no');
    const work = (tx: Transaction): never => {
      store.runs.begin(tx, 'manual', 'test', someMorning);
      throw thrown;
    };
    assert.throws(
      () => store.transactions.run(work),
      (error) => error === thrown,
    );
    assert.deepEqual([...store.history.runs({})], []);
  });

  test('is not seen by others before its end, and does not keep them from reading', (context) => {
    const path = tempDatabase(context);
    using store = openAuditStore(path, someMorning);
    using look = openReadStore(path);
    store.transactions.run((tx) => {
      store.runs.begin(tx, 'manual', 'test', someMorning);
      assert.deepEqual([...look.history.runs({})], []);
    });
    assert.equal([...look.history.runs({})].length, 1);
  });

  test('whose turn does not come in time is refused with the hint, and works once the other has ended', (context) => {
    const path = tempDatabase(context);
    using store = openAuditStore(path, someMorning, { busyTimeoutMs: 20 });
    const other = openDatabase(path);
    context.after(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    assert.throws(
      () => store.transactions.run(() => assert.fail('two write at once')),
      (error) =>
        error instanceof DatabaseError &&
        error.message.includes(path) &&
        /Another process is writing into it.* try again/.test(error.hint),
    );
    other.exec('ROLLBACK');
    assert.equal(
      store.transactions.run(() => 'done'),
      'done',
    );
  });
});
