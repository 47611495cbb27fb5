import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { Secret } from '../../src/config/secret.ts';
import { AppError } from '../../src/errors.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { localSmtp } from '../support/local-smtp.ts';
import { recipient, sender } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { startScriptedSmtpServer } from '../support/scripted-smtp.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';

const second = 'bjørn@bücher.example';

/** Long enough for a busy machine to get as far as the server lets it. */
const limits = { maxAttemptMs: 1000, maxRehearsalMs: 1000 };
const login = { username: 'audit', password: new Secret('right') };

describe('the rehearsal of a mail ends and says what the server did not do in time, if it drips its answer to', {
  concurrency: true,
}, () => {
  for (const [dripping, command] of [
    ['EHLO', 'EHLO'],
    ['AUTH', 'AUTH'],
    ['MAIL', 'MAIL FROM'],
  ] as const) {
    test(command, { timeout: 5000 }, async () => {
      const closed = Promise.withResolvers<void>();
      await using server = await startScriptedSmtpServer((step) => {
        if (step === dripping) return { drip: true };
        return step === 'EHLO' ? '250-mail.acme.example\r\n250 AUTH PLAIN' : undefined;
      });
      server.onClose = closed.resolve;
      const mailer = createMailer(localSmtp(server.port, { login }), systemClock, limits);
      const message = `127.0.0.1:${server.port}: the server did not answer ${command} in time`;
      await assert.rejects(mailer.rehearse(sender, [recipient, second], noAbort), { message });
      await closed.promise;
    });
  }

  test('RCPT TO, without a wait for each further recipient', { timeout: 5000 }, async () => {
    const asked: string[] = [];
    await using server = await startScriptedSmtpServer((step, { to }) => {
      if (step !== 'RCPT') return undefined;
      asked.push(to);
      return asked.length > 1 ? { drip: true } : undefined;
    });
    const mailer = createMailer(localSmtp(server.port), systemClock, limits);
    const others = ['second@acme.example', 'third@acme.example'];
    const { recipients } = await mailer.rehearse(sender, [recipient, ...others], noAbort);
    const problems = recipients.map(({ problem }) => problem?.message ?? null);
    const late = 'the server did not answer RCPT TO in time';
    assert.deepEqual(problems, [null, late, late]);
    // The second recipient was tried again in a connection of its own.
    assert.deepEqual(asked, [recipient, others[0], others[0]]);
  });

  test('QUIT, for which it does not wait', { timeout: 5000 }, async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startScriptedSmtpServer((step) => (step === 'QUIT' ? { drip: true } : undefined));
    server.onClose = closed.resolve;
    const { recipients } = await createMailer(localSmtp(server.port)).rehearse(sender, [recipient], noAbort);
    assert.deepEqual(recipients, [{ recipient, problem: null }]);
    await closed.promise;
  });
});

describe('the rehearsal of a mail', { concurrency: true }, () => {
  test('asks about each recipient and sends nothing', async () => {
    const asked: string[] = [];
    const faults = {
      recipient(address: string) {
        asked.push(address);
        return address === recipient ? { responseCode: 550, message: '5.1.1 no such user' } : undefined;
      },
    };
    await using server = await startFaultySmtpServer({ faults });
    const { isLoggedIn, recipients } = await createMailer(localSmtp(server.port)).rehearse(
      sender,
      [recipient, second],
      noAbort,
    );
    assert.equal(isLoggedIn, false);
    const hint = 'Check MAIL_TO';
    assert.deepEqual(recipients, [
      { recipient, problem: { message: '550 5.1.1 no such user (in reply to RCPT TO)', hint } },
      { recipient: second, problem: null },
    ]);
    assert.equal(asked.length, 2);
    assert.deepEqual(server.received, []);
  });

  test('reports a login only if it took place', async () => {
    await using server = await startFaultySmtpServer({ login: { username: 'audit', password: 'right' } });
    const mailer = createMailer(localSmtp(server.port, { login }));
    assert.equal((await mailer.rehearse(sender, [recipient], noAbort)).isLoggedIn, true);
  });

  test('fails if the server refuses the sender', async () => {
    await using server = await startFaultySmtpServer({
      faults: { sender: () => ({ responseCode: 553, message: '5.7.1 not yours' }) },
    });
    await assert.rejects(createMailer(localSmtp(server.port)).rehearse(sender, [recipient], noAbort), (error) => {
      assert.ok(error instanceof AppError);
      assert.match(error.message, /^127\.0\.0\.1:\d+: 553 5\.7\.1 not yours \(in reply to MAIL FROM\)$/);
      assert.match(error.hint, /^Check MAIL_FROM/);
      return true;
    });
  });

  test('closes the connection if the server refuses the sender', { timeout: 5000 }, async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startScriptedSmtpServer((step) => (step === 'MAIL' ? '553 5.7.1 not yours' : undefined));
    server.onClose = closed.resolve;
    await assert.rejects(createMailer(localSmtp(server.port)).rehearse(sender, [recipient], noAbort));
    await closed.promise;
  });

  test('tries a recipient in a session of its own if the server takes one mail per connection', async () => {
    let mails = 0;
    await using server = await startScriptedSmtpServer((step) => {
      if (step === 'connection') mails = 0;
      if (step === 'MAIL') mails += 1;
      return step === 'MAIL' && mails > 1 ? '451 4.5.0 one mail per connection' : undefined;
    });
    const { recipients } = await createMailer(localSmtp(server.port)).rehearse(sender, [recipient, second], noAbort);
    assert.deepEqual(recipients, [
      { recipient, problem: null },
      { recipient: second, problem: null },
    ]);
  });

  test('keeps what it learnt of the others if the sender is refused for one recipient', async () => {
    let mails = 0;
    await using server = await startScriptedSmtpServer((step) => {
      if (step === 'MAIL') mails += 1;
      return step === 'MAIL' && (mails === 2 || mails === 3) ? '451 4.3.0 later' : undefined;
    });
    const all = [recipient, 'second@acme.example', 'third@acme.example'];
    const { recipients } = await createMailer(localSmtp(server.port)).rehearse(sender, all, noAbort);
    const problems = recipients.map(({ problem }) => problem?.message ?? null);
    assert.deepEqual(problems, [null, '451 4.3.0 later (in reply to MAIL FROM)', null]);
  });
});
