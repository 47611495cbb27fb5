import { Secret } from '../../../src/config/secret.ts';
import type { SmtpConfig } from '../../../src/config/settings.ts';
import type { ScriptedSmtpServer, SmtpReply, SmtpStep } from '../../support/scripted-smtp.ts';

/** If a fault can affect a single delivery, it affects the first mail to the first recipient. */
export const firstRecipient = 'a@acme.example';
export const secondRecipient = 'b@acme.example';

/** The result of one pass over two mails to two recipients. Order: mail 1 to a, mail 1 to b, mail 2 to a, mail 2 to b. */
export const expectations = {
  /** The first attempt shows that no mail can go out. */
  outage: { statuses: ['pending', 'pending', 'pending', 'pending'], attempts: [1, 0, 0, 0] },
  'each recipient waits': { statuses: ['pending', 'pending', 'pending', 'pending'], attempts: [1, 1, 0, 0] },
  'each mail steps aside': { statuses: ['pending', 'pending', 'pending', 'pending'], attempts: [1, 1, 1, 1] },
  'steps aside': { statuses: ['pending', 'sent', 'sent', 'sent'], attempts: [1, 1, 1, 1] },
  parked: { statuses: ['parked', 'sent', 'sent', 'sent'], attempts: [1, 1, 1, 1] },
  'the recipient waits': { statuses: ['pending', 'sent', 'pending', 'sent'], attempts: [1, 1, 0, 1] },
  'each mail to the recipient steps aside': {
    statuses: ['pending', 'sent', 'pending', 'sent'],
    attempts: [1, 1, 1, 1],
  },
  'all to the recipient are parked': { statuses: ['parked', 'sent', 'parked', 'sent'], attempts: [1, 1, 1, 1] },
  'all are parked': { statuses: ['parked', 'parked', 'parked', 'parked'], attempts: [1, 1, 1, 1] },
  sent: { statuses: ['sent', 'sent', 'sent', 'sent'], attempts: [1, 1, 1, 1] },
};
type Expectation = keyof typeof expectations;

export interface MailFault {
  script: ScriptedSmtpServer['script'];
  expectation: Expectation;
  /** Default: neither TLS nor a login. */
  smtp?: Partial<SmtpConfig>;
}

const cut = { cut: true } as const;

/** Gives this reply to a step of every mail. */
const at = (step: SmtpStep, reply: SmtpReply, expectation: Expectation): MailFault => {
  return { script: (now) => (now === step ? reply : undefined), expectation };
};
/** Gives this reply to a step of each mail to the first recipient. */
const toFirst = (step: SmtpStep, reply: SmtpReply, expectation: Expectation): MailFault => {
  return { script: (now, { to }) => (now === step && to === firstRecipient ? reply : undefined), expectation };
};
/** Gives this reply to the content of the first mail to the first recipient. */
const ofMail = (reply: SmtpReply, expectation: Expectation): MailFault => ({
  script: (now, { to, raw }) =>
    now === 'content' && to === firstRecipient && raw.includes('mail 1') ? reply : undefined,
  expectation,
});
/** Offers STARTTLS or AUTH, and gives this reply when the client uses it. */
const offering = (step: 'STARTTLS' | 'AUTH', reply: SmtpReply, expectation: Expectation): MailFault => {
  const offer = step === 'AUTH' ? 'AUTH PLAIN LOGIN' : step;
  return {
    script: (now) => (now === 'EHLO' ? `250-mail.acme.example\r\n250 ${offer}` : now === step ? reply : undefined),
    expectation,
    smtp:
      step === 'STARTTLS' ? { security: 'starttls' } : { login: { username: 'audit', password: new Secret('wrong') } },
  };
};
/** A reply that is longer than a client reads. */
const endless = `550-${'x'.repeat(2_000_000)}`;

/** Ways in which a mail server misbehaves, under the names that an administrator would use. */
export const mailFaults: Record<string, MailFault> = {
  'a greeting of 421': at('connection', '421 too busy', 'outage'),
  'a greeting of 554': at('connection', '554 no service here', 'outage'),
  'a cut instead of a greeting': at('connection', cut, 'each recipient waits'),
  'a web server instead of a mail server': at('connection', 'HTTP/1.1 400 Bad Request', 'outage'),
  'a greeting of several lines': at('connection', '220-mail.acme.example\r\n220-of Acme\r\n220 ESMTP', 'sent'),
  'an EHLO refused temporarily': {
    script: (step) => (/E?HE?LO/.test(step) ? '421 not now' : undefined),
    expectation: 'outage',
  },
  'an EHLO and a HELO refused permanently': {
    script: (step) => (step === 'EHLO' || step === 'HELO' ? '550 who are you' : undefined),
    expectation: 'outage',
  },
  'not knowing EHLO': at('EHLO', '502 what', 'sent'),
  'a cut after EHLO': at('EHLO', cut, 'each recipient waits'),
  'a sender refused temporarily': at('MAIL', '451 later', 'each recipient waits'),
  'a sender refused permanently': at('MAIL', '550 sender not allowed', 'each recipient waits'),
  'STARTTLS that is not offered': { ...at('HELO', undefined, 'outage'), smtp: { security: 'starttls' } },
  'STARTTLS refused temporarily': offering('STARTTLS', '454 not now', 'outage'),
  'STARTTLS refused permanently': offering('STARTTLS', '501 no', 'outage'),
  'a cut after STARTTLS': offering('STARTTLS', cut, 'each recipient waits'),
  'plain text instead of TLS': offering('STARTTLS', '220 go ahead\r\n250 hello', 'outage'),
  'not offering the login that is set': {
    ...at('HELO', undefined, 'outage'),
    smtp: { login: { username: 'audit', password: new Secret('unused') } },
  },
  'a login refused temporarily': offering('AUTH', '454 temporary failure', 'outage'),
  'a login refused permanently': offering('AUTH', '535 wrong password', 'outage'),
  'a cut after the login': offering('AUTH', cut, 'each recipient waits'),
  'requiring a login at MAIL FROM': at('MAIL', '530 authentication required', 'outage'),
  'an endless reply to RCPT TO': toFirst('RCPT', endless, 'the recipient waits'),
  'an endless reply to the mail': ofMail(endless, 'steps aside'),
  'a full disk at MAIL FROM': at('MAIL', '452 insufficient storage', 'each mail steps aside'),
  'a size refused at MAIL FROM': at('MAIL', '552 5.3.4 too large', 'all are parked'),
  'a size refused at MAIL FROM, without an enhanced code': at('MAIL', '552 too large', 'all are parked'),
  'an announced size that the mail exceeds': at('EHLO', '250-mail.acme.example\r\n250 SIZE 100', 'all are parked'),
  'a 421 at MAIL FROM': at('MAIL', '421 shutting down', 'each recipient waits'),
  'a cut after MAIL FROM': at('MAIL', cut, 'each recipient waits'),
  greylisting: toFirst('RCPT', '451 4.7.1 greylisted, try again later', 'the recipient waits'),
  'a recipient whose mailbox is full': toFirst('RCPT', '452 mailbox full', 'the recipient waits'),
  'an unknown recipient': toFirst('RCPT', '550 5.1.1 no such user', 'all to the recipient are parked'),
  'an address that is wrong': toFirst('RCPT', '553 5.1.3 bad address syntax', 'all to the recipient are parked'),
  'a disabled mailbox': toFirst('RCPT', '550 5.2.1 mailbox disabled', 'all to the recipient are parked'),
  'an unknown recipient, without an enhanced code': toFirst('RCPT', '550 no', 'all to the recipient are parked'),
  'a client that is refused at RCPT TO': at(
    'RCPT',
    '554 5.7.1 Client host rejected: Access denied',
    'each recipient waits',
  ),
  'a sender that is refused at RCPT TO': at(
    'RCPT',
    '554 5.7.1 Sender address rejected: Access denied',
    'each recipient waits',
  ),
  'a recipient refused by policy': toFirst('RCPT', '550 5.7.1 relay denied', 'the recipient waits'),
  'asking for a login without an enhanced code': at('RCPT', '550 authentication required', 'each recipient waits'),
  'a mailbox that is over its quota': toFirst('RCPT', '552 5.2.2 mailbox full', 'the recipient waits'),
  'a full mailbox, without an enhanced code': toFirst('RCPT', '552 mailbox full', 'the recipient waits'),
  'a server that accepts no mail': toFirst('RCPT', '550 5.3.2 not accepting messages', 'the recipient waits'),
  'a route that fails': toFirst('RCPT', '550 5.4.1 access denied', 'the recipient waits'),
  'a protocol error': toFirst('RCPT', '503 5.5.1 out of order', 'the recipient waits'),
  'a recipient refused without a reason': toFirst('RCPT', '554 no', 'the recipient waits'),
  'a size refused at RCPT TO': toFirst('RCPT', '552 5.2.3 too large', 'all to the recipient are parked'),
  'a recipient who has moved': toFirst('RCPT', '551 user not local', 'all to the recipient are parked'),
  'requiring a login at RCPT TO': toFirst('RCPT', '530 authentication required', 'the recipient waits'),
  'a 421 at RCPT TO': toFirst('RCPT', '421 shutting down', 'the recipient waits'),
  'a cut after RCPT TO': toFirst('RCPT', cut, 'the recipient waits'),
  'nonsense after RCPT TO': toFirst('RCPT', 'what?', 'the recipient waits'),
  'DATA refused temporarily': toFirst('DATA', '451 later', 'each mail to the recipient steps aside'),
  'DATA refused permanently': toFirst('DATA', '554 no', 'all to the recipient are parked'),
  'a cut after DATA': toFirst('DATA', cut, 'each mail to the recipient steps aside'),
  'a mail refused temporarily': ofMail('450 scanner is busy', 'steps aside'),
  'a mail refused temporarily with several lines': ofMail('451-first\r\n451-second\r\n451 third', 'steps aside'),
  'a mail refused as spam': ofMail('554 5.7.1 looks like spam', 'parked'),
  'a mail refused as too large': ofMail('552 5.3.4 too large', 'parked'),
  'a mail refused as too large, without an enhanced code': ofMail('552 too large', 'parked'),
  'a mail refused without an enhanced code': ofMail('550 no', 'parked'),
  'a mail refused with a line of 100 KB': ofMail(`550 ${'x'.repeat(100_000)}`, 'parked'),
  'a 421 after the mail': ofMail('421 shutting down', 'steps aside'),
  'a cut after the mail, before its answer': ofMail(cut, 'steps aside'),
  'nonsense after the mail': ofMail('what?', 'steps aside'),
  'an unusual success reply': at('content', '250-taken\r\n250 2.0.0 Ok: queued as 4\ufffd', 'sent'),
};
