import { domainToASCII } from 'node:url';
import { type Clock, systemClock } from '../clock.ts';
import type { SmtpConfig } from '../config/settings.ts';
import { AppError } from '../errors.ts';
import { printable } from '../text/visible.ts';
import { toHeaderFor } from './address-mail.ts';
import type { DeliveryOutcome } from './delivery-policy.ts';
import type { Message } from './message.ts';
import { SmtpError, type SmtpProblem } from './smtp-failure.ts';
import { createSmtpLogin } from './smtp-login.ts';
import { readSmtpError } from './smtp-outcome.ts';
import { explainSmtpError } from './smtp-problem.ts';
import { openSession, type SmtpSession } from './smtp-session.ts';

export interface Mailer {
  /**
   * Connects, logs in, and asks the server whether it accepts the sender and each recipient. Sends no mail.
   *
   * @throws AppError if the server accepts no mail at all; the signal's reason.
   */
  rehearse(sender: string, recipients: readonly string[], signal: AbortSignal): Promise<MailRehearsal>;
  /** Submits a message to the mail server for one recipient. Never throws: every failure is an outcome. */
  send(message: Message, recipient: string, signal: AbortSignal): Promise<DeliveryOutcome>;
}

/** How the mail server answered a rehearsal. */
export interface MailRehearsal {
  /** True if the server accepted a login; false if none is configured. */
  isLoggedIn: boolean;
  recipients: RehearsedRecipient[];
}

export interface RehearsedRecipient {
  recipient: string;
  /** null if the server accepts the recipient. */
  problem: SmtpProblem | null;
}

export interface MailerLimits {
  /** For one attempt to send a mail. It is shorter than the lease of a claimed delivery. */
  maxAttemptMs: number;
  /** For one connection of a rehearsal, which transfers no mail. */
  maxRehearsalMs: number;
}

const defaultLimits: MailerLimits = { maxAttemptMs: 120_000, maxRehearsalMs: 60_000 };

export function createMailer(config: SmtpConfig, clock: Clock = systemClock, limits = defaultLimits): Mailer {
  const login = createSmtpLogin(config.login, clock);

  /** Returns words for an error on one line of printable characters, without secrets. */
  function explain(error: unknown): SmtpProblem {
    const { message, hint } = explainSmtpError(error, config);
    return { message: printable(login.conceal(message)), hint };
  }

  /** Spam filters and Google's relay refuse the `[127.0.0.1]` that nodemailer uses in containers. */
  function ehloNameFor(sender: string): string {
    return config.ehloName ?? toEnvelope(sender).replace(/^.*@/, '');
  }

  async function submit(message: Message, recipient: string, signal: AbortSignal): Promise<void> {
    const { envelope, content } = await composeMail(message, recipient);
    using session = await openSession(config, ehloNameFor(envelope.from), login, signal);
    await session.submit(envelope, content);
  }

  return {
    async rehearse(sender, recipients, signal) {
      try {
        const open = (): Promise<SmtpSession> =>
          openSession(config, ehloNameFor(sender), login, withDeadline(signal, limits.maxRehearsalMs));
        const rehearsed = await rehearseEnvelopes(open, sender, recipients, { explain, signal });
        return { isLoggedIn: login.isRequired, recipients: rehearsed };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        // The original error is not kept as the cause, because the server's reply in it may repeat the login.
        if (error instanceof AppError) throw error;
        const { message, hint } = explain(error);
        throw new AppError(`${config.host}:${config.port}: ${message}`, { hint });
      }
    },
    async send(message, recipient, signal) {
      const limited = withDeadline(signal, limits.maxAttemptMs);
      const attempt = (): Promise<void> => submit(message, recipient, limited);
      try {
        await attempt().catch((error: unknown) => {
          if (login.dropRefused(error)) return attempt();
          throw error;
        });
        return { kind: 'accepted' };
      } catch (error) {
        return readSmtpError(error, { reason: explain(error).message, isLoggedIn: login.isRequired });
      }
    },
  };
}

function withDeadline(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}

/** Renders a message as it is submitted. The same message always gives the same bytes. */
async function composeMail(
  message: Message,
  recipient: string,
): Promise<{ envelope: { from: string; to: string; size: number }; content: Buffer }> {
  // Loaded on demand, because most audits have nothing to mail.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const mail = new MailComposer({
    ...message,
    to: toHeaderFor(recipient, message.to),
    date: new Date(message.createdAt),
    attachments: message.attachments.map(({ fileName, content }) => ({
      filename: fileName,
      contentType: 'text/csv; charset=utf-8',
      content: Buffer.from(content),
    })),
    envelope: { from: message.from, to: [recipient] },
    // The same message always gives the same bytes, so the boundary is derived from the Message-ID.
    baseBoundary: message.messageId.replaceAll(/[^\w-]/g, '').slice(0, 40),
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  const { from, to } = mail.getEnvelope();
  const content = await mail.build();
  // With the size, a server that limits it refuses the mail before it is transferred.
  return { envelope: { from: from || '', to: to[0] ?? '', size: content.length }, content };
}

/**
 * Asks about one recipient at a time, each in a transaction of its own, as real mails do. Real mails also have a
 * connection of their own, so a recipient is tried again in a new one if an earlier transaction may be to blame.
 *
 * @throws SmtpError or AppError if nothing was learnt about any recipient.
 */
async function rehearseEnvelopes(
  open: () => Promise<SmtpSession>,
  sender: string,
  recipients: readonly string[],
  { explain, signal }: { explain: (error: unknown) => SmtpProblem; signal: AbortSignal },
): Promise<RehearsedRecipient[]> {
  const rehearsed: RehearsedRecipient[] = [];
  const failures: unknown[] = [];
  while (rehearsed.length < recipients.length) {
    const countBefore = rehearsed.length;
    try {
      using session = await open();
      for (const recipient of recipients.slice(countBefore)) {
        await startTransaction(session, sender, recipient);
        const refusal = await ask(session, 'RCPT TO', `<${toEnvelope(recipient)}>`);
        rehearsed.push({ recipient, problem: refusal && explain(refusal) });
        await session.ask('RSET');
      }
    } catch (error) {
      if (signal.aborted) throw error;
      const recipient = recipients[rehearsed.length];
      if (rehearsed.length > countBefore || recipient === undefined) continue;
      // Without a connection or a login, another attempt would fail in the same way.
      const isOfEnvelope =
        error instanceof SmtpError &&
        (error.step === 'RCPT TO' || (error.step === 'MAIL FROM' && error.reply !== null));
      if (!isOfEnvelope && rehearsed.length === failures.length) throw error;
      failures.push(error);
      // If the server ran out of time, it would do so for each of the others, and `check` must end.
      const isLate = error instanceof SmtpError && error.timeoutType !== '';
      const failed = isLate ? recipients.slice(rehearsed.length) : [recipient];
      rehearsed.push(...failed.map((each) => ({ recipient: each, problem: explain(error) })));
    }
  }
  if (failures.length === recipients.length) throw failures[0];
  return rehearsed;
}

/** @throws SmtpError if the server does not accept the sender. */
async function startTransaction(session: SmtpSession, sender: string, recipient: string): Promise<void> {
  const from = toEnvelope(sender);
  const isInternational = /[^\0-\x7f]/.test(from + toEnvelope(recipient)) && session.offers('SMTPUTF8');
  const refusal = await ask(session, 'MAIL FROM', `<${from}>${isInternational ? ' SMTPUTF8' : ''}`);
  if (refusal !== null) throw refusal;
}

/** Returns an address with its domain in ASCII, as nodemailer writes it in an envelope. */
function toEnvelope(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`;
}

/** Returns the server's refusal; null if it answers with 2xx. @throws SmtpError if it does not answer. */
async function ask(session: SmtpSession, step: 'MAIL FROM' | 'RCPT TO', path: string): Promise<SmtpError | null> {
  const response = await session.ask(`${step}:${path}`);
  if (response.startsWith('2')) return null;
  return new SmtpError(Object.assign(new Error(step), { command: step, response }), { step });
}
