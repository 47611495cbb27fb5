import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import BetterSqlite3 from 'better-sqlite3';
import { version } from '../../src/version.ts';
import { execute, readColumn, readTables } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { hoursPerDay } from '../support/spans.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, type Outcome, program, startSimulator, type World } from '../support/world.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

function assertRefused({ code, stdout, stderr }: Outcome, message: RegExp): void {
  assert.deepEqual([code, stdout], [2, ''], stderr);
  assert.match(stderr, /^omni-token-audit: /m);
  assert.match(stderr, message);
  assert.doesNotMatch(stderr, /\n\s+at |"stack"|node_modules/);
}

describe('every command as a process', () => {
  let world: World;
  const stale = makeToken(200 * hoursPerDay, { id: 'feedbeef-0000-4000-8000-000000000001', name: 'old key' });
  before(async () => {
    world = await createWorld({ tokens: [stale, makeToken(1)] });
    await world.audit();
    stale.name = 'renamed key';
    await world.audit();
  });
  after(() => world[Symbol.asyncDispose]());

  // The order matters: what one command changes, the next one shows.
  const lines: [line: string, code: number, stdout: RegExp][] = [
    ['--version', 0, new RegExp(`^${version}\n$`)],
    ['help', 0, /^omni-token-audit watches/],
    ['ack --help', 0, /^Usage: omni-token-audit ack ID --reason TEXT --by WHO/],
    [
      'check',
      0,
      /^✓ configuration.*\n✓ organisation.*\n✓ schedule.*\n✓ mail: .*\n✓ database.*\n✓ Omni.*\n✓ mail server.*\n✓ recipient.*\n$/,
    ],
    ['status', 0, /^last audit +2, .*, complete$/m],
    ['runs --limit 1', 0, /^ID .*\n2 .*\n$/],
    ['tokens --stale --format csv', 0, /^id,name.*\r\n.*,renamed key,.*\r\n$/],
    ['findings --run 2', 0, /token-renamed/],
    ['history feedbeef', 0, /"old key" → "renamed key"/],
    ['diff 1 2', 0, /token-renamed/],
    ['preview --run 2', 0, /^Subject: .*1 renamed\n\n/],
    ['preview --sample', 0, /^Subject: \[Omni tokens\] Acme \(critical\): .+\n\n/],
    ['ack feedbeef --reason known --by Ann', 0, /^Acknowledged until .*: \d+ token-stale .*\n/],
    ['findings --acknowledged', 0, /known/],
    ['unack feedbeef --by Ann', 0, /^No longer acknowledged: \d+ token-stale/],
    ['findings --acknowledged', 0, /^No findings\.\n$/],
    ['send-test', 0, /^Mail: 1 sent, 0 waiting, 0 parked\.\n$/],
    ['mail --limit 1', 0, /test .*sent/],
    ['mail --retry', 0, /baseline/],
    ['healthcheck', 0, /^healthy\n$/],
    ['backup copy.db', 0, /^Wrote a copy of the database to copy\.db\n$/],
    ['healthcheck --live', 1, /^unhealthy: no worker has shown a sign of life/],
  ];
  for (const [line, code, stdout] of lines) {
    test(`${line} ends with ${code}`, async () => {
      const outcome = await world.run(line.split(' '));
      assert.equal(outcome.code, code, outcome.stderr);
      assert.match(outcome.stdout, stdout);
      for (const { level } of outcome.logs()) assert.ok(level === 'info', outcome.stderr);
    });
  }

  test('changed the database as it said', () => {
    assert.deepEqual(readColumn(world.databasePath, 'SELECT ended_because FROM acknowledgements'), ['revoked']);
    assert.deepEqual(readColumn(world.databasePath, "SELECT status FROM deliveries WHERE status <> 'sent'"), []);
    assert.deepEqual(readTables(join(world.folder, 'copy.db')), readTables(world.databasePath));
  });

  test('refuses an unknown command, or none', async () => {
    const hint = '\\n {2}Run `omni-token-audit --help` for the list of commands';
    assertRefused(await world.run([]), new RegExp(`no command given${hint}`));
    assertRefused(await world.run(['constructor']), new RegExp(`unknown command "constructor"${hint}`));
  });
});

test('a working folder that was deleted is named', async () => {
  await using world = await createWorld();
  assertRefused(
    await world.run(['status'], { prelude: 'mkdir gone && cd gone && rmdir ../gone' }),
    /working folder no longer/,
  );
});

test('the program runs from any folder by its executable, and by main.ts', async () => {
  await using world = await createWorld();
  const executable = fileURLToPath(new URL('../../omni-token-audit', import.meta.url));
  const run = (...args: string[]) => spawnSync(executable, args, { cwd: world.folder, encoding: 'utf8' });
  assert.equal(run('--version').stdout, `${version}\n`);
  assert.equal(run('no-such-command').status, 2);
  const main = join(program, '..', 'main.ts');
  const { status, stdout } = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [0, `${version}\n`]);
});

describe('settings', { concurrency: 2 }, () => {
  test('come from the environment or else from a .env file, and unknown variables are logged', async () => {
    await using world = await createWorld();
    const ours = Object.entries(world.env).filter(([name]) => name !== 'PATH');
    writeFileSync(join(world.folder, '.env'), ours.map(([name, value]) => `${name}="${value}"`).join('\n'));
    const env = Object.fromEntries(ours.map(([name]) => [name, undefined]));
    const outcome = await world.run(['audit'], { env: { ...env, ORGANIZATION_NAME: 'Winner', MAIL_TOO: 'x' } });
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(String((await world.lastMail()).subject), /^\[Omni tokens\] Winner: baseline/);
    const warnings = outcome.logs().filter(({ level }) => level === 'warn');
    assert.deepEqual(
      warnings.map(({ variable }) => variable),
      ['MAIL_TOO'],
    );
  });

  test('that are wrong are all refused at once, before anything is created or requested', async () => {
    await using world = await createWorld();
    const outcome = await world.run(['audit'], {
      env: { OMNI_API_TOKEN: '', SMTP_PORT: '70000', HEARTBEAT_URL: 'ftp://watchdog.example/secret' },
    });
    assertRefused(outcome, /4 problems in the configuration:\n/);
    for (const name of ['OMNI_API_TOKEN is not set', 'SMTP_PORT "70000"', 'HEARTBEAT_URL', '.env: not found'])
      assert.ok(outcome.stderr.includes(name), name);
    assert.ok(!outcome.stderr.includes('secret'));
    assert.equal(existsSync(world.databasePath), false);
    assert.equal(world.omni.requests.length, 0);
  });
});

describe('a database that cannot be used is refused and left alone:', { concurrency: 2 }, () => {
  const databases: [what: string, make: (world: World) => void, message: RegExp][] = [
    [
      'one of a newer version',
      ({ databasePath }) =>
        execute(
          databasePath,
          "INSERT INTO migrations SELECT 999, 'of_the_future', 'unknown', max(applied_at) FROM migrations",
        ),
      /a newer version wrote it\n {2}Run the newer version, or restore the backup/,
    ],
    [
      'one of another program',
      ({ databasePath }) => {
        writeFileSync(databasePath, '');
        execute(databasePath, 'CREATE TABLE notes (text TEXT)');
        chmodSync(databasePath, 0o644);
      },
      /belongs to another program\n {2}Point DATABASE_PATH at a different file/,
    ],
    [
      'a text file',
      ({ databasePath }) => writeFileSync(databasePath, 'this is a letter, and a long one\n'.repeat(40)),
      /Point DATABASE_PATH at a different file, or restore a backup/,
    ],
  ];
  for (const [what, make, message] of databases) {
    test(what, async () => {
      await using world = await createWatchedWorld();
      make(world);
      const before = readFileSync(world.databasePath);
      const { mode } = statSync(world.databasePath);
      for (const command of ['audit', 'runs']) assertRefused(await world.run([command]), message);
      assert.ok(readFileSync(world.databasePath).equals(before));
      assert.equal(statSync(world.databasePath).mode, mode);
      assert.equal(world.omni.requests.length, 0);
    });
  }

  test('one of another organisation, with a hint for each reason', async () => {
    await using world = await createWatchedWorld();
    await using other = await startSimulator(manyTokens(5));
    const before = readTables(world.databasePath);
    const outcome = await world.run(['audit'], { env: { OMNI_BASE_URL: other.baseUrl } });
    assertRefused(outcome, /different DATABASE_PATH.*check --adopt-url`\.\n/);
    assert.ok(outcome.stderr.includes(world.omni.baseUrl) && outcome.stderr.includes(other.baseUrl));
    assert.equal(other.requests.length, 0);
    assert.deepEqual(readTables(world.databasePath), before);
  });
});

describe('a new database', { concurrency: 2 }, () => {
  test('is created with its folder, and only its owner can read them', async () => {
    await using world = await createWorld();
    const folder = join(world.folder, 'created', 'on demand');
    const path = join(folder, 'audit.db');
    await world.audit(0, { env: { DATABASE_PATH: path } });
    const reader = new BetterSqlite3(path);
    reader.prepare('SELECT count(*) FROM runs').get();
    for (const file of [folder, path, `${path}.lock`, `${path}-wal`, `${path}-shm`])
      assert.equal(statSync(file).mode & 0o077, 0, file);
    reader.close();
  });

  test('does not belong to an address at which no audit has succeeded', async () => {
    await using mistyped = await startSimulator(manyTokens(1), 'of-somebody-else');
    await using world = await createWorld();
    await world.audit(1, { env: { OMNI_BASE_URL: mistyped.baseUrl } });
    const result = await world.audit(3, { env: { SMTP_PORT: String(await closedPort()) } });
    assert.equal(result.isBaseline, true);
  });
});
