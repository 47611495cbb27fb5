import type { SmtpConfig } from '../config/config.ts';
import { AppError, errorCode } from '../errors.ts';
import { smtpReason } from './smtp-outcome.ts';

/**
 * Turns what nodemailer throws while connecting into a message with a hint. The original is not kept as
 * the cause, because it contains the server's words, which may repeat the log-in.
 */
export function toMailServerError(error: unknown, config: SmtpConfig, conceal: (reply: string) => string): AppError {
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
