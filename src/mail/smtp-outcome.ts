import { z } from 'zod';
import type { DeliveryOutcome } from './delivery-policy.ts';

const text = z.string().catch('');

/** What nodemailer reports about a failure. */
const smtpFailure = z.object({
  code: text,
  /** The code of the operating system, such as ECONNREFUSED, when `code` is nodemailer's own. */
  originalCode: text,
  /** Which of nodemailer's time limits ran out. */
  timeoutType: text,
  /** The SMTP step: CONN, EHLO, STARTTLS, AUTH …, MAIL FROM, RCPT TO, DATA, API. */
  command: text,
  responseCode: z.number().nullable().catch(null),
  message: text,
});

type SmtpFailure = z.infer<typeof smtpFailure>;

/**
 * Decides whether a failure concerns one mail or all mail. Only a reply to RCPT TO or DATA is about
 * the recipient or the message. An operator can fix everything else (connection, TLS, log-in, sender).
 *
 * Reply codes: RFC 5321 4.2.1 (4yz temporary, 5yz permanent) and 4.2.3. 530 means "authentication
 * required" (RFC 4954) for every command. `conceal` removes secrets from the server's reply.
 */
export function readSmtpError(error: unknown, conceal: (reply: string) => string): DeliveryOutcome {
  const failure = smtpFailure.parse(error instanceof Error ? error : {});
  const reason = smtpReason(error, conceal);
  const { responseCode, command } = failure;
  if (isTooLarge(failure)) return { kind: 'refused', reason };
  const concernsMail = command === 'RCPT TO' || command === 'DATA';
  if (!concernsMail || responseCode === null || responseCode === 421 || responseCode === 530) {
    return { kind: 'unavailable', reason, affectsAll: affectsAll(failure) };
  }
  return responseCode >= 500 ? { kind: 'refused', reason } : { kind: 'deferred', reason };
}

/** The mail is larger than the size that the server announced, or the server refused our size with 552. */
function isTooLarge({ code, command, responseCode }: SmtpFailure): boolean {
  return command === 'MAIL FROM' && (responseCode === 552 || (code === 'EMESSAGE' && responseCode === null));
}

/**
 * A failure before MAIL FROM affects every mail. A broken connection may be this mail's fault (nodemailer does not
 * say at which step it broke), so the other mails are still tried.
 */
function affectsAll({ code, originalCode, timeoutType, command, responseCode, message }: SmtpFailure): boolean {
  if (command === 'EHLO' || command === 'HELO' || command === 'STARTTLS' || command.startsWith('AUTH')) return true;
  // The server requires authentication for every mail.
  if (command === 'MAIL FROM' && responseCode === 530) return true;
  // The server sent a refusal instead of a greeting. Other protocol errors, such as an endless reply, concern one mail.
  if (command === 'CONN' && code === 'EPROTOCOL') return message.startsWith('Invalid greeting');
  if (code === 'ESOCKET') return !['ECONNRESET', 'EPIPE'].includes(originalCode);
  if (code === 'ETIMEDOUT') return timeoutType !== 'SOCKET_TIMEOUT';
  return ['EDNS', 'ETLS', 'EAUTH', 'ECONFIG', 'ENOAUTH', 'EOAUTH2'].includes(code);
}

/** Returns the server's reply on one line of at most 300 characters, without secrets. */
export function smtpReason(error: unknown, conceal: (reply: string) => string): string {
  const message = error instanceof Error ? error.message : String(error);
  return conceal(message).replaceAll(/\s+/g, ' ').slice(0, 300);
}
