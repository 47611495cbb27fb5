import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { AuditLockedError } from '../../src/errors.ts';
import { lastSignOfLife, takeAuditLock } from '../../src/store/audit-lock.ts';
import { openDatabase, openDatabaseReadonly, openInMemory } from '../../src/store/database.ts';
import { integer, prepare, text } from '../../src/store/statement.ts';
import type { Transaction } from '../../src/store/transaction.ts';
import { openAuditStore, openReadStore, openSharedStore } from '../../src/stores.ts';
import { firstOutput, startScript } from '../support/child-process.ts';
import { isDatabaseError } from '../support/database-refusal.ts';
import { createFakeClock, someMorning } from '../support/fake-clock.ts';
import { filesLike, readText } from '../support/project-files.ts';
import { someStore } from '../support/runs.ts';
import { newDatabase, tempDatabase, tempFolder } from '../support/temp-folder.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('the database file', () => {
  test('is private to its owner, and so are its folder and the files next to it', (context) => {
    const umask = process.umask(0);
    context.after(() => process.umask(umask));
    const path = join(tempFolder(context), 'new', 'audit.db');
    const folder = dirname(path);
    {
      using _lock = takeAuditLock(path);
      using store = openAuditStore(path, someMorning);
      store.transactions.run((tx) => store.organisation.claim(tx, 'https://acme.omniapp.co', someMorning));
      assert.equal(modeOf(folder), 0o700);
      assert.deepEqual(
        readdirSync(folder).map((file) => [file, modeOf(join(folder, file))]),
        ['audit.db', 'audit.db-shm', 'audit.db-wal', 'audit.db.lock', 'audit.db.lock-journal'].map((file) => [
          file,
          0o600,
        ]),
      );
    }
    chmodSync(path, 0o644);
    openSharedStore(path)[Symbol.dispose]();
    assert.equal(modeOf(path), 0o600);
  });

  test('keeps what was committed through a power loss, enforces foreign keys and waits a minute for other writers', (context) => {
    const db = openDatabase(newDatabase(context));
    context.after(() => db.close());
    const names = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'];
    assert.deepEqual(
      names.map((name) => db.pragma(name, { simple: true })),
      ['wal', 2, 1, 60_000],
    );
  });

  test('is refused with a hint when its path cannot hold a database', (context) => {
    const file = join(tempFolder(context), 'a-file');
    writeFileSync(file, 'Dear diary, '.repeat(500));
    const path = join(file, 'audit.db');
    const noFolder = isDatabaseError(/cannot be used/, /write to the folder/);
    assert.throws(() => openAuditStore(path, someMorning), noFolder);
    assert.throws(() => takeAuditLock(path), noFolder);

    const noDatabase = isDatabaseError(/cannot be used/, /Point DATABASE_PATH at a different file, or restore/);
    assert.throws(() => openAuditStore(file, someMorning), noDatabase);
    assert.throws(() => openReadStore(file), noDatabase);
    assert.throws(() => openSharedStore(file), noDatabase);
  });

  test('is not created or filled by a command that only reads or delivers mail', (context) => {
    const path = tempDatabase(context);
    const missing = isDatabaseError(/there is no database at/, /Run an audit first/);
    assert.throws(() => openReadStore(path), missing);
    assert.throws(() => openSharedStore(path), missing);
    assert.deepEqual(readdirSync(dirname(path)), []);
  });

  test('cannot be written through a connection for reading', (context) => {
    const db = openDatabaseReadonly(newDatabase(context));
    context.after(() => db.close());
    assert.throws(() => db.exec('DELETE FROM runs'), { code: 'SQLITE_READONLY' });
  });
});

describe('a transaction', () => {
  test('is rolled back when its work throws', (context) => {
    const store = someStore(context);
    const thrown = new Error('no');
    const work = (tx: Transaction): never => {
      store.runs.begin(tx, 'manual', 'test', someMorning);
      throw thrown;
    };
    assert.throws(
      () => store.transactions.run(work),
      (error) => error === thrown,
    );
    assert.equal(store.runs.last(), null);
  });

  test('that cannot begin in time is refused with a hint, and can be tried again', (context) => {
    const path = tempDatabase(context);
    using store = openAuditStore(path, someMorning, { busyTimeoutMs: 20 });
    const other = openDatabase(path);
    context.after(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    assert.throws(
      () => store.transactions.run(() => assert.fail('two processes write at the same time')),
      isDatabaseError(new RegExp(path), /Try again in a minute: another process/),
    );
    other.exec('ROLLBACK');
    store.transactions.run(() => {});
  });
});

describe('a statement', () => {
  test('is refused unless its columns are those of its row type', (context) => {
    const db = openInMemory();
    context.after(() => db.close());
    const select = prepare(db, 'SELECT 1 AS id');
    assert.deepEqual(select.returning({ id: integer }).get(), { id: 1 });
    assert.throws(() => select.returning({ id: integer, name: text }), /missing \[name\]/);
    assert.throws(() => prepare(db, "SELECT 1 AS id, 'a' AS name").returning({ id: integer }), /unexpected \[name\]/);
    assert.throws(() => prepare(db, 'SELECT 1, 2').returningOne(integer), /expected one column/);
  });

  test('is prepared, and a transaction is begun, only in the modules of the store that check them', () => {
    const allowed = ['statement', 'database', 'migrate', 'transaction'].map((name) => `src/store/${name}.ts`);
    const others = filesLike('src/**/*.ts').filter((path) => !allowed.includes(path));
    assert.deepEqual(
      others.filter((path) => /\.(prepare|transaction)\b/.test(readText(path))),
      [],
    );
  });
});

describe('the audit lock', () => {
  test('is refused until it is released, for this database only', (context) => {
    const path = tempDatabase(context);
    const lock = takeAuditLock(path);
    assert.throws(() => takeAuditLock(path), AuditLockedError);
    assert.throws(() => takeAuditLock(path), AuditLockedError);
    takeAuditLock(tempDatabase(context))[Symbol.dispose]();
    lock[Symbol.dispose]();
    takeAuditLock(path)[Symbol.dispose]();
  });

  test('is released when the process that holds it is killed', { timeout: 20_000 }, async (context) => {
    const path = tempDatabase(context);
    const child = startScript(context, './hold-audit-lock.ts', [path]);
    assert.equal(await firstOutput(child), 'held\n');
    assert.throws(() => takeAuditLock(path), AuditLockedError);
    child.kill('SIGKILL');
    await once(child, 'exit');
    takeAuditLock(path)[Symbol.dispose]();
  });

  test('shows every 20 seconds that the process that holds it is alive, which attempts to take it do not', (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    const path = tempDatabase(context);
    const clock = createFakeClock();
    const seconds = (): number => (Number(lastSignOfLife(path)) - someMorning.getTime()) / 1000;
    assert.equal(lastSignOfLife(path), null);
    const lock = takeAuditLock(path, clock);
    assert.equal(seconds(), 0);
    clock.advance(20_000);
    assert.throws(() => takeAuditLock(path, clock), AuditLockedError);
    assert.equal(seconds(), 0);
    context.mock.timers.tick(20_000);
    assert.equal(seconds(), 20);
    lock[Symbol.dispose]();
    clock.advance(20_000);
    context.mock.timers.tick(20_000);
    assert.equal(seconds(), 20);
  });

  test('prevents neither reading nor the delivery of mail', (context) => {
    const path = tempDatabase(context);
    using _lock = takeAuditLock(path);
    using store = openAuditStore(path, someMorning);
    using reader = openReadStore(path);
    store.transactions.run((tx) => {
      store.runs.begin(tx, 'manual', 'process 1', someMorning);
      assert.equal(reader.runs.last(), null, 'nothing is visible before the commit');
    });
    assert.equal(reader.runs.last()?.lockedBy, 'process 1');
    using shared = openSharedStore(path);
    shared.outbox.makeDue(someMorning);
    assert.throws(() => takeAuditLock(path), AuditLockedError);
  });

  test('is refused with a hint when its file is damaged', (context) => {
    const path = tempDatabase(context);
    writeFileSync(`${path}.lock`, 'Dear diary, '.repeat(500));
    assert.throws(
      () => takeAuditLock(path),
      isDatabaseError(/lock file .* cannot be used/, /no audit is running, then delete the lock file/),
    );
  });
});
