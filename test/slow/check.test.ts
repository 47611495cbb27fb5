import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import { startOmniSimulator } from '../../src/demo/omni-simulator.ts';
import { readTables } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { apiToken } from '../support/omni-api.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, startSimulator } from '../support/world.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

const pageBytes = 4096;

/** What SQLite keeps beside a database that was looked at. */
const companions = /-(wal|shm)$/;

describe('check', { concurrency: 2 }, () => {
  test('says of each part that it is fine, before there is a database, and leaves nothing behind', async () => {
    await using world = await createWorld({ tokens: manyTokens(250) });
    const { code, stdout } = await world.run(['check']);
    assert.equal(code, 0, stdout);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      '✓ configuration: complete',
      `✓ database: ${world.databasePath} will be created by the first audit`,
      `✓ Omni: ${world.omni.baseUrl} lists 250 tokens; the credential is organization-scoped, ORG_ADMIN; owners can be read`,
      `✓ mail server: 127.0.0.1:${world.inbox.port} is ready (none); 1 recipient`,
    ]);
    assert.deepEqual(readdirSync(world.folder), []);
    assert.equal(world.inbox.mails.length, 0);
    assert.ok(world.omni.requests.every(({ method }) => method === 'GET'));
  });

  test('names variables that it does not know, which are probably typing errors', async () => {
    await using world = await createWorld();
    const { code, stdout } = await world.run(['check'], { env: { SMTP_SECURTY: 'none', REMINDER_DAY: '3' } });
    assert.equal(code, 0);
    assert.match(
      stdout,
      /configuration: complete\n +Check the spelling of these variables.*: REMINDER_DAY, SMTP_SECURTY\n/,
    );
  });

  test('makes no folder', async () => {
    await using world = await createWorld();
    await world.run(['check'], { env: { DATABASE_PATH: join(world.folder, 'data', 'audit.db') } });
    assert.deepEqual(readdirSync(world.folder), []);
  });

  test('changes no row of a database that is ready', async () => {
    await using world = await createWatchedWorld();
    const before = readTables(world.databasePath);
    const files = readdirSync(world.folder).filter((name) => !companions.test(name));
    const { code, stdout } = await world.run(['check']);
    assert.equal(code, 0);
    assert.match(stdout, /✓ database: .*audit\.db is ready/);
    assert.deepEqual(readTables(world.databasePath), before);
    assert.deepEqual(
      readdirSync(world.folder).filter((name) => !companions.test(name)),
      files,
    );
  });

  test('advises against a user-scoped key and says what will be missing', async () => {
    await using omni = await startOmniSimulator({
      organisation: { tokens: manyTokens(2), users: [] },
      credentials: { [apiToken]: { keyScope: 'user', orgRole: 'ORG_ADMIN' } },
    });
    await using world = await createWorld({ env: { OMNI_BASE_URL: omni.baseUrl } });
    const { code, stdout } = await world.run(['check']);
    assert.equal(code, 0);
    assert.match(stdout, /✓ Omni: .*user-scoped, ORG_ADMIN\n {4}Owners cannot be read \(SCIM\)/);
    assert.match(stdout, /listing users failed with 403.*Create an organization API key/);
  });

  test('makes do with an older instance that knows no whoami', async () => {
    await using omni = await startOmniSimulator({
      organisation: { tokens: manyTokens(2), users: [] },
      credentials: { [apiToken]: { keyScope: 'organization', orgRole: 'ORG_ADMIN' } },
      hasWhoami: false,
    });
    await using world = await createWorld({ env: { OMNI_BASE_URL: omni.baseUrl } });
    const { code, stdout } = await world.run(['check']);
    assert.equal(code, 0);
    assert.match(stdout, /✓ Omni: .* lists 2 tokens; owners can be read\n/);
  });

  test('tells a refused credential, one of too little right, and goes on to the mail server', async () => {
    await using world = await createWorld();
    const refused = await world.run(['check'], { env: { OMNI_API_TOKEN: 'revoked' } });
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /✗ Omni: .*\n {4}Set OMNI_API_TOKEN to an organization API key/);
    assert.match(refused.stdout, /✓ mail server/);
    assert.doesNotMatch(refused.stdout + refused.stderr, /revoked/);
  });

  test('tells a mail server that is not there, and what to do about it, with 1', async () => {
    await using world = await createWorld();
    const { code, stdout } = await world.run(['check'], { env: { SMTP_PORT: String(await closedPort()) } });
    assert.equal(code, 1);
    assert.match(stdout, /✓ Omni/);
    assert.match(stdout, /✗ mail server: .*ECONNREFUSED.*\n {4}\S.*SMTP_/);
  });

  test('tells a wrong password, and shows it to nobody', async () => {
    await using smtp = await startFaultySmtpServer({ login: { username: 'audit', password: 'right' } });
    await using world = await createWorld({
      env: { SMTP_PORT: String(smtp.port), SMTP_USERNAME: 'audit', SMTP_PASSWORD: 'never-to-be-seen' },
    });
    const wrong = await world.run(['check']);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, /✗ mail server: .*535/);
    assert.doesNotMatch(wrong.stdout + wrong.stderr, /never-to-be-seen/);
    const right = await world.run(['check'], { env: { SMTP_PASSWORD: 'right' } });
    assert.match(right.stdout, /✓ mail server: .*logged in/);
  });

  test('tells every wrong setting at once, with 2, and asks nobody', async () => {
    await using world = await createWorld();
    const { code, stdout } = await world.run(['check'], {
      env: { AUDIT_CRON: '61 * * * *', MAIL_TO: undefined, OMNI_TIMEOUT_SECONDS: 'soon' },
    });
    assert.equal(code, 2);
    assert.equal(stdout.match(/^✗ configuration: /gm)?.length, 3);
    assert.equal(world.omni.requests.length, 0);
  });

  test('tells a folder that cannot be written, with 2', async () => {
    await using world = await createWorld();
    writeFileSync(join(world.folder, 'file'), '');
    const { code, stdout } = await world.run(['check'], {
      env: { DATABASE_PATH: join(world.folder, 'file', 'audit.db') },
    });
    assert.equal(code, 2);
    assert.match(stdout, /✗ database: /);
  });

  test('tells a damaged page, also one that no audit reads, with the file and the hint', async () => {
    await using world = await createWatchedWorld();
    const whole = readFileSync(world.databasePath);
    const pageCount = whole.length / pageBytes;
    for (const page of [1, 2, Math.floor(pageCount / 2)]) {
      const bytes = Buffer.from(whole);
      bytes.fill(0, page * pageBytes, (page + 1) * pageBytes);
      writeFileSync(world.databasePath, bytes);
      const { code, stdout } = await world.run(['check']);
      assert.equal(code, 2, `page ${page + 1} of ${pageCount}: ${stdout}`);
      assert.match(stdout, /✗ database: .*audit\.db.*\n {4}The file is damaged: restore a backup/);
    }
  });

  test('tells a database that was cut off, with the file and the hint', async () => {
    await using world = await createWatchedWorld();
    const whole = readFileSync(world.databasePath);
    writeFileSync(world.databasePath, whole.subarray(0, whole.length / 2));
    const { code, stdout } = await world.run(['check']);
    assert.equal(code, 2, stdout);
    assert.match(stdout, /✗ database: .*audit\.db.*\n {4}The file is damaged: restore a backup/);
  });

  test('refuses another organisation’s database, until it is told to adopt the address', async () => {
    await using world = await createWatchedWorld();
    await using renamed = await startSimulator(world.tokens);
    const env = { OMNI_BASE_URL: renamed.baseUrl };
    const refused = await world.run(['check'], { env });
    assert.equal(refused.code, 2);
    assert.match(refused.stdout, /✗ database: .*\n {4}.*check --adopt-url/);

    const adopted = await world.run(['check', '--adopt-url'], { env });
    assert.equal(adopted.code, 0, adopted.stdout);
    assert.ok(adopted.stdout.includes(`belongs to ${renamed.baseUrl} from now on (so far: ${world.omni.baseUrl})`));
    const { isBaseline, changes } = await world.audit(0, { env });
    assert.equal(isBaseline, false);
    assert.equal(changes.removed, 0);
    assert.equal((await world.run(['audit'])).code, 2);
  });
});

describe('send-test', { concurrency: 2 }, () => {
  test('sends a test mail to every reader on the way of all mail', async () => {
    await using world = await createWorld({ env: { MAIL_TO: 'a@acme.example, b@acme.example' } });
    const { code, stdout } = await world.run(['send-test']);
    assert.equal(code, 0);
    assert.equal(stdout, 'Mail: 2 sent, 0 waiting, 0 parked.\n');
    const mail = await world.lastMail();
    assert.equal(mail.subject, '[Omni tokens] Acme: test mail');
    assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
    assert.equal((await world.look('mail'))[0].kind, 'test');
    assert.equal(world.omni.requests.length, 0);
    assert.equal((await world.audit()).isBaseline, true);
  });

  test('ends with 3 and says where to look when the mail server does not take it', async () => {
    await using world = await createWorld({ env: { SMTP_PORT: String(await closedPort()) } });
    const { code, stdout } = await world.run(['send-test']);
    assert.equal(code, 3);
    assert.match(stdout, /0 sent, 1 waiting, 0 parked/);
    assert.match(stdout, /mail --retry/);
  });

  for (const command of [['send-test'], ['mail', '--retry']]) {
    test(`sends nothing to an address that left MAIL_TO (${command.join(' ')})`, async () => {
      await using world = await createWorld({ env: { MAIL_TO: 'former@acme.example' } });
      await world.audit(3, { env: { SMTP_PORT: String(await closedPort()) } });
      const db = new BetterSqlite3(world.databasePath);
      db.prepare('UPDATE deliveries SET next_attempt_at = ?').run(new Date(0).toISOString());
      db.close();
      await world.run(command, { env: { MAIL_TO: 'new@acme.example' } });
      assert.deepEqual(
        world.inbox.mails.flatMap(({ to }) => to).filter((address) => address.startsWith('former')),
        [],
      );
    });
  }
});

describe('status', { concurrency: 2 }, () => {
  test('shows on one screen what stands, and the same as JSON', async () => {
    const stale = makeToken(24 * 200, { name: 'stale' });
    await using world = await createWatchedWorld({ tokens: [...manyTokens(3), stale] });
    const { code, stdout } = await world.run(['status']);
    assert.equal(code, 0);
    assert.ok(stdout.split('\n').length < 24);
    assert.match(stdout, /last audit +1, .*, complete/);
    assert.match(stdout, /next audit +\d{4}-\d\d-\d\dT07:00:00\.000Z/);
    assert.match(stdout, /tokens +4: 2 organization, 1 mcp, 1 personal/);
    assert.match(stdout, /open findings +1 medium/);
    assert.match(stdout, /mail +0 waiting, 0 parked/);
    assert.match(stdout, /database +\d+ KiB/);
    assert.doesNotMatch(stdout, /fields/);

    const status = await world.look('status');
    assert.equal(status.organisation, world.omni.baseUrl);
    assert.equal(status.lastAudit.status, 'complete');
    assert.equal(status.lastCompleteAudit.tokenCount, 4);
    assert.equal(status.openFindings.medium, 1);
    assert.deepEqual(status.mail, { pending: 0, parked: 0 });
    assert.ok(status.databaseBytes > 10_000);
    assert.deepEqual(status.tokensByType[0], { type: 'organization', count: 2 });
  });

  test('names the record fields that this version does not know', async () => {
    const token = makeToken(1, { lastUsedAt: 'never', scopes: ['all'] });
    await using world = await createWatchedWorld({ tokens: [token] });
    const { stdout } = await world.run(['status']);
    assert.match(stdout, /fields +Omni sends fields that this version does not know: lastUsedAt, scopes\n/);
    assert.deepEqual((await world.look('status')).newRecordFields, ['lastUsedAt', 'scopes']);
  });

  test('shows the error of a failed audit beside the last complete one', async () => {
    await using world = await createWatchedWorld();
    await world.run(['audit'], { env: { OMNI_API_TOKEN: 'revoked' } });
    const status = await world.look('status');
    assert.equal(status.lastCompleteAudit.runId, 1);
    assert.equal(status.lastAudit.runId, 2);
    assert.equal(status.lastAudit.status, 'failed');
    assert.match(status.lastAudit.error, /refused/);
  });

  test('needs a database', async () => {
    await using world = await createWorld();
    const { code, stderr } = await world.run(['status']);
    assert.equal(code, 2);
    assert.match(stderr, /Run an audit first/);
  });
});

describe('backup', { concurrency: 2 }, () => {
  test('writes a whole copy that only its owner can read', async () => {
    await using world = await createWatchedWorld();
    const copy = join(world.folder, 'copy.db');
    const { code } = await world.run(['backup', copy]);
    assert.equal(code, 0);
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    assert.deepEqual(readTables(copy), readTables(world.databasePath));
    const { status } = (await world.run(['runs', '--format', 'json'], { env: { DATABASE_PATH: copy } })).json()[0];
    assert.equal(status, 'complete');
  });

  test('refuses a file that is there and leaves it as it is', async () => {
    await using world = await createWatchedWorld();
    const { size, mtimeMs } = statSync(world.databasePath);
    const outcome = await world.run(['backup', world.databasePath]);
    assert.equal(outcome.code, 2);
    assert.match(outcome.stderr, /already exists/);
    const after = statSync(world.databasePath);
    assert.deepEqual([after.size, after.mtimeMs], [size, mtimeMs]);
  });

  test('refuses a place that cannot be written, and one that is not named', async () => {
    await using world = await createWatchedWorld();
    const nowhere = await world.run(['backup', join(world.folder, 'no', 'such', 'file')]);
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /file" cannot be written: .*\n {2}Name a new file in a folder that exists/);
    assert.equal((await world.run(['backup'])).code, 2);
  });
});
