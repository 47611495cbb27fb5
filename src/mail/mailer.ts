import { once } from 'node:events';
import type { SMTPSentMessageInfo, Transporter } from 'nodemailer';
import { type Clock, systemClock } from '../clock.ts';
import type { SmtpConfig } from '../config/settings.ts';
import { AppError, errorCode } from '../errors.ts';
import type { DeliveryOutcome } from './delivery-policy.ts';
import type { Message } from './message.ts';
import { createSmtpLogin } from './smtp-login.ts';
import { readSmtpError, smtpReason } from './smtp-outcome.ts';

export interface Mailer {
  /** Connects and logs in. @throws AppError; the signal's reason. */
  verify(signal: AbortSignal): Promise<void>;
  /** Submits a message to the mail server for one recipient. Never throws: every failure is an outcome. */
  send(message: Message, recipient: string, signal: AbortSignal): Promise<DeliveryOutcome>;
}

/** Shorter than the lease of a claimed delivery. */
const maxAttemptMs = 120_000;

export function createMailer(config: SmtpConfig, clock: Clock = systemClock): Mailer {
  const login = createSmtpLogin(config.login, clock);

  async function connect(signal: AbortSignal): Promise<Transporter<SMTPSentMessageInfo>> {
    // Most audits have nothing to mail and never load the library.
    const { createTransport } = await import('nodemailer');
    // Every limit is spelled out. TLS certificates are always verified.
    return createTransport({
      host: config.host,
      port: config.port,
      secure: config.security === 'tls',
      requireTLS: config.security === 'starttls',
      ignoreTLS: config.security === 'none',
      tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true },
      auth: login.auth(signal),
      connectionTimeout: 20_000,
      greetingTimeout: 20_000,
      socketTimeout: 60_000,
      dnsTimeout: 15_000,
      logger: false,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async function submit(message: Message, recipient: string, signal: AbortSignal): Promise<DeliveryOutcome> {
    const info = await (await connect(signal)).sendMail({
      ...message,
      date: new Date(message.createdAt),
      attachments: message.attachments.map(({ fileName, content }) => ({
        filename: fileName,
        contentType: 'text/csv; charset=utf-8',
        content: Buffer.from(content),
      })),
      envelope: { from: message.from, to: [recipient] },
      // Every attempt sends the same bytes, so the boundary is derived from the Message-ID.
      baseBoundary: message.messageId.replaceAll(/[^\w-]/g, '').slice(0, 40),
      signal,
    });
    // nodemailer also resolves when the recipient was refused.
    if (info.accepted.length > 0) return { kind: 'accepted' };
    return readSmtpError(info.rejectedErrors?.[0] ?? 'the recipient was not accepted', login.conceal);
  }

  return {
    async verify(signal) {
      try {
        await Promise.race([(await connect(signal)).verify(), once(signal, 'abort')]);
        signal.throwIfAborted();
      } catch (error) {
        throw signal.aborted ? signal.reason : toMailServerError(error, config, login.conceal);
      }
    },
    async send(message, recipient, signal) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(maxAttemptMs)]);
      const attempt = (): Promise<DeliveryOutcome> => submit(message, recipient, limited);
      try {
        return await attempt().catch((error: unknown) => {
          if (login.dropRefused(error)) return attempt();
          throw error;
        });
      } catch (error) {
        return readSmtpError(error, login.conceal);
      }
    },
  };
}

/**
 * Turns what nodemailer throws while connecting into a message with a hint. The original is not kept as
 * the cause, because it contains the server's words, which may repeat the log-in.
 */
function toMailServerError(error: unknown, config: SmtpConfig, conceal: (reply: string) => string): AppError {
  // No access token could be obtained, and the error already says why.
  if (error instanceof AppError) return error;
  const message = `${config.host}:${config.port}: ${smtpReason(error, conceal)}`;
  return new AppError(message, { hint: hintFor(errorCode(error), config) });
}

function hintFor(code: string, { security, login }: SmtpConfig): string {
  switch (code) {
    case 'EAUTH':
      if (login !== null && 'oauth' in login) {
        return 'The mail server refuses the access token. Check SMTP_USERNAME (the mailbox) and SMTP_OAUTH_SCOPE, and whether the application may send as that mailbox';
      }
      return 'Check SMTP_USERNAME and SMTP_PASSWORD, and whether the server accepts passwords at all';
    case 'EDNS':
      return 'Check SMTP_HOST';
    case 'ETLS':
      return `The server does not offer the TLS that SMTP_SECURITY=${security} requires, or its certificate is not trusted. Put a private certificate authority into NODE_EXTRA_CA_CERTS`;
    default:
      return 'Check SMTP_HOST, SMTP_PORT and SMTP_SECURITY, and whether a firewall blocks the connection. Put a private certificate authority into NODE_EXTRA_CA_CERTS';
  }
}
