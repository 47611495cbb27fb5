import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { AuditLockedError, DatabaseError } from '../../src/errors.ts';
import { takeAuditLock } from '../../src/store/audit-lock.ts';
import { openAuditStore, openReadStore, openSharedStore } from '../../src/stores.ts';
import { firstOutput, startScript } from '../support/child-process.ts';
import { someMorning } from '../support/fake-clock.ts';
import { tempDatabase, tempFolder } from '../support/temp-folder.ts';

describe('the audit lock', () => {
  test('is refused to a second taker, until the first gives it back', (context) => {
    const path = tempDatabase(context);
    const lock = takeAuditLock(path);
    assert.throws(() => takeAuditLock(path), AuditLockedError);
    lock[Symbol.dispose]();
    takeAuditLock(path)[Symbol.dispose]();
  });

  test('of one database is not that of another', (context) => {
    using _one = takeAuditLock(tempDatabase(context));
    using _other = takeAuditLock(tempDatabase(context));
  });

  test('stays refused after a refusal', (context) => {
    const path = tempDatabase(context);
    using _lock = takeAuditLock(path);
    for (let attempt = 1; attempt <= 3; attempt += 1) assert.throws(() => takeAuditLock(path), AuditLockedError);
  });

  test('is freed when the process that holds it is killed', { timeout: 20_000 }, async (context) => {
    const path = tempDatabase(context);
    const holder = startScript(context, './hold-audit-lock.ts', [path]);
    assert.equal(await firstOutput(holder), 'held\n');
    assert.throws(() => takeAuditLock(path), AuditLockedError);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    takeAuditLock(path)[Symbol.dispose]();
  });

  test('keeps nobody from reading the database, nor from sending its mail', (context) => {
    const path = tempDatabase(context);
    using _lock = takeAuditLock(path);
    using store = openAuditStore(path, someMorning);
    const id = store.transactions.run((tx) => store.runs.begin(tx, 'manual', 'process 1', someMorning));
    using look = openReadStore(path);
    assert.equal(look.runs.last()?.id, id);
    using mail = openSharedStore(path);
    mail.outbox.makeDue(someMorning);
    assert.throws(() => takeAuditLock(path), AuditLockedError);
  });

  test('is a file that its owner alone can read', (context) => {
    const umask = process.umask(0);
    context.after(() => process.umask(umask));
    const path = tempDatabase(context);
    using _lock = takeAuditLock(path);
    assert.equal(statSync(`${path}.lock`).mode & 0o777, 0o600);
  });

  test('where no file can be made is refused with the hint', (context) => {
    const file = join(tempFolder(context), 'a-file');
    writeFileSync(file, '');
    assert.throws(
      () => takeAuditLock(join(file, 'audit.db')),
      (error) => error instanceof DatabaseError && error.hint !== '',
    );
  });

  test('whose file is damaged is refused with the hint', (context) => {
    const path = tempDatabase(context);
    writeFileSync(`${path}.lock`, 'Dear diary, '.repeat(500));
    assert.throws(
      () => takeAuditLock(path),
      (error) => error instanceof DatabaseError && error.hint !== '',
    );
  });
});
