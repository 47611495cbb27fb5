import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { AuditLockedError } from '../../src/errors.ts';
import { takeAuditLock } from '../../src/store/audit-lock.ts';
import { checkDatabase } from '../../src/store/inspect-database.ts';
import { isDatabaseFile } from '../../src/store/locate-database.ts';
import { openAuditStore, openReadStore, openSharedStore } from '../../src/stores.ts';
import { isDatabaseError } from '../support/database-refusal.ts';
import { execute } from '../support/database-rows.ts';
import { someMorning } from '../support/fake-clock.ts';
import { newDatabase, tempDatabase, tempFolder } from '../support/temp-folder.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** Everything that writes to a database, and the check that no audit is refused. */
const writers: Record<string, (path: string) => unknown> = {
  'an audit': (path) => openAuditStore(path, someMorning)[Symbol.dispose](),
  'the audit lock': (path) => takeAuditLock(path)[Symbol.dispose](),
  'a delivery': (path) => openSharedStore(path)[Symbol.dispose](),
  'the check': (path) => checkDatabase(path, null),
};

const reader = (path: string): void => openReadStore(path)[Symbol.dispose]();

/** Runs work as another account. Only root can. */
function as<T>(account: number, work: () => T): T {
  process.seteuid?.(account);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('a database', () => {
  test('has one lock, whatever link leads to it', (context) => {
    const path = newDatabase(context);
    const folder = tempFolder(context);
    symlinkSync(path, join(folder, 'link.db'));
    symlinkSync(dirname(path), join(folder, 'data'));
    using _lock = takeAuditLock(path);
    for (const name of ['link.db', 'data/audit.db', 'data/new.db']) {
      const attempt = (): void => takeAuditLock(join(folder, name))[Symbol.dispose]();
      if (name === 'data/new.db') attempt();
      else assert.throws(attempt, AuditLockedError);
    }
    using store = openAuditStore(join(folder, 'link.db'), someMorning);
    assert.equal(store.path, path);
    assert.deepEqual(readdirSync(folder), ['data', 'link.db']);
  });

  const noDatabases: Record<string, [make: (path: string, folder: string) => void, message: RegExp]> = {
    'a folder': [(path) => mkdirSync(path), /is a folder, not a file/],
    'a named pipe': [(path) => spawnSync('mkfifo', [path]), /is a named pipe, not a file/],
    'a device': [(path) => symlinkSync('/dev/null', path), /\/dev\/null is a device, not a file/],
    'a link to nowhere': [
      (path, folder) => symlinkSync(`${folder}/gone.db`, path),
      /a link to a file that does not exist/,
    ],
    'a link to itself': [(path) => symlinkSync(path, path), /ELOOP/],
    'one of two names of a file': [
      (path, folder) => linkSync(`${folder}/other.db`, path),
      /has 2 names \(hard links\)/,
    ],
    'an empty file': [(path) => writeFileSync(path, ''), /is empty: it has 0 bytes/],
    'a database without tables': [
      (path) => execute(path, 'CREATE TABLE t (x); DROP TABLE t'),
      /is empty: it has no tables/,
    ],
    'a database of another program': [
      (path) => execute(path, 'CREATE TABLE migrations (id, name, batch)'),
      /another program/,
    ],
  };
  for (const [what, [make, message]] of Object.entries(noDatabases)) {
    test(`is refused by everything if it is ${what}`, (context) => {
      const path = tempDatabase(context);
      renameSync(newDatabase(context), join(dirname(path), 'other.db'));
      make(path, dirname(path));
      const refused = isDatabaseError(message, /^[A-Z]/);
      assert.throws(() => checkDatabase(path, null), refused);
      assert.throws(() => openAuditStore(path, someMorning), refused);
      assert.throws(() => openSharedStore(path), refused);
      assert.throws(() => reader(path), refused);
    });
  }

  test('that somebody has emptied keeps its write-ahead log, from which it can be restored', (context) => {
    const path = tempDatabase(context);
    writeFileSync(path, '');
    writeFileSync(`${path}-wal`, 'the log');
    for (const open of [...Object.values(writers), reader]) {
      if (open !== writers['the audit lock']) assert.throws(() => open(path), isDatabaseError(/is empty/, /Restore/));
    }
    assert.equal(readFileSync(`${path}-wal`, 'utf8'), 'the log');
  });

  for (const log of ['-wal', '-journal']) {
    test(`is not created next to the ${log} of one that is gone, which would damage it`, (context) => {
      const path = tempDatabase(context);
      writeFileSync(path + log, 'the log');
      const refused = isDatabaseError(/belongs to a database that is gone/, /move this file away, too/);
      assert.throws(() => checkDatabase(path, null), refused);
      assert.throws(() => openAuditStore(path, someMorning), refused);
      using store = openReadStore(newDatabase(context));
      assert.throws(() => store.backupTo(path), refused);
    });
  }

  test('is refused if there is no room for the names of its other files', (context) => {
    const folder = tempFolder(context);
    const tooLong = isDatabaseError(/path of the database is too long/, /at most 470 bytes, at most 200/);
    for (const path of [
      join(folder, 'a'.repeat(201)),
      join(folder, 'a'.repeat(200), 'b'.repeat(200), 'c'.repeat(200)),
    ]) {
      for (const use of Object.values(writers)) assert.throws(() => use(path), tooLong);
    }
    const path = join(folder, 'a'.repeat(200));
    takeAuditLock(path)[Symbol.dispose]();
    openAuditStore(path, someMorning)[Symbol.dispose]();
  });

  test('is not created on a disk that is too full, and is created once there is room', (context) => {
    const folder = tempFolder(context);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'none', folder]).status !== 0) {
      return context.skip('only root may mount a file system');
    }
    using _mounted = { [Symbol.dispose]: () => spawnSync('umount', [folder]) };
    const path = join(folder, 'audit.db');
    const full = isDatabaseError(/database or disk is full/, /Free some disk space/);
    assert.throws(() => checkDatabase(path, null), full);
    assert.throws(() => openAuditStore(path, someMorning), full);
    assert.deepEqual(readdirSync(folder), []);
    spawnSync('mount', ['-o', 'remount,size=5m', folder]);
    openAuditStore(path, someMorning)[Symbol.dispose]();
    assert.equal(checkDatabase(path, null).message, `${path} is ready`);
  });

  test('is not locked by a lock file that cannot be written', (context) => {
    const path = newDatabase(context);
    writeFileSync(`${path}.lock`, '');
    // It lets even root only append.
    if (spawnSync('chattr', ['+a', `${path}.lock`]).status !== 0) return context.skip('chattr does not work here');
    using _appendOnly = { [Symbol.dispose]: () => spawnSync('chattr', ['-a', `${path}.lock`]) };
    assert.throws(() => takeAuditLock(path), isDatabaseError(/audit\.db\.lock/, /^[A-Z]/));
  });

  test('that is mounted as a single file is refused', (context) => {
    const path = newDatabase(context);
    const mounted = join(tempFolder(context), 'audit.db');
    writeFileSync(mounted, '');
    if (spawnSync('mount', ['--bind', path, mounted]).status !== 0) return context.skip('only root may mount a file');
    using _mounted = { [Symbol.dispose]: () => spawnSync('umount', [mounted]) };
    const refused = isDatabaseError(/mounted as a single file/, /Mount the folder/);
    for (const use of [...Object.values(writers), reader]) assert.throws(() => use(mounted), refused);
  });
});

describe('a file of a database', { skip: isRoot ? false : 'only root can act as other accounts' }, () => {
  function databaseOf(context: TestContext, account: number): string {
    const path = newDatabase(context);
    chmodSync(dirname(path), 0o777);
    chmodSync(path, 0o666);
    chownSync(path, account, account);
    return path;
  }

  for (const end of ['', '-journal', '-wal', '-shm', '.lock', '.lock-journal', '.omni-token-audit-draft']) {
    test(`is refused if it is audit.db${end} and belongs to another account, but not by root or a reader`, (context) => {
      const path = databaseOf(context, nobody);
      writeFileSync(path + end, '', { flag: 'a', mode: 0o666 });
      chownSync(path + end, 1234, 1234);
      const refused = isDatabaseError(
        new RegExp(`audit\\.db${end} belongs to account 1234, but this program runs as account ${nobody}$`),
        new RegExp(`Run it as account 1234, or make account ${nobody} the owner`),
      );
      as(nobody, () => {
        for (const use of Object.values(writers)) assert.throws(() => use(path), refused);
        reader(path);
      });
      for (const use of Object.values(writers)) use(path);
    });
  }

  test('is refused if it is a link or anything else that is not a file', (context) => {
    const path = newDatabase(context);
    for (const end of ['-wal', '-shm', '-journal', '.lock']) {
      symlinkSync(join(dirname(path), 'elsewhere'), path + end);
      const refused = isDatabaseError(new RegExp(`audit\\.db${end} is a symbolic link, not a file`), /move it away/);
      for (const use of Object.values(writers)) assert.throws(() => use(path), refused);
      rmSync(path + end);
    }
  });

  test('is left to the owner of the database by everything that root does', (context) => {
    const path = databaseOf(context, nobody);
    chmodSync(dirname(path), 0o700);
    chownSync(dirname(path), nobody, nobody);
    using lock = takeAuditLock(path);
    using store = openAuditStore(path, someMorning);
    store.transactions.run((tx) => store.organisation.claim(tx, 'https://acme.omniapp.co', someMorning));
    const owners = readdirSync(dirname(path)).map((name) => [name, statSync(join(dirname(path), name)).uid]);
    const names = ['audit.db', 'audit.db-shm', 'audit.db-wal', 'audit.db.lock', 'audit.db.lock-journal'];
    assert.deepEqual(
      owners,
      names.map((name) => [name, nobody]),
    );
    store[Symbol.dispose]();
    lock[Symbol.dispose]();
    as(nobody, () => {
      for (const use of Object.values(writers)) use(path);
    });
  });

  test('is not left behind by a reader of another account', (context) => {
    const path = databaseOf(context, 1234);
    chmodSync(path, 0o644);
    as(nobody, () => reader(path));
    assert.deepEqual(readdirSync(dirname(path)), ['audit.db']);
  });
});

describe('the files of a database', () => {
  test('are recognised by their paths, whether they exist or not', (context) => {
    const path = newDatabase(context);
    const folder = tempFolder(context);
    symlinkSync(dirname(path), join(folder, 'data'));
    symlinkSync(path, join(folder, 'link.db'));
    for (const end of [
      '',
      '-wal',
      '-shm',
      '-journal',
      '.lock',
      '.worker',
      '.omni-token-audit-draft',
      '.schema-3.bak',
    ]) {
      assert.ok(isDatabaseFile(path + end, join(folder, 'link.db')), end);
      assert.ok(isDatabaseFile(join(folder, `data/audit.db${end}`), path), end);
    }
    for (const name of ['audit.db.2026-11-28', 'audit.db-backup', 'audit', 'other.db']) {
      assert.ok(!isDatabaseFile(join(dirname(path), name), path), name);
    }
    assert.ok(!existsSync(`${path}-wal`));
  });
});
