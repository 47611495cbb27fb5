import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import { AppError } from '../../src/errors.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { localSmtp } from '../support/local-smtp.ts';
import { recipient, sender } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { startScriptedSmtpServer } from '../support/scripted-smtp.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';

const second = 'bjørn@bücher.example';

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

  test('reports a log-in only if it took place', async () => {
    const login = { username: 'audit', password: new Secret('right') };
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
