import type { SmtpConfig } from '../config/config.ts';
import { AppError } from '../errors.ts';

/** The mail server cannot be reached, trusted or logged in to. */
export class MailServerError extends AppError {
  override name = 'MailServerError';
}

/** Turns what nodemailer throws while connecting into a message with its mend. */
export function toMailServerError(error: unknown, { host, port, security }: SmtpConfig): MailServerError {
  const message = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ').slice(0, 300) : String(error);
  return new MailServerError(`${host}:${port}: ${message}`, { cause: error, mend: mendFor(codeOf(error), security) });
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}

function mendFor(code: string, security: SmtpConfig['security']): string {
  switch (code) {
    case 'EAUTH':
      return 'Check SMTP_USERNAME and SMTP_PASSWORD, and whether the server takes passwords at all';
    case 'EDNS':
      return 'Check SMTP_HOST';
    case 'ETLS':
      return `The server does not speak TLS as SMTP_SECURITY=${security} needs it, or its certificate is not trusted: a private authority goes into NODE_EXTRA_CA_CERTS`;
    default:
      return 'Check SMTP_HOST, SMTP_PORT and SMTP_SECURITY, and whether a firewall lets mail out; a private certificate authority goes into NODE_EXTRA_CA_CERTS';
  }
}
