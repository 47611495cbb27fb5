import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { visible } from '../../src/text/visible.ts';
import { localSmtp } from '../support/local-smtp.ts';
import { recipient, sender, someMessage } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { type SmtpStep, startScriptedSmtpServer } from '../support/scripted-smtp.ts';
import { unseen } from '../support/unseen.ts';

const password = 'Secret-Passw0rd!';
const login = { username: 'audit', password: new Secret(password) };
const secrets = [password, Buffer.from(password).toString('base64'), 'Passw0rd', 'PASSW0RD'];

/** What a server would send to fool a terminal, a log or a reader, or to make us print our own secret. */
const hostile = `\u001b[2J\u202e\u200b\0\u0085 ${password} ${secrets[1]} ${'x'.repeat(100_000)}`;
const plainEhlo = '250-mail.acme.example\r\n250 AUTH PLAIN';

const replies: [SmtpStep, reply: string][] = [
  ['connection', `554-${hostile}\r\n554 ${hostile}`],
  ['connection', `${hostile}\r\nno SMTP at all`],
  ['EHLO', `550 ${hostile}`],
  ['EHLO', `250-mail.acme.example\r\n250 AUTH GSSAPI ${hostile}`],
  ['AUTH', `535 5.7.8 ${hostile}`],
  ['AUTH', hostile],
  ['MAIL', `550 ${hostile}`],
  ['RCPT', `450-4.2.0 ${hostile}\r\n450 4.2.0 ${hostile}`],
  ['DATA', `451 ${hostile}`],
  ['content', `554 ${hostile}`],
];

describe('whatever the mail server says is one short line without secrets and without anything invisible:', {
  concurrency: true,
}, () => {
  for (const [at, reply] of replies) {
    test(`${at}, ${visible(reply, 12)}`, async () => {
      await using server = await startScriptedSmtpServer((step) => {
        if (step === at || (at === 'EHLO' && step === 'HELO')) return reply;
        return step === 'EHLO' ? plainEhlo : undefined;
      });
      const mailer = createMailer(localSmtp(server.port, { login }));
      const outcome = await mailer.send(someMessage(1), recipient, noAbort);
      const rehearsal = await mailer.rehearse(sender, [recipient], noAbort).then(
        ({ recipients }) => recipients.map(({ problem }) => problem?.message ?? ''),
        (error: Error) => [error.message],
      );
      assert.ok(outcome.kind !== 'accepted');
      for (const text of [outcome.reason, ...rehearsal]) {
        assert.doesNotMatch(text, unseen);
        assert.ok(text.length < 350, `${text.length} characters`);
        for (const secret of secrets) assert.ok(!text.includes(secret), text);
      }
    });
  }

  test('a reply of several lines has its code once', async () => {
    const reply = '550-5.1.1 The account\r\n550-5.1.1  does not exist.\r\n550 5.1.1 Bye';
    await using server = await startScriptedSmtpServer((step) => (step === 'RCPT' ? reply : undefined));
    const outcome = await createMailer(localSmtp(server.port)).send(someMessage(1), recipient, noAbort);
    const reason = '550 5.1.1 The account does not exist. Bye (in reply to RCPT TO)';
    assert.deepEqual(outcome, { kind: 'refused', reason, replyCodes: '550 5.1.1', stage: 'recipient' });
  });
});
