import assert from 'node:assert/strict';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ask } from '../support/ask.ts';
import { execute, readTables } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';
import { msPerHour } from '../support/spans.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, type World } from '../support/world.ts';

const refusingRecipients = { recipient: () => ({ responseCode: 550, message: 'no such mailbox' }) };

/** Creates a world whose baseline mail is waiting, because its mail server was down. */
async function createWorldWithWaitingMail(): Promise<World> {
  const world = await createWorld();
  const { code } = await ask(world, ['audit'], { SMTP_PORT: String(await closedPort()) });
  assert.equal(code, 3);
  return world;
}

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
  writeFileSync(`${copy}.omni-token-audit-draft`, 'left by a killed backup');
  assert.equal((await ask(world, ['backup', copy])).code, 0);
  assert.deepEqual(readdirSync(world.folder).sort(), ['audit.db', 'audit.db.lock', 'copy.db']);
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  assert.deepEqual(readTables(copy), readTables(world.databasePath));
  const again = await ask(world, ['backup', copy]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /copy\.db" already exists: use a new file name/);
  const nowhere = await ask(world, ['backup', join(world.folder, 'no', 'such', 'file')]);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /file" cannot be written: .*\n {2}Choose a new file name in an existing folder/);
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
    assert.match(stdout, /sign of life/);
    writeFileSync(file, '');
    writeFileSync(world.databasePath, 'certainly not a database '.repeat(100));
    assert.equal((await live()).code, 1);
  });
});
