import { Secret } from '../../../src/config/secret.ts';
import type { SmtpConfig } from '../../../src/config/settings.ts';
import type { ScriptedSmtpServer, SmtpAnswer, SmtpStep } from './smtp-script.ts';

/** The delivery that a fault is about, where it can be about one: the first mail on its way to the first reader. */
export const firstReader = 'a@acme.example';
export const secondReader = 'b@acme.example';
const firstMail = 'mail 1';

/**
 * What is demanded of one pass over two mails to two readers each:
 * - `outage`: one delivery was tried, and all wait
 * - `each waits`: each was tried, and all wait
 * - `waits`, `parked`: it is the one that the fault is about, or those to its reader; the others are sent
 * - `all are parked`, `sent`: all four
 */
export type MailDemand =
  | 'outage'
  | 'each waits'
  | 'waits'
  | 'parked'
  | 'all to the reader wait'
  | 'all to the reader are parked'
  | 'all are parked'
  | 'sent';

export interface MailFault {
  script: ScriptedSmtpServer['script'];
  demand: MailDemand;
  /** Where the fault needs it; else neither TLS nor a log-in. */
  smtp?: Partial<SmtpConfig>;
}

const cut = { cut: true } as const;

/** At a step, whoever asks. */
const at = (step: SmtpStep, answer: SmtpAnswer, demand: MailDemand): MailFault => {
  return { script: (now) => (now === step ? answer : undefined), demand };
};
/** At a step of a mail to the first reader. */
const toReader = (step: SmtpStep, answer: SmtpAnswer, demand: MailDemand): MailFault => {
  return { script: (now, { to }) => (now === step && to === firstReader ? answer : undefined), demand };
};
/** After the content of the first mail to the first reader. */
const ofMail = (answer: SmtpAnswer, demand: MailDemand): MailFault => ({
  script: (now, { to, raw }) =>
    now === 'content' && to === firstReader && raw.includes(firstMail) ? answer : undefined,
  demand,
});

/** A server that offers something after EHLO, and fails when it is asked for it. */
const offering = (
  offer: 'STARTTLS' | 'AUTH PLAIN LOGIN',
  step: SmtpStep,
  answer: SmtpAnswer,
  demand: MailDemand,
): MailFault => ({
  script: (now) => (now === 'EHLO' ? `250-mail.acme.example\r\n250 ${offer}` : now === step ? answer : undefined),
  demand,
  smtp:
    offer === 'STARTTLS' ? { security: 'starttls' } : { login: { username: 'audit', password: new Secret('wrong') } },
});
/** Longer than any reply that a client reads. */
const endless = `550-${'x'.repeat(2_000_000)}`;

/** Ways in which a mail server misbehaves, by what a person would call them. */
export const mailFaults: Record<string, MailFault> = {
  'a greeting of 421': at('connection', '421 too busy', 'outage'),
  'a greeting of 554': at('connection', '554 no service here', 'outage'),
  'a cut instead of a greeting': at('connection', cut, 'each waits'),
  'a web server in its place': at('connection', 'HTTP/1.1 400 Bad Request', 'outage'),
  'a greeting of several lines': at('connection', '220-mail.acme.example\r\n220-of Acme\r\n220 ESMTP', 'sent'),
  'an EHLO refused for now': { script: (step) => (/E?HE?LO/.test(step) ? '421 not now' : undefined), demand: 'outage' },
  'an EHLO refused for good, and a HELO too': {
    script: (step) => (step === 'EHLO' || step === 'HELO' ? '550 who are you' : undefined),
    demand: 'outage',
  },
  'an EHLO that it does not know': at('EHLO', '502 what', 'sent'),
  'a cut after EHLO': at('EHLO', cut, 'each waits'),
  'a sender refused for now': at('MAIL', '451 later', 'each waits'),
  'a sender refused for good': at('MAIL', '550 sender not allowed', 'each waits'),
  'STARTTLS that is not offered': { ...at('HELO', undefined, 'outage'), smtp: { security: 'starttls' } },
  'STARTTLS refused for now': offering('STARTTLS', 'STARTTLS', '454 not now', 'outage'),
  'STARTTLS refused for good': offering('STARTTLS', 'STARTTLS', '501 no', 'outage'),
  'a cut after STARTTLS': offering('STARTTLS', 'STARTTLS', cut, 'each waits'),
  'plain words in the place of TLS': offering('STARTTLS', 'STARTTLS', '220 go ahead\r\n250 hello', 'outage'),
  'a log-in refused for now': offering('AUTH PLAIN LOGIN', 'AUTH', '454 temporary failure', 'outage'),
  'a log-in refused for good': offering('AUTH PLAIN LOGIN', 'AUTH', '535 wrong password', 'outage'),
  'a cut after the log-in': offering('AUTH PLAIN LOGIN', 'AUTH', cut, 'each waits'),
  'a wish for a log-in at MAIL FROM': at('MAIL', '530 authentication required', 'outage'),
  'a reply without an end to the reader': toReader('RCPT', endless, 'all to the reader wait'),
  'a reply without an end to the mail': ofMail(endless, 'waits'),
  'a full disk at MAIL FROM': at('MAIL', '452 insufficient storage', 'each waits'),
  'a size refused at MAIL FROM': at('MAIL', '552 too large', 'all are parked'),
  'a farewell at MAIL FROM': at('MAIL', '421 shutting down', 'each waits'),
  'a cut after MAIL FROM': at('MAIL', cut, 'each waits'),
  greylisting: toReader('RCPT', '451 4.7.1 greylisted, try again later', 'all to the reader wait'),
  'a reader whose mailbox is full': toReader('RCPT', '452 mailbox full', 'all to the reader wait'),
  'a reader unknown': toReader('RCPT', '550 5.1.1 no such user', 'all to the reader are parked'),
  'a reader refused for policy': toReader('RCPT', '554 5.7.1 relay denied', 'all to the reader are parked'),
  'a reader who has moved': toReader('RCPT', '551 user not local', 'all to the reader are parked'),
  'a wish for a log-in at RCPT TO': toReader('RCPT', '530 authentication required', 'all to the reader wait'),
  'a farewell at RCPT TO': toReader('RCPT', '421 shutting down', 'all to the reader wait'),
  'a cut after RCPT TO': toReader('RCPT', cut, 'all to the reader wait'),
  'nonsense after RCPT TO': toReader('RCPT', 'what?', 'all to the reader wait'),
  'DATA refused for now': toReader('DATA', '451 later', 'all to the reader wait'),
  'DATA refused for good': toReader('DATA', '554 no', 'all to the reader are parked'),
  'a cut after DATA': toReader('DATA', cut, 'all to the reader wait'),
  'a mail refused for now': ofMail('450 scanner is busy', 'waits'),
  'a mail refused for now with several lines': ofMail('451-first\r\n451-second\r\n451 third', 'waits'),
  'a mail refused as spam': ofMail('554 5.7.1 looks like spam', 'parked'),
  'a mail refused as too large': ofMail('552 5.3.4 too large', 'parked'),
  'a mail refused with a line of 100 KB': ofMail(`550 ${'x'.repeat(100_000)}`, 'parked'),
  'a farewell after the mail': ofMail('421 shutting down', 'waits'),
  'a cut after the mail, before its answer': ofMail(cut, 'waits'),
  'nonsense after the mail': ofMail('what?', 'waits'),
  'a mail taken with odd words': at('content', '250-taken\r\n250 2.0.0 Ok: queued as 4\ufffd', 'sent'),
};
