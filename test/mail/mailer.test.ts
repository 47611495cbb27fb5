import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { simpleParser } from 'mailparser';
import { Secret } from '../../src/config/secret.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { closedPort } from '../support/listen.ts';
import { localhostCertificate } from '../support/localhost-certificate.ts';
import { recipient, someMessage } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';

/** As NODE_EXTRA_CA_CERTS would, for the length of one test. */
function trustLocalhost(context: TestContext): void {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, localhostCertificate.cert]);
  context.after(() => setDefaultCACertificates(before));
}

const plain = { host: '127.0.0.1', security: 'none', login: null } as const;

/** Everywhere else, the whole of 127.0.0.0/8 is this machine. */
const noSecondAddress = process.platform === 'darwin' ? 'macOS has no 127.0.0.2' : false;

const files = [
  { fileName: 'findings.csv', content: '\ufeffname\r\n"größer, 中文\n.\n..🔑"\r\nFrom\r\n' },
  { fileName: 'tokens.csv', content: `\ufeff${'x'.repeat(2000)}\n--boundary\n\r` },
];

describe('the mailer', () => {
  test('sends a message as it was written, to one recipient, whoever stands in its To', async () => {
    await using server = await startFaultySmtpServer();
    const message = someMessage(1, {
      to: 'A <a@acme.example>, B <b@acme.example>',
      subject: '[Omni tokens] Acme: 1 größer 🔑',
      text: 'Zeile eins\n.\n..zwei\nFrom drei\n',
      headers: { 'Auto-Submitted': 'auto-generated', 'List-Id': 'Omni <omni-token-audit.acme.example>' },
    });
    const outcome = await createMailer({ ...plain, port: server.port }).send(message, 'b@acme.example', noAbort);
    assert.deepEqual(outcome, { kind: 'accepted' });
    const [mail] = server.accepted;
    assert.deepEqual(mail?.to, ['b@acme.example']);
    const parsed = await simpleParser(mail?.raw ?? '');
    assert.equal(parsed.messageId, message.messageId);
    assert.equal(parsed.subject, message.subject);
    assert.equal(parsed.text?.trimEnd(), message.text.trimEnd());
    assert.equal(String(parsed.html).trimEnd(), message.html);
    assert.equal(parsed.date?.getTime(), Math.floor(Date.parse(message.createdAt) / 1000) * 1000);
    assert.equal(parsed.from?.text, '"Omni tokens" <audit@acme.example>');
    assert.match(mail?.raw ?? '', /^To: A <a@acme\.example>, B <b@acme\.example>\r$/m);
    assert.match(mail?.raw ?? '', /^Auto-Submitted: auto-generated\r$/m);
    assert.match(mail?.raw ?? '', /^List-Id: Omni <omni-token-audit\.acme\.example>\r$/im);
  });

  test('writes no header that a subject with a line break would smuggle in', async () => {
    await using server = await startFaultySmtpServer();
    const message = someMessage(1, { subject: 'harmless\r\nBcc: thief@evil.example\r\n\r\nbody' });
    await createMailer({ ...plain, port: server.port }).send(message, recipient, noAbort);
    const [mail] = server.accepted;
    assert.deepEqual(mail?.to, [recipient]);
    assert.doesNotMatch(mail?.raw ?? '', /^Bcc:/im);
  });

  test('sends files beside the text, each with its name and type, as UTF-8, every byte as it was', async () => {
    await using server = await startFaultySmtpServer();
    const message = someMessage(1, { attachments: files });
    const outcome = await createMailer({ ...plain, port: server.port }).send(message, recipient, noAbort);
    assert.deepEqual(outcome, { kind: 'accepted' });
    const parsed = await simpleParser(server.accepted[0]?.raw ?? '');
    assert.equal(parsed.text?.trimEnd(), message.text.trimEnd());
    assert.equal(String(parsed.html).trimEnd(), message.html);
    assert.equal(parsed.attachments.length, files.length);
    for (const [index, { fileName, content }] of files.entries()) {
      const attachment = parsed.attachments[index];
      assert.deepEqual(
        [attachment?.filename, attachment?.contentType, attachment?.contentDisposition],
        [fileName, 'text/csv', 'attachment'],
      );
      assert.deepEqual(attachment?.headers.get('content-type'), {
        value: 'text/csv',
        params: { charset: 'utf-8', name: fileName },
      });
      assert.deepEqual(attachment?.content, Buffer.from(content));
    }
    const [first] = parsed.attachments;
    assert.deepEqual([...(first?.content.subarray(0, 3) ?? [])], [0xef, 0xbb, 0xbf]);
  });

  test('writes the same bytes at every attempt, also from another process’s mailer', async () => {
    await using server = await startFaultySmtpServer();
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const message = someMessage(1, { attachments: files });
      await createMailer({ ...plain, port: server.port }).send(message, recipient, noAbort);
    }
    const [first, second] = server.accepted;
    assert.ok(first !== undefined);
    assert.equal(first.raw, second?.raw);
  });

  test('encrypts with STARTTLS where the certificate is trusted', async (context) => {
    trustLocalhost(context);
    await using server = await startFaultySmtpServer({
      starttls: true,
      ...localhostCertificate,
      login: { username: 'audit', password: 'right' },
    });
    const login = { username: 'audit', password: new Secret('right') };
    const mailer = createMailer({ host: 'localhost', port: server.port, security: 'starttls', login });
    assert.deepEqual(await mailer.send(someMessage(1), recipient, noAbort), { kind: 'accepted' });
    assert.equal(server.accepted[0]?.isEncrypted, true);
  });

  test('encrypts from the first byte where that is asked for', async (context) => {
    trustLocalhost(context);
    await using server = await startFaultySmtpServer({ secure: true, ...localhostCertificate });
    const mailer = createMailer({ host: 'localhost', port: server.port, security: 'tls', login: null });
    assert.deepEqual(await mailer.send(someMessage(1), recipient, noAbort), { kind: 'accepted' });
    assert.equal(server.accepted[0]?.isEncrypted, true);
  });

  test('does not trust a certificate of another host', { skip: noSecondAddress }, async (context) => {
    trustLocalhost(context);
    const host = '127.0.0.2';
    await using server = await startFaultySmtpServer({ host, secure: true, ...localhostCertificate });
    const mailer = createMailer({ host, port: server.port, security: 'tls', login: null });
    const outcome = await mailer.send(someMessage(1), recipient, noAbort);
    assert.ok(outcome.kind === 'unavailable');
    assert.match(outcome.reason, /certificate's altnames: IP: 127\.0\.0\.2 is not in the cert's list: 127\.0\.0\.1/);
    assert.deepEqual(server.received, []);
  });

  test('sends without encryption where that is asked for, though the server offers it', async () => {
    await using server = await startFaultySmtpServer({ starttls: true, ...localhostCertificate });
    const outcome = await createMailer({ ...plain, port: server.port }).send(someMessage(1), recipient, noAbort);
    assert.deepEqual(outcome, { kind: 'accepted' });
    assert.equal(server.accepted[0]?.isEncrypted, false);
  });

  test('tells a recipient that is refused for good from one that is refused for now', async () => {
    await using server = await startFaultySmtpServer({
      faults: {
        recipient: (address) => ({ responseCode: address.startsWith('gone') ? 550 : 450, message: 'not now\nor ever' }),
      },
    });
    const mailer = createMailer({ ...plain, port: server.port });
    const gone = await mailer.send(someMessage(1), 'gone@acme.example', noAbort);
    const later = await mailer.send(someMessage(1), 'later@acme.example', noAbort);
    assert.equal(gone.kind, 'refused');
    assert.equal(later.kind, 'deferred');
    assert.ok(gone.kind === 'refused' && !/[\r\n]/.test(gone.reason));
  });

  test('calls a server that is not there unavailable for all', async () => {
    const outcome = await createMailer({ ...plain, port: await closedPort() }).send(someMessage(1), recipient, noAbort);
    assert.ok(outcome.kind === 'unavailable' && outcome.affectsAll);
    assert.match(outcome.reason, /ECONNREFUSED/);
  });

  test('answers with an outcome when it is aborted', { timeout: 10_000 }, async () => {
    const controller = new AbortController();
    await using server = await startFaultySmtpServer({
      faults: {
        data: () => {
          controller.abort(new Error('told to stop'));
          return undefined;
        },
      },
    });
    const outcome = await createMailer({ ...plain, port: server.port }).send(
      someMessage(1),
      recipient,
      controller.signal,
    );
    assert.ok(outcome.kind === 'unavailable' || outcome.kind === 'accepted', outcome.kind);
    const before = AbortSignal.abort(new Error('told to stop'));
    const refused = await createMailer({ ...plain, port: server.port }).send(someMessage(1), recipient, before);
    assert.equal(refused.kind, 'unavailable');
    assert.ok(server.received.length <= 1);
  });

  test('never shows the password', async () => {
    await using server = await startFaultySmtpServer({ login: { username: 'audit', password: 'right' } });
    const login = { username: 'audit', password: new Secret('wr0ng-and-secret') };
    const outcome = await createMailer({ ...plain, port: server.port, login }).send(someMessage(1), recipient, noAbort);
    assert.ok(outcome.kind === 'unavailable' && outcome.affectsAll);
    assert.doesNotMatch(JSON.stringify(outcome), /wr0ng-and-secret/);
  });
});
