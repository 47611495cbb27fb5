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

/** The limit for one attempt. It is shorter than the lease of a claimed delivery. */
const maxAttemptMs = 120_000;

export function createMailer(config: SmtpConfig, clock: Clock = systemClock): Mailer {
  const login = createSmtpLogin(config.login, clock);

  async function connect(signal: AbortSignal): Promise<Transporter<SMTPSentMessageInfo>> {
    // Loaded on demand, because most audits have nothing to mail.
    const { createTransport } = await import('nodemailer');
    // No timeout is left to a default. TLS certificates are always verified.
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
 * Returns an error with a hint for whatever nodemailer throws while connecting. The original error is not
 * kept as the cause, because the server's reply in it may repeat the log-in.
 */
function toMailServerError(error: unknown, config: SmtpConfig, conceal: (reply: string) => string): AppError {
  // The token endpoint gave no access token, and its error already has a hint.
  if (error instanceof AppError) return error;
  const message = `${config.host}:${config.port}: ${smtpReason(error, conceal)}`;
  return new AppError(message, { hint: hintFor(errorCode(error), config) });
}

const certificateHint = 'For a private certificate authority, set NODE_EXTRA_CA_CERTS to its certificate file';

function hintFor(code: string, { security, login }: SmtpConfig): string {
  switch (code) {
    case 'EAUTH':
      if (login !== null && 'oauth' in login) {
        return 'Check SMTP_USERNAME (the mailbox) and SMTP_OAUTH_SCOPE, and whether the application may send as that mailbox';
      }
      return 'Check SMTP_USERNAME and SMTP_PASSWORD, and whether the server accepts passwords';
    case 'EDNS':
      return 'Check SMTP_HOST';
    case 'ETLS':
      return `Check whether the server supports SMTP_SECURITY=${security} and has a trusted certificate. ${certificateHint}`;
    default:
      return `Check SMTP_HOST, SMTP_PORT and SMTP_SECURITY, and whether a firewall blocks the connection. ${certificateHint}`;
  }
}
