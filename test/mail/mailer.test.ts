import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { simpleParser } from 'mailparser';
import { systemClock } from '../../src/clock.ts';
import { Secret } from '../../src/config/secret.ts';
import type { SmtpConfig } from '../../src/config/settings.ts';
import { AppError } from '../../src/errors.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { closedPort } from '../support/listen.ts';
import { localSmtp } from '../support/local-smtp.ts';
import { localhostCertificate } from '../support/localhost-certificate.ts';
import { recipient, sender, someMessage } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { startScriptedSmtpServer } from '../support/scripted-smtp.ts';
import { type FaultySmtpServerOptions, startFaultySmtpServer } from '../support/smtp-faults.ts';

const rightLogin = { username: 'audit', password: 'right' };
const starttls = { starttls: true, ...localhostCertificate };
const tls = { secure: true, ...localhostCertificate };

const files = [
  { fileName: 'findings.csv', content: '\ufeffname\r\n"größer, 中文\n.\n..🔑"\r\nFrom\r\n' },
  { fileName: 'tokens.csv', content: `\ufeff${'x'.repeat(2000)}\n--boundary\n\r` },
];

describe('a mail server gets no mail and `check` gives a hint, because the server', { concurrency: true }, () => {
  const faults: [what: string, server: FaultySmtpServerOptions, smtp: Partial<SmtpConfig>, hint: RegExp][] = [
    ['offers no STARTTLS', {}, { security: 'starttls' }, /SMTP_SECURITY=tls and SMTP_PORT/],
    ['has an untrusted certificate (STARTTLS)', starttls, { security: 'starttls' }, /NODE_EXTRA_CA_CERTS/],
    ['has an untrusted certificate (TLS)', tls, { security: 'tls' }, /NODE_EXTRA_CA_CERTS/],
    ['does not support TLS', {}, { security: 'tls' }, /SMTP_SECURITY/],
    [
      'refuses the password',
      { login: rightLogin },
      { login: { username: 'audit', password: new Secret('wr0ng-and-secret') } },
      /^Check SMTP_USERNAME and SMTP_PASSWORD/,
    ],
  ];
  for (const [what, serverOptions, smtp, hint] of faults) {
    test(what, async () => {
      await using server = await startFaultySmtpServer(serverOptions);
      const mailer = createMailer(localSmtp(server.port, { host: 'localhost', ...smtp }));
      const outcome = await mailer.send(someMessage(1), recipient, noAbort);
      assert.ok(outcome.kind === 'unavailable' && outcome.affectsAll, JSON.stringify(outcome));
      await assert.rejects(mailer.rehearse(sender, [recipient], noAbort), (error) => {
        assert.ok(error instanceof AppError);
        assert.match(error.message, /^localhost:\d+: /);
        assert.match(error.hint, hint);
        assert.doesNotMatch(JSON.stringify(outcome) + error.message, /wr0ng-and-secret/);
        return true;
      });
      assert.deepEqual(server.received, []);
    });
  }

  test('requires a login', async () => {
    await using server = await startFaultySmtpServer({ login: rightLogin });
    const outcome = await createMailer(localSmtp(server.port)).send(someMessage(1), recipient, noAbort);
    assert.ok(outcome.kind === 'unavailable' && outcome.affectsAll);
  });

  test('does not exist', async () => {
    const outcome = await createMailer(localSmtp(await closedPort())).send(someMessage(1), recipient, noAbort);
    assert.ok(outcome.kind === 'unavailable' && outcome.affectsAll);
    assert.match(outcome.reason, /ECONNREFUSED/);
  });
});

describe('the mailer', { concurrency: true }, () => {
  // NODE_EXTRA_CA_CERTS does the same.
  before(() => setDefaultCACertificates([...getCACertificates('default'), localhostCertificate.cert]));

  test('sends a message and its files unchanged to one recipient', async () => {
    await using server = await startFaultySmtpServer();
    const message = someMessage(1, {
      to: 'A <a@acme.example>, B <b@acme.example>',
      subject: '[Omni tokens] Acme: 1 größer 🔑',
      text: 'Zeile eins\n.\n..zwei\nFrom drei\n',
      headers: { 'Auto-Submitted': 'auto-generated', 'List-Id': 'Omni <omni-token-audit.acme.example>' },
      attachments: files,
    });
    const outcome = await createMailer(localSmtp(server.port)).send(message, 'b@acme.example', noAbort);
    assert.deepEqual(outcome, { kind: 'accepted' });
    const [mail] = server.accepted;
    assert.deepEqual(mail?.to, ['b@acme.example']);
    assert.match(mail.raw, /^To: A <a@acme\.example>, B <b@acme\.example>\r$/m);
    assert.match(mail.raw, /^Auto-Submitted: auto-generated\r$/m);
    assert.match(mail.raw, /^List-Id: Omni <omni-token-audit\.acme\.example>\r$/im);
    const parsed = await simpleParser(mail.raw);
    assert.equal(parsed.messageId, message.messageId);
    assert.equal(parsed.subject, message.subject);
    assert.equal(parsed.text?.trimEnd(), message.text.trimEnd());
    assert.equal(String(parsed.html).trimEnd(), message.html);
    assert.equal(parsed.date?.toISOString(), message.createdAt);
    assert.equal(parsed.from?.text, '"Omni tokens" <audit@acme.example>');
    assert.deepEqual(
      parsed.attachments.map(({ content, contentDisposition, headers }) => {
        return { content: content.toString(), contentDisposition, type: headers.get('content-type') };
      }),
      files.map(({ fileName, content }) => {
        const type = { value: 'text/csv', params: { charset: 'utf-8', name: fileName } };
        return { content, contentDisposition: 'attachment', type };
      }),
    );
  });

  test('sends the same bytes in every attempt, and a line break in the subject adds no header', async () => {
    await using server = await startFaultySmtpServer();
    const subject = 'harmless\r\nBcc: thief@evil.example\r\n\r\nbody';
    const message = someMessage(1, { subject, attachments: files });
    await createMailer(localSmtp(server.port)).send(message, recipient, noAbort);
    await createMailer(localSmtp(server.port)).send(message, recipient, noAbort);
    const [first, second] = server.accepted;
    assert.ok(first !== undefined);
    assert.equal(first.raw, second?.raw);
    assert.doesNotMatch(first.raw, /^Bcc:/im);
  });

  test('has only ASCII in the To header of a mail that is redirected to an ASCII address', async () => {
    await using server = await startFaultySmtpServer();
    const message = someMessage(1, { to: '"Jörg" <jörg@acme.example>, jürgen@acme.example' });
    await createMailer(localSmtp(server.port)).send(message, recipient, noAbort);
    assert.match(server.accepted[0]?.raw ?? '', /^To: =\?UTF-8\?[!-~]+:;,\s+=\?UTF-8\?[!-~]+:;\r$/m);
  });

  test('gives up a server that drips its answer to the mail, closes the connection, and says what was late', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startScriptedSmtpServer((step) => (step === 'content' ? { drip: true } : undefined));
    server.onClose = closed.resolve;
    // Long enough for a busy machine to get as far as the server lets it.
    const limits = { maxAttemptMs: 1000, maxRehearsalMs: 1000 };
    const mailer = createMailer(localSmtp(server.port), systemClock, limits);
    const outcome = await mailer.send(someMessage(1), recipient, noAbort);
    const reason = 'the server did not take or confirm the mail in time';
    assert.deepEqual(outcome, { kind: 'unavailable', reason, affectsAll: false, stage: 'message' });
    await closed.promise;
  });

  const login = { username: 'audit', password: new Secret('right') };
  for (const [security, serverOptions, smtp] of [
    ['starttls', { ...starttls, login: rightLogin }, { login }],
    ['tls', tls, {}],
    ['none', starttls, {}],
  ] as const) {
    test(`sends mail with SMTP_SECURITY=${security}`, async () => {
      await using server = await startFaultySmtpServer(serverOptions);
      const mailer = createMailer(localSmtp(server.port, { host: 'localhost', security, ...smtp }));
      assert.deepEqual(await mailer.send(someMessage(1), recipient, noAbort), { kind: 'accepted' });
      assert.equal(server.accepted[0]?.isEncrypted, security !== 'none');
    });
  }

  test('greets with SMTP_EHLO_NAME, or else with the domain of the sender', async () => {
    await using server = await startFaultySmtpServer();
    const message = someMessage(1, { from: 'Audit <audit@bücher.example>' });
    for (const ehloName of ['audit.acme.example', null]) {
      await createMailer(localSmtp(server.port, { ehloName })).send(message, recipient, noAbort);
    }
    const names = server.accepted.map(({ ehloName }) => ehloName);
    assert.deepEqual(names, ['audit.acme.example', 'xn--bcher-kva.example']);
  });

  test('returns an outcome on one line when the server refuses the recipient', async () => {
    const refusal = { responseCode: 450, message: 'not now\nor ever' };
    await using server = await startFaultySmtpServer({ faults: { recipient: () => refusal } });
    const outcome = await createMailer(localSmtp(server.port)).send(someMessage(1), recipient, noAbort);
    assert.ok(outcome.kind === 'deferred');
    assert.match(outcome.reason, /^450 not now or ever \(in reply to RCPT TO\)$/);
  });

  test('blames the message if its declared size is refused temporarily', async () => {
    await using server = await startScriptedSmtpServer((step) => (step === 'MAIL' ? '452 4.3.1 no space' : undefined));
    const outcome = await createMailer(localSmtp(server.port)).send(someMessage(1), recipient, noAbort);
    const reason = '452 4.3.1 no space (in reply to MAIL FROM)';
    assert.deepEqual(outcome, { kind: 'deferred', reason, replyCodes: '452 4.3.1', stage: 'message' });
  });

  test('returns an outcome when it is aborted before or during an attempt', { timeout: 10_000 }, async () => {
    const controller = new AbortController();
    await using server = await startFaultySmtpServer({
      faults: {
        sender: () => {
          controller.abort();
          return undefined;
        },
      },
    });
    const mailer = createMailer(localSmtp(server.port));
    const during = await mailer.send(someMessage(1), recipient, controller.signal);
    const before = await mailer.send(someMessage(1), recipient, AbortSignal.abort());
    assert.deepEqual([during.kind, before.kind], ['unavailable', 'unavailable']);
    assert.deepEqual(server.accepted, []);
  });
});
