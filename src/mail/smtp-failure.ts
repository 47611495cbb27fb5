import { z } from 'zod';

/**
 * Where a dialogue with a mail server was, by the reply that was awaited: `connection` is the greeting, and `content`
 * is everything after the server agreed to receive the mail.
 */
export type SmtpStep = 'connection' | 'EHLO' | 'STARTTLS' | 'AUTH' | 'MAIL FROM' | 'RCPT TO' | 'DATA' | 'content';

/** The code of a failure: a login is configured and the server offers none, or none of its kind. */
export const noLoginOffered = 'ENOAUTH';

/** The kind of a time-out: the whole attempt took too long. */
export const attemptTimeout = 'ATTEMPT_TIMEOUT';

/** What is known about a dialogue that ended. */
interface SmtpPlace extends Partial<Pick<SmtpError, 'offersStarttls' | 'declaresSize' | 'offeredLogins'>> {
  step: SmtpStep;
}

/** Why a dialogue ended without success. The message of the error is nodemailer's and may repeat the login. */
export class SmtpError extends Error {
  readonly step: SmtpStep;
  /** The server's whole reply, which may have several lines; null if it gave none, or an incomplete one. */
  readonly reply: string | null;
  /** nodemailer's code, such as EAUTH, ETIMEDOUT or ESOCKET. */
  readonly code: string;
  /** The code of the operating system or of Node's TLS, such as ECONNREFUSED or CERT_HAS_EXPIRED. */
  readonly originalCode: string;
  /** Which time limit ran out: nodemailer's, or ours for the attempt. */
  readonly timeoutType: string;
  /** OpenSSL's words for a failed handshake. */
  readonly tlsReason: string;
  /** The names that a certificate is for, if it is for another server. */
  readonly certificateNames: string;
  /** True if we gave up because the program ends. */
  readonly isOurDoing: boolean;
  /** False if the server answered EHLO without offering STARTTLS. */
  readonly offersStarttls: boolean;
  /** True if MAIL FROM declares the size of the mail, because the server offers that (RFC 1870). */
  readonly declaresSize: boolean;
  /** The kinds of login that the server offers (RFC 4954), such as GSSAPI. */
  readonly offeredLogins: readonly string[];

  constructor(error: unknown, place: SmtpPlace) {
    super(error instanceof Error ? error.message : String(error));
    const facts = nodemailerFacts.parse(error instanceof Error ? error : {});
    this.name = 'SmtpError';
    this.step = stepOf(facts, place.step);
    // A reply to nothing in particular (CONN) counts only as the greeting: it is an interrupted or unexpected line.
    const isAnswer = facts.command !== 'CONN' || this.step === 'connection';
    this.reply = isAnswer && facts.response !== '' ? facts.response : null;
    this.code = facts.code;
    this.originalCode = facts.originalCode;
    this.timeoutType = facts.name === 'TimeoutError' ? attemptTimeout : facts.timeoutType;
    this.tlsReason = facts.reason;
    this.certificateNames = facts.cert?.subjectaltname ?? '';
    this.isOurDoing = facts.name === 'InterruptedError' || facts.name === 'AbortError';
    this.offersStarttls = place.offersStarttls ?? true;
    this.declaresSize = place.declaresSize ?? false;
    this.offeredLogins = (place.offeredLogins ?? []).filter((name) => loginName.test(name));
  }
}

/** The name of a kind of login (RFC 4422 3.1). A server could send anything else in its place, such as our password. */
const loginName = /^[A-Z\d_-]{1,20}$/;

/** What failed at the mail server, in words for people. The message may repeat the server's reply, so it may contain secrets. */
export interface SmtpProblem {
  message: string;
  hint: string;
}

const text = z.string().catch('');

/** What nodemailer and Node report about a failure. */
const nodemailerFacts = z.object({
  name: text,
  code: text,
  originalCode: text,
  timeoutType: text,
  /** The SMTP step: CONN, EHLO, HELO, STARTTLS, AUTH …, MAIL FROM, RCPT TO, DATA, API. */
  command: text,
  response: text,
  reason: text,
  cert: z.object({ subjectaltname: text }).nullable().catch(null),
});

/** nodemailer names the command that a reply belongs to. It does not know at which step a connection broke. */
function stepOf({ code, command }: z.infer<typeof nodemailerFacts>, awaited: SmtpStep): SmtpStep {
  if (command === 'DATA') return code === 'EMESSAGE' ? 'content' : 'DATA';
  if (command === 'MAIL FROM' || command === 'RCPT TO' || command === 'STARTTLS' || command === 'EHLO') return command;
  if (command === 'HELO') return 'EHLO';
  return command.startsWith('AUTH') ? 'AUTH' : awaited;
}

/** A server's reply by its codes. */
export interface ReplyCodes {
  /** RFC 5321 4.2.1: 4yz is temporary, 5yz permanent. */
  code: number;
  /** RFC 3463, such as 5.7.1; null if the reply has none. */
  enhanced: { class: number; subject: number; detail: number } | null;
}

/** `550 5.7.1 …` as in RFC 2034, `550 #5.7.1 …` (Cisco), `550 5.7.1: …` and `550 (5.7.1) …`. */
const enhancedCode = /^\d{3}[ -][(#]{0,2}([245])\.(\d{1,3})\.(\d{1,3})(?=[\s:)]|$)/m;
/** `553 … (#5.7.1)` (qmail) or `(5.7.1)`. */
const enhancedCodeAtEnd = /\(#?([245])\.(\d{1,3})\.(\d{1,3})\)\.?\s*$/m;

/** Returns the codes of a reply; null if it does not begin with a code. */
export function parseReply(reply: string): ReplyCodes | null {
  const code = /^\d{3}(?=[ -]|$)/.exec(reply)?.[0];
  if (code === undefined) return null;
  const [, ...digits] = enhancedCode.exec(reply) ?? enhancedCodeAtEnd.exec(reply) ?? [];
  const [enhancedClass, subject, detail] = digits.map(Number);
  const isComplete = enhancedClass !== undefined && subject !== undefined && detail !== undefined;
  return { code: Number(code), enhanced: isComplete ? { class: enhancedClass, subject, detail } : null };
}

/** Returns a reply of several lines as one line that begins with its codes, which every line repeats (RFC 5321 4.2.1). */
export function joinLines(reply: string): string {
  return reply.replace(/^(\d{3})-/, '$1 ').replaceAll(/\r?\n\d{3}[ -](?:[245]\.\d{1,3}\.\d{1,3} )?/g, ' ');
}

/** Returns the codes as text, such as `554 5.7.1`. */
export function showCodes({ code, enhanced }: ReplyCodes): string {
  return enhanced === null ? String(code) : `${code} ${enhanced.class}.${enhanced.subject}.${enhanced.detail}`;
}
