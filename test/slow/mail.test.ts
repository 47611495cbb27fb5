import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { startInbox } from '../../src/demo/inbox.ts';
import { closedPort } from '../support/listen.ts';
import { answer } from '../support/omni-answers.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, parseMail, type StartedCommand } from '../support/world.ts';
import { makeToken } from '../support/world-tokens.ts';

const both = 'security@acme.example, Operations <ops@acme.example>';

/** Resolves when the command has logged this. */
async function logged({ child }: StartedCommand, words: string): Promise<void> {
  let seen = '';
  while (!seen.includes(words)) {
    const [chunk] = await once(child.stderr ?? child, 'data');
    seen += String(chunk);
  }
}

describe('mail', { concurrency: 2 }, () => {
  test('that the server cannot take waits, and arrives once at the next audit, under the same Message-ID', async () => {
    await using world = await createWorld();
    const down = { env: { SMTP_PORT: String(await closedPort()) } };
    const first = await world.audit(3, down);
    assert.equal(first.status, 'complete');
    assert.deepEqual(first.mail, { queued: 1, sent: 0, pending: 1, parked: 0 });
    const [waiting] = await world.look('mail');
    assert.match(waiting.deliveries[0].lastError, /ECONNREFUSED/);

    const second = await world.audit();
    assert.deepEqual(second.mail, { queued: 0, sent: 1, pending: 0, parked: 0 });
    await world.audit();
    assert.equal(world.inbox.mails.length, 1);
    const mail = await world.lastMail();
    assert.equal(mail.messageId, waiting.messageId);
    assert.match(String(mail.subject), /baseline of 3 tokens/);
    assert.equal(mail.date?.getTime(), Math.floor(Date.parse(waiting.createdAt) / 1000) * 1000);
  });

  test('of several audits waits in its order', async () => {
    await using world = await createWorld();
    const down = { env: { SMTP_PORT: String(await closedPort()) } };
    await world.audit(3, down);
    world.tokens.push(makeToken(1));
    await world.audit(3, down);
    assert.deepEqual((await world.audit()).mail, { queued: 0, sent: 2, pending: 0, parked: 0 });
    const subjects = await Promise.all(world.inbox.mails.map(async (mail) => (await parseMail(mail)).subject));
    assert.match(String(subjects[0]), /baseline/);
    assert.match(String(subjects[1]), /1 new/);
  });

  test('reaches one of two recipients when the other is refused for good, which is parked and not tried again', async () => {
    await using server = await startFaultySmtpServer({
      faults: {
        recipient: (address) =>
          address === 'security@acme.example' ? { responseCode: 550, message: 'no such mailbox' } : undefined,
      },
    });
    const env = { MAIL_TO: both, SMTP_PORT: String(server.port) };
    await using world = await createWorld({ env });
    assert.deepEqual((await world.audit(3)).mail, { queued: 2, sent: 1, pending: 0, parked: 1 });
    const [mail] = await world.look('mail');
    const [refused, accepted] = mail.deliveries;
    assert.deepEqual([refused.recipient, refused.status], ['security@acme.example', 'parked']);
    assert.match(refused.lastError, /550 no such mailbox/);
    assert.deepEqual([accepted.recipient, accepted.status], ['ops@acme.example', 'sent']);
    assert.deepEqual(
      server.accepted.map(({ to }) => to),
      [['ops@acme.example']],
    );
    const received = await parseMail(server.accepted[0]);
    assert.match(
      received.headers.get('to') ? JSON.stringify(received.headers.get('to')) : '',
      /security@acme\.example/,
    );

    assert.deepEqual((await world.audit(3)).mail, { queued: 0, sent: 0, pending: 0, parked: 1 });
    const [later] = await world.look('mail');
    assert.equal(later.deliveries[0].attempts, 1);
  });

  test('goes to each recipient in an envelope of its own, with all of them in the header', async () => {
    await using world = await createWorld({ env: { MAIL_TO: both } });
    await world.audit();
    assert.deepEqual(
      world.inbox.mails.map(({ to }) => to),
      [['security@acme.example'], ['ops@acme.example']],
    );
    const [first, second] = await Promise.all(world.inbox.mails.map(parseMail));
    assert.equal(first?.messageId, second?.messageId);
    for (const mail of [first, second]) {
      assert.match(JSON.stringify(mail?.headers.get('to')), /security@acme\.example.*ops@acme\.example/);
      assert.equal(mail?.headers.get('auto-submitted'), 'auto-generated');
      assert.match(JSON.stringify(mail?.headers.get('list')), /omni-token-audit/);
      assert.equal(mail?.from?.text, '"Omni tokens" <audit@acme.example>');
    }
  });

  test('that is refused for now waits and is not parked', async () => {
    await using server = await startFaultySmtpServer({
      faults: { recipient: () => ({ responseCode: 451, message: 'greylisted' }) },
    });
    await using world = await createWorld();
    const result = await world.audit(3, { env: { SMTP_PORT: String(server.port) } });
    assert.deepEqual(result.mail, { queued: 1, sent: 0, pending: 1, parked: 0 });
    assert.deepEqual((await world.audit()).mail, { queued: 0, sent: 1, pending: 0, parked: 0 });
  });

  test('waits while the log-in is wrong, and goes with the right one', async () => {
    const login = { username: 'audit', password: 'right' };
    await using server = await startFaultySmtpServer({ login });
    await using world = await createWorld({ env: { SMTP_PORT: String(server.port), SMTP_USERNAME: 'audit' } });
    const wrong = await world.audit(3, { env: { SMTP_PASSWORD: 'wrong' } });
    assert.deepEqual(wrong.mail, { queued: 1, sent: 0, pending: 1, parked: 0 });
    const right = await world.audit(0, { env: { SMTP_PASSWORD: 'right' } });
    assert.deepEqual(right.mail, { queued: 0, sent: 1, pending: 0, parked: 0 });
    assert.equal(server.accepted.length, 1);
  });

  test('never travels unencrypted unless it is told to: by default the server must offer STARTTLS', async () => {
    await using world = await createWorld();
    const result = await world.audit(3, { env: { SMTP_SECURITY: undefined } });
    assert.deepEqual(result.mail, { queued: 1, sent: 0, pending: 1, parked: 0 });
    assert.equal(world.inbox.mails.length, 0);
    const [mail] = await world.look('mail');
    assert.match(mail.deliveries[0].lastError, /STARTTLS|TLS/i);
  });

  test('that waited is also delivered by an audit that fails', async () => {
    await using world = await createWorld();
    await world.audit(3, { env: { SMTP_PORT: String(await closedPort()) } });
    world.omni.intercept = (_request, response) => answer(response, 200, 'text/html', '<p>maintenance</p>');
    const failed = await world.audit(1);
    assert.equal(failed.mail.sent, 1);
    assert.equal(world.inbox.mails.length, 1);
  });

  test('is tried until the server comes up, as long as the patience lasts', async () => {
    await using world = await createWatchedWorld();
    world.tokens.push(makeToken(1));
    const port = await closedPort();
    const audit = world.start(['audit', '--format', 'json', '--mail-patience', '25'], {
      env: { SMTP_PORT: String(port) },
    });
    await logged(audit, 'mail will be retried');
    await using inbox = await startInbox({ port });
    const outcome = await audit.outcome;
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual(outcome.json().mail, { queued: 1, sent: 1, pending: 0, parked: 0 });
    assert.equal(inbox.mails.length, 1);
  });

  test('waits with exit code 3 when the patience runs out', async () => {
    await using world = await createWorld();
    const port = String(await closedPort());
    const outcome = await world.run(['audit', '--format', 'json', '--mail-patience', '1'], {
      env: { SMTP_PORT: port },
    });
    assert.equal(outcome.code, 3, outcome.stderr);
    assert.deepEqual(outcome.json().mail, { queued: 1, sent: 0, pending: 1, parked: 0 });
    const [mail] = await world.look('mail');
    assert.equal(mail.deliveries[0].attempts, 2);
  });

  test('is not sent a second time at once when its sender was killed before it knew the answer', async () => {
    const reached = Promise.withResolvers<void>();
    await using server = await startFaultySmtpServer({
      faults: {
        data: () => {
          reached.resolve();
          audit.child.kill('SIGKILL');
          return undefined;
        },
      },
    });
    await using world = await createWorld();
    const audit = world.start(['audit'], { env: { SMTP_PORT: String(server.port) } });
    await reached.promise;
    assert.equal((await audit.outcome).signal, 'SIGKILL');
    const [mail] = await world.look('mail');
    assert.deepEqual([mail.deliveries[0].status, mail.deliveries[0].attempts], ['pending', 1]);
    assert.equal(mail.messageId, server.received[0]?.messageId);
    const next = await world.audit(3);
    assert.deepEqual([next.isBaseline, next.mail], [false, { queued: 0, sent: 0, pending: 1, parked: 0 }]);
    assert.equal(world.inbox.mails.length, 0);
  });

  test('waits on when SIGTERM ends the patience', async () => {
    await using world = await createWorld();
    const port = String(await closedPort());
    const audit = world.start(['audit', '--mail-patience', '600'], { env: { SMTP_PORT: port } });
    await logged(audit, 'mail will be retried');
    audit.child.kill('SIGTERM');
    const outcome = await audit.outcome;
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /stopped by SIGTERM/);
    assert.deepEqual((await world.audit()).mail, { queued: 0, sent: 1, pending: 0, parked: 0 });
  });
});
