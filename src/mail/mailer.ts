import { once } from 'node:events';
import type { SMTPSentMessageInfo, SMTPTransportOptions, Transporter } from 'nodemailer';
import { type Clock, systemClock } from '../clock.ts';
import type { SmtpConfig } from '../config/config.ts';
import type { DeliveryOutcome } from './delivery-policy.ts';
import { toMailServerError } from './mail-server-error.ts';
import type { Message } from './message.ts';
import { createSmtpLogin } from './smtp-login.ts';
import { readSmtpError } from './smtp-outcome.ts';

export interface Mailer {
  /** Connects and logs in. @throws AppError; the signal's reason. */
  verify(signal: AbortSignal): Promise<void>;
  /** Submits a message to the mail server for one recipient. Never throws: every failure is an outcome. */
  send(message: Message, recipient: string, signal: AbortSignal): Promise<DeliveryOutcome>;
}

/** Shorter than the lease of a claimed delivery. */
const maxAttemptMs = 120_000;

/** Every limit is spelled out. TLS certificates are always verified. */
function connectionOptions({ host, port, security }: SmtpConfig): SMTPTransportOptions {
  return {
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true },
    connectionTimeout: 20_000,
    greetingTimeout: 20_000,
    socketTimeout: 60_000,
    dnsTimeout: 15_000,
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

export function createMailer(config: SmtpConfig, clock: Clock = systemClock): Mailer {
  const login = createSmtpLogin(config.login, clock);

  async function connect(signal: AbortSignal): Promise<Transporter<SMTPSentMessageInfo>> {
    // Most audits have nothing to mail and never load the library.
    const { createTransport } = await import('nodemailer');
    return createTransport({ ...connectionOptions(config), auth: login.auth(signal) });
  }

  async function submit(message: Message, recipient: string, signal: AbortSignal): Promise<DeliveryOutcome> {
    const info = await (await connect(signal)).sendMail({
      from: message.from,
      to: message.to,
      subject: message.subject,
      text: message.text,
      html: message.html,
      messageId: message.messageId,
      date: new Date(message.createdAt),
      headers: message.headers,
      attachments: message.attachments.map(({ fileName, contentType, content }) => ({
        filename: fileName,
        contentType: `${contentType}; charset=utf-8`,
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
