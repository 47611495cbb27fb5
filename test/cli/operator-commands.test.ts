import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startOmniSimulator } from '../../src/demo/omni-simulator.ts';
import { ask } from '../support/ask.ts';
import { execute, readTables } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { apiToken } from '../support/omni-api.ts';
import { someUser } from '../support/people.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';
import { msPerHour } from '../support/spans.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, startSimulator, type World } from '../support/world.ts';
import { manyTokens } from '../support/world-tokens.ts';

const refusingRecipients = { recipient: () => ({ responseCode: 550, message: 'no such mailbox' }) };

/** Creates a world whose baseline mail is waiting, because its mail server was down. */
async function createWorldWithWaitingMail(): Promise<World> {
  const world = await createWorld();
  const { code } = await ask(world, ['audit'], { SMTP_PORT: String(await closedPort()) });
  assert.equal(code, 3);
  return world;
}

describe('check', () => {
  test('tries settings, database, Omni and mail server, and leaves nothing behind', async () => {
    await using world = await createWorld({ tokens: manyTokens(250), env: { SMTP_SECURTY: 'none' } });
    const { code, stdout } = await ask(world, ['check']);
    assert.deepEqual(
      [code, stdout.trimEnd().split('\n')],
      [
        0,
        [
          '✓ configuration: complete',
          '    Check the spelling of these variables, which are unknown and have no effect: SMTP_SECURTY',
          `✓ database: ${world.databasePath} will be created by the first audit`,
          `✓ Omni: ${world.omni.baseUrl} lists 250 tokens; the credential is organization-scoped, ORG_ADMIN; owners can be read`,
          `✓ mail server: 127.0.0.1:${world.inbox.port} is ready (none, without a log-in) and accepts mail from audit@acme.example`,
          '✓ recipient: the server accepts security@acme.example',
        ],
      ],
    );
    await ask(world, ['check'], { DATABASE_PATH: join(world.folder, 'data', 'audit.db') });
    assert.deepEqual(readdirSync(world.folder), []);
    assert.equal(world.inbox.mails.length, 0);
    assert.ok(world.omni.requests.every(({ method }) => method === 'GET'));
  });

  test('changes no row of a database', async () => {
    await using world = await createWatchedWorld();
    const before = readTables(world.databasePath);
    assert.match((await ask(world, ['check'])).stdout, /✓ database: .*audit\.db is ready/);
    assert.deepEqual(readTables(world.databasePath), before);
  });

  test('reports every problem of the settings and sends no request', async () => {
    await using world = await createWorld();
    const env = { AUDIT_CRON: '61 * * * *', MAIL_TO: undefined, OMNI_TIMEOUT_SECONDS: 'soon' };
    const { code, stdout } = await ask(world, ['check'], env);
    assert.equal(code, 2);
    assert.equal(stdout.match(/^✗ configuration: /gm)?.length, 3);
    assert.equal(world.omni.requests.length, 0);
  });

  test('ends with 1 and gives hints when Omni refuses the credential and the mail server is down', async () => {
    await using world = await createWorld();
    const env = { OMNI_API_TOKEN: 'revoked', SMTP_PORT: String(await closedPort()) };
    const { code, stdout } = await ask(world, ['check'], env);
    assert.equal(code, 1);
    assert.match(stdout, /✗ Omni: .*\n {4}Set OMNI_API_TOKEN to an organization API key/);
    assert.match(stdout, /✗ mail server: .*ECONNREFUSED.*\n {4}\S.*SMTP_/);
    assert.doesNotMatch(stdout, /revoked/);
  });

  test('advises against a user-scoped key, which cannot read owners, and works without whoami', async () => {
    const organisation = { tokens: manyTokens(2), users: [someUser('jane', 1)] };
    await using userScoped = await startOmniSimulator({
      organisation,
      credentials: { [apiToken]: { keyScope: 'user', orgRole: 'ORG_ADMIN' } },
    });
    await using old = await startOmniSimulator({
      organisation,
      credentials: { [apiToken]: { keyScope: 'organization', orgRole: 'ORG_ADMIN' } },
      hasWhoami: false,
    });
    await using world = await createWorld();
    const advice = await ask(world, ['check'], { OMNI_BASE_URL: userScoped.baseUrl });
    assert.equal(advice.code, 0);
    assert.match(
      advice.stdout,
      /✓ Omni: .*user-scoped, ORG_ADMIN; owners cannot be read.*403.*\n {4}Create an organization API key.* support\.\n/,
    );
    const { code, stdout } = await ask(world, ['check'], { OMNI_BASE_URL: old.baseUrl });
    assert.equal(code, 0);
    assert.match(stdout, /✓ Omni: .* lists 2 tokens; owners can be read\n/);
  });

  test('fails when the clock differs from Omni’s, and names both times', async () => {
    await using world = await createWorld();
    world.omni.now = () => Date.UTC(2021, 2, 1);
    const { code, stdout } = await ask(world, ['check']);
    assert.equal(code, 1);
    assert.match(stdout, /✗ Omni: .*clock says 20\d\d-.* dated 2021-03-01T00:00:00\.000Z\n {4}.*NTP/);
  });

  test('finds damage on any page of the database', async () => {
    await using world = await createWatchedWorld();
    const whole = readFileSync(world.databasePath);
    const zeroed = [4096, 8192, 4096 * Math.floor(whole.length / 8192)].map((start) =>
      Buffer.from(whole).fill(0, start, start + 4096),
    );
    for (const bytes of [...zeroed, whole.subarray(0, whole.length / 2)]) {
      writeFileSync(world.databasePath, bytes);
      const { code, stdout } = await ask(world, ['check']);
      assert.equal(code, 2, stdout);
      assert.match(stdout, /✗ database: .*audit\.db.*\n {4}Restore a backup/);
    }
  });

  test('refuses another organisation’s database until --adopt-url binds it to the new address', async () => {
    await using world = await createWatchedWorld();
    await using renamed = await startSimulator(world.tokens);
    const env = { OMNI_BASE_URL: renamed.baseUrl };
    const refused = await ask(world, ['check'], env);
    assert.equal(refused.code, 2);
    assert.match(refused.stdout, /✗ database: .*\n {4}.*check --adopt-url/);
    const adopted = await ask(world, ['check', '--adopt-url'], env);
    assert.equal(adopted.code, 0, adopted.stdout);
    assert.ok(adopted.stdout.includes(renamed.baseUrl) && adopted.stdout.includes(world.omni.baseUrl));
    assert.equal((await ask(world, ['audit', '--format', 'json'], env)).json().changes.removed, 0);
    assert.equal((await ask(world, ['audit'])).code, 2);
  });
});

describe('send-test', () => {
  test('writes a test mail for every recipient, or none at all', async () => {
    await using world = await createWorld({ env: { MAIL_TO: 'a@acme.example, b@acme.example' } });
    const { code, stdout } = await ask(world, ['send-test']);
    assert.deepEqual([code, stdout], [0, 'Mail: 2 sent, 0 waiting, 0 parked.\n']);
    assert.equal((await world.lastMail()).subject, '[Omni tokens] Acme: test mail');
    execute(
      world.databasePath,
      `CREATE TRIGGER refuse BEFORE INSERT ON deliveries WHEN new.recipient = 'b@acme.example'
       BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    );
    const before = readTables(world.databasePath);
    assert.match((await ask(world, ['send-test'])).stderr, /no room/);
    assert.deepEqual(readTables(world.databasePath), before);
  });

  test('reaches international addresses', async () => {
    const env = { MAIL_FROM: 'audit@bücher.example', MAIL_TO: '"Bjørn Ærlig" <bjørn@bücher.example>' };
    await using world = await createWorld({ env });
    assert.equal((await ask(world, ['send-test'])).code, 0);
    const { messageId, to } = await world.lastMail();
    assert.match(String(messageId), /@xn--bcher-kva\.example>$/);
    assert.match(JSON.stringify(to), /Bjørn Ærlig/);
    assert.match(String(world.inbox.mails[0]?.to), /^bjørn@(?:bücher|xn--bcher-kva)\.example$/);
  });

  test('puts no raw UTF-8 into the headers that others get, because of one international address', async () => {
    await using world = await createWorld({
      env: { MAIL_TO: 'a@acme.example, "Bjørn" <bjørn@bücher.example>, ü <b@bücher.example>' },
    });
    assert.equal((await ask(world, ['send-test'])).code, 0);
    for (const { raw } of world.inbox.mails) assert.match(raw.slice(0, raw.indexOf('\r\n\r\n')), /^[\0-\x7f]+$/);
    assert.deepEqual(world.inbox.mails.map(({ to }) => String(to)).sort(), [
      'a@acme.example',
      'b@bücher.example',
      'bjørn@bücher.example',
    ]);
    assert.match(JSON.stringify((await world.lastMail()).to), /bjørn@bücher\.example/);
  });

  test('ends with 3 and points to the reason when the mail server is down', async () => {
    await using world = await createWorld();
    const { code, stdout } = await ask(world, ['send-test'], { SMTP_PORT: String(await closedPort()) });
    assert.equal(code, 3);
    assert.match(stdout, /^Mail: 0 sent, 1 waiting, 0 parked\.\nRun `omni-token-audit mail` for the reason/);
  });
});

describe('mail', () => {
  test('--retry sends waiting and parked mail', async () => {
    await using server = await startFaultySmtpServer({ faults: refusingRecipients });
    await using world = await createWorldWithWaitingMail();
    const env = { SMTP_PORT: String(server.port) };
    const parked = await ask(world, ['mail', '--retry', '--format', 'json'], env);
    assert.deepEqual([parked.code, parked.json()[0].deliveries[0].status], [3, 'parked']);
    server.faults = {};
    const sent = await ask(world, ['mail', '--retry', '--format', 'json'], env);
    assert.deepEqual([sent.code, sent.json()[0].deliveries[0].status], [0, 'sent']);
    assert.equal(server.accepted[0]?.messageId, sent.json()[0].messageId);
    assert.match((await ask(world, ['mail', '--retry'], { SMTP_HOST: undefined })).stderr, /SMTP_HOST is not set/);
  });

  test('that has waited for more than an hour is logged as an error', async () => {
    await using world = await createWorldWithWaitingMail();
    const levels = async (): Promise<string[]> => {
      const { log } = await ask(world, ['mail', '--retry'], { SMTP_PORT: String(await closedPort()) });
      return log.filter(({ msg }) => msg === 'mail will be retried').map(({ level }) => level);
    };
    assert.deepEqual(await levels(), ['warn']);
    execute(
      world.databasePath,
      'UPDATE messages SET created_at = ?',
      new Date(Date.now() - 2 * msPerHour).toISOString(),
    );
    assert.deepEqual(await levels(), ['error']);
  });

  for (const line of ['send-test', 'mail --retry']) {
    test(`that waits for a former recipient is not sent by ${line}`, async () => {
      await using world = await createWorldWithWaitingMail();
      execute(world.databasePath, 'UPDATE deliveries SET next_attempt_at = ?', new Date(0).toISOString());
      await ask(world, line.split(' '), { MAIL_TO: 'new@acme.example' });
      const recipients = world.inbox.mails.flatMap(({ to }) => to);
      assert.ok(!recipients.includes('security@acme.example'));
    });
  }

  test('--discard gives up what has not been sent, with the reason, and nothing else', async () => {
    await using world = await createWorldWithWaitingMail();
    const discard = (id: string) =>
      ask(world, ['mail', '--discard', id, '--reason', 'wrong address', '--format', 'json']);
    assert.match((await discard('9')).stderr, /--discard 9: there is no such message/);
    const { code, ...answer } = await discard('1');
    const [delivery] = answer.json()[0].deliveries;
    assert.deepEqual([code, delivery.status, delivery.discardReason], [0, 'discarded', 'wrong address']);
    assert.match((await discard('1')).stderr, /--discard 1: that message has nothing to discard/);
    assert.equal((await ask(world, ['audit'])).code, 0);
  });
});

test('backup writes a copy that only its owner can read, and never overwrites a file', async () => {
  await using world = await createWatchedWorld();
  const copy = join(world.folder, 'copy.db');
  assert.equal((await ask(world, ['backup', copy])).code, 0);
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  assert.deepEqual(readTables(copy), readTables(world.databasePath));
  const again = await ask(world, ['backup', copy]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /copy\.db" already exists: use a new file name/);
  const nowhere = await ask(world, ['backup', join(world.folder, 'no', 'such', 'file')]);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /file" cannot be written: .*\n {2}Choose an existing folder/);
});

describe('healthcheck', () => {
  test('is healthy after an audit, and afterwards prints every reason why it is not', async () => {
    await using world = await createWatchedWorld();
    const health = async (env = {}): Promise<[number, string]> => {
      const { code, stdout } = await ask(world, ['healthcheck'], env);
      return [code, stdout];
    };
    assert.deepEqual(await health(), [0, 'healthy\n']);
    const threeHoursAgo = new Date(Date.now() - 3 * msPerHour).toISOString();
    execute(world.databasePath, 'UPDATE runs SET started_at = ?', threeHoursAgo);
    const hourly = { AUDIT_CRON: '0 * * * *', AUDIT_DEADLINE_MINUTES: '1', AUDIT_OVERDUE_MINUTES: '1' };
    assert.equal((await health({ ...hourly, AUDIT_OVERDUE_MINUTES: '240' }))[0], 0);
    execute(world.databasePath, "UPDATE deliveries SET status = 'parked', sent_at = NULL");
    const [code, reasons] = await health(hourly);
    assert.equal(code, 1);
    assert.match(reasons, /^unhealthy: no audit has completed since .*\nunhealthy: 1 delivery is parked; .*\n$/);
    assert.equal((await health({ AUDIT_CRON: 'sometimes' }))[0], 2);
  });

  test('is unhealthy without a database or with a file that is not one, and creates none', async () => {
    await using world = await createWorld();
    const missing = await ask(world, ['healthcheck']);
    assert.equal(missing.code, 1);
    assert.match(missing.stdout, /^unhealthy: there is no database at /);
    assert.deepEqual(readdirSync(world.folder), []);
    writeFileSync(world.databasePath, 'certainly not a database '.repeat(100));
    assert.equal((await ask(world, ['healthcheck'])).code, 1);
  });

  test('--live needs only a database that opens and a worker that touches its file', async () => {
    await using world = await createWatchedWorld();
    const live = () => ask(world, ['healthcheck', '--live']);
    execute(world.databasePath, "UPDATE deliveries SET status = 'parked', sent_at = NULL");
    const file = `${world.databasePath}.worker`;
    writeFileSync(file, '');
    assert.equal((await live()).code, 0);
    const longAgo = new Date(Date.now() - 121_000);
    utimesSync(file, longAgo, longAgo);
    const { code, stdout } = await live();
    assert.equal(code, 1);
    assert.match(stdout, /liveness file/);
    writeFileSync(file, '');
    writeFileSync(world.databasePath, 'certainly not a database '.repeat(100));
    assert.equal((await live()).code, 1);
  });
});
