import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Secret } from '../../src/config/secret.ts';
import type { SmtpConfig } from '../../src/config/settings.ts';
import { AppError } from '../../src/errors.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { SmtpError, type SmtpStep } from '../../src/mail/smtp-failure.ts';
import { explainSmtpError } from '../../src/mail/smtp-problem.ts';
import { localSmtp } from '../support/local-smtp.ts';
import { badCertificates, localhostCertificate } from '../support/localhost-certificate.ts';
import { recipient, sender, someMessage } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { clientCredentials } from '../support/oauth-clients.ts';
import { startScriptedSmtpServer } from '../support/scripted-smtp.ts';
import { type FaultySmtpServerOptions, startFaultySmtpServer } from '../support/smtp-faults.ts';

const { expired, forAnotherName, ofAnUnknownAuthority } = badCertificates;
const login = { username: 'audit', password: new Secret('right') };

describe('the problem with a mail server is explained in plain words, without OpenSSL codes or paths:', () => {
  before(() => {
    const trusted = [localhostCertificate, expired, forAnotherName].map(({ cert }) => cert);
    setDefaultCACertificates([...getCACertificates('default'), ...trusted]);
  });

  const problems: [what: string, FaultySmtpServerOptions, Partial<SmtpConfig>, message: string, hint: RegExp][] = [
    ['an expired certificate', expired, {}, "the server's certificate has expired", /renew it/],
    [
      'a certificate for another name',
      forAnotherName,
      {},
      "the server's certificate is not for localhost; it is for mail.other.example",
      /^Set SMTP_HOST/,
    ],
    [
      'a certificate of an unknown authority',
      ofAnUnknownAuthority,
      {},
      "the server's certificate cannot be verified: its authority is unknown, or the server does not send the intermediate certificate",
      /NODE_EXTRA_CA_CERTS/,
    ],
    [
      'a server that supports only old TLS',
      { ...localhostCertificate, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
      {},
      'the server supports no TLS version that is still safe (1.2 or newer)',
      /TLS 1\.2/,
    ],
    ['no STARTTLS', {}, { security: 'starttls' }, 'the server offers no STARTTLS', /SMTP_SECURITY=tls and SMTP_PORT/],
    ['no TLS at once', {}, { security: 'tls' }, 'port PORT does not begin with TLS', /set SMTP_SECURITY=starttls/],
    [
      'no login',
      {},
      { security: 'none', login },
      'the server offers no login (AUTH), but SMTP_USERNAME is set; nothing was sent',
      /^Set SMTP_SECURITY=starttls or tls, /,
    ],
  ];
  for (const [what, serverOptions, smtp, message, hint] of problems) {
    for (const security of 'cert' in serverOptions ? (['starttls', 'tls'] as const) : [smtp.security]) {
      test(`${what} (SMTP_SECURITY=${security})`, async () => {
        const tls = 'cert' in serverOptions ? { [security === 'tls' ? 'secure' : 'starttls']: true } : {};
        await using server = await startFaultySmtpServer({ ...serverOptions, ...tls });
        const mailer = createMailer(
          localSmtp(server.port, { host: 'localhost', ...smtp, security: security ?? 'none' }),
        );
        const expected = message.replace('PORT', String(server.port));
        const outcome = await mailer.send(someMessage(1), recipient, noAbort);
        assert.deepEqual(outcome, { kind: 'unavailable', reason: expected, affectsAll: true });
        assert.deepEqual(server.received, []);
        await assert.rejects(mailer.rehearse(sender, [recipient], noAbort), (error) => {
          assert.ok(error instanceof AppError);
          assert.equal(error.message, `localhost:${server.port}: ${expected}`);
          assert.match(error.hint, hint);
          return true;
        });
      });
    }
  }
});

describe('a failure is explained:', () => {
  const failures: [SmtpStep, fields: object, Partial<SmtpConfig>, explained: string][] = [
    [
      'connection',
      { code: 'ETIMEDOUT', timeoutType: 'GREETING_TIMEOUT' },
      { port: 465, security: 'starttls' },
      'the server sent no greeting. 465 speaks TLS at once: set SMTP_SECURITY=tls',
    ],
    [
      'connection',
      { code: 'ECONNECTION' },
      { port: 2465 },
      'the server closed the connection without a greeting. If port 2465 speaks TLS at once, as 465 does, set SMTP_SECURITY=tls. Otherwise check SMTP_HOST and SMTP_PORT',
    ],
    [
      'connection',
      { code: 'EDNS', originalCode: 'ENOTFOUND' },
      {},
      'the name of the server cannot be resolved. Check SMTP_HOST, and the DNS of this machine',
    ],
    [
      'connection',
      {
        code: 'ESOCKET',
        originalCode: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
        reason: 'sslv3 alert handshake failure',
      },
      { security: 'tls' },
      'TLS could not be set up: sslv3 alert handshake failure. Check whether port 25 supports SMTP_SECURITY=tls',
    ],
    [
      'content',
      { code: 'ETIMEDOUT', timeoutType: 'SOCKET_TIMEOUT' },
      {},
      'the server did not take or confirm the mail in time. Try again. If this persists, ask the administrator of the mail server why it does not answer',
    ],
    ['RCPT TO', { code: 'ESOCKET', originalCode: 'ECONNRESET' }, {}, 'the server broke the connection (at RCPT TO). '],
    [
      'AUTH',
      { command: 'AUTH PLAIN', response: '454 4.7.0 Temporary authentication failure' },
      {},
      'the server refused the login: 454 4.7.0 Temporary authentication failure. The refusal is temporary: try again in a few minutes. If it persists, check SMTP_USERNAME and SMTP_PASSWORD, and whether the server accepts passwords',
    ],
    [
      'RCPT TO',
      { command: 'RCPT TO', response: '550 5.1.1 no such user' },
      {},
      '550 5.1.1 no such user (in reply to RCPT TO). Check MAIL_TO',
    ],
    [
      'RCPT TO',
      { command: 'RCPT TO', response: '554 5.7.1 Client host rejected' },
      {},
      '554 5.7.1 Client host rejected (in reply to RCPT TO). Ask the administrator of the mail server whether it accepts mail from this machine and from MAIL_FROM, and whether it requires a login (SMTP_USERNAME)',
    ],
    [
      'RCPT TO',
      { command: 'RCPT TO', response: '450 4.1.8 Sender address rejected: Domain not found' },
      {},
      '450 4.1.8 Sender address rejected: Domain not found (in reply to RCPT TO). Check MAIL_FROM: the server does not accept this sender',
    ],
    [
      'RCPT TO',
      { command: 'RCPT TO', response: '504 5.5.2 <container>: Helo command rejected' },
      {},
      '504 5.5.2 <container>: Helo command rejected (in reply to RCPT TO). Set SMTP_EHLO_NAME to a host name that the server accepts',
    ],
    [
      'connection',
      { code: 'ETIMEDOUT', timeoutType: 'CONNECT_TIMEOUT' },
      {},
      'the server cannot be reached (no answer). Check SMTP_HOST and SMTP_PORT, and whether a firewall blocks the connection',
    ],
    [
      'connection',
      { code: 'ETIMEDOUT', timeoutType: 'CONNECT_TIMEOUT' },
      { security: 'tls' },
      'the server cannot be reached (no answer), or did not finish the TLS handshake in time. Check SMTP_HOST and SMTP_PORT, and whether a firewall blocks the connection',
    ],
    [
      'MAIL FROM',
      { code: 'EMESSAGE' },
      {},
      'the mail is larger than the server allows (1000 bytes). Set MAIL_ATTACHMENTS=none',
    ],
  ];
  for (const [step, fields, smtp, explained] of failures) {
    test(explained, () => {
      const error = new SmtpError(Object.assign(new Error('error:0A0:SSL:../deps/openssl/ssl.c:1000'), fields), {
        step,
      });
      const { message, hint } = explainSmtpError(error, localSmtp(25, smtp));
      assert.equal(`${message}. ${hint}`, explained);
    });
  }
});

describe('a login of another kind than the server offers is not tried:', () => {
  const oauth = { username: 'audit', oauth: clientCredentials('http://127.0.0.1:9/token') };
  const cases: [offer: string, login: SmtpConfig['login'], message: string][] = [
    ['AUTH GSSAPI NTLM', login, 'the server offers no login by password (it offers GSSAPI, NTLM)'],
    ['AUTH=PLAIN LOGIN', oauth, 'the server offers no login by OAuth (it offers PLAIN, LOGIN)'],
  ];
  for (const [offer, smtpLogin, reason] of cases) {
    test(reason, async () => {
      const seen: string[] = [];
      await using server = await startScriptedSmtpServer((step) => {
        seen.push(step);
        return step === 'EHLO' ? `250-mail.acme.example\r\n250 ${offer}` : undefined;
      });
      const mailer = createMailer(localSmtp(server.port, { login: smtpLogin }));
      const outcome = await mailer.send(someMessage(1), recipient, noAbort);
      assert.deepEqual(outcome, { kind: 'unavailable', reason, affectsAll: true });
      assert.deepEqual(seen, ['connection', 'EHLO']);
    });
  }
});

describe('a refused certificate is explained:', () => {
  const names = Array.from({ length: 40 }, (_, index) => `DNS:mail${index}.provider.example`).join(', ');
  const replaced = "Ask the administrator of the mail server to replace the server's certificate";
  const failures: [originalCode: string, message: string, explained: string, hint: string][] = [
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      '',
      'is not for 127.0.0.1; it is for mail0.provider.example, mail1.provider.example, mail2.provider.example and 37 more',
      'Set SMTP_HOST to a name in the certificate',
    ],
    [
      'UNSPECIFIED',
      'EE certificate key too weak',
      ', or that of its authority, has a key or signature that is too weak',
      replaced,
    ],
    [
      'UNSPECIFIED',
      'CA signature digest algorithm too weak',
      ', or that of its authority, has a key or signature that is too weak',
      replaced,
    ],
    ['UNSPECIFIED', 'unsupported name constraint type', 'is not acceptable', replaced],
    ['INVALID_PURPOSE', 'unsuitable certificate purpose', 'was not issued for servers', replaced],
    ['INVALID_CA', 'invalid CA certificate', 'was issued by a certificate that must not issue it', replaced],
    ['PATH_LENGTH_EXCEEDED', 'path length', 'was issued by a certificate that must not issue it', replaced],
  ];
  for (const [originalCode, message, explained, hint] of failures) {
    test(`${originalCode} ${message}`, () => {
      const cert = { subjectaltname: names };
      const error = Object.assign(new Error(message), { code: 'ESOCKET', originalCode, cert });
      const problem = explainSmtpError(new SmtpError(error, { step: 'connection' }), localSmtp(25));
      const gap = explained.startsWith(',') ? '' : ' ';
      assert.deepEqual(problem, { message: `the server's certificate${gap}${explained}`, hint });
    });
  }
});
