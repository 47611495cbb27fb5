import { AppError } from '../errors.ts';
import type { DeliveryOutcome, RefusalStage } from './delivery-policy.ts';
import { noLoginOffered, parseReply, type ReplyCodes, SmtpError, type SmtpStep, showCodes } from './smtp-failure.ts';

/** What is known about the attempt besides its error. */
export interface AttemptFacts {
  /** The words for the error, without secrets. */
  reason: string;
  /** True if the server knows who we are. */
  isLoggedIn: boolean;
}

/**
 * Decides whether a failure concerns the recipient, the message, or the mail server. The step does not decide that:
 * Postfix and Exim answer RCPT TO even if they refuse the client or the sender. RFC 3463 does: only a code that is
 * about the recipient's address or mailbox, or about the mail itself, is final. An operator can fix everything else.
 */
export function readSmtpError(error: unknown, { reason, isLoggedIn }: AttemptFacts): DeliveryOutcome {
  if (!(error instanceof SmtpError)) return { kind: 'unavailable', reason, affectsAll: error instanceof AppError };
  const { step, reply } = error;
  const codes = reply === null ? null : parseReply(reply);
  const stage = step === 'DATA' || step === 'content' ? 'message' : 'recipient';
  const waits = (): DeliveryOutcome => {
    const outcome = { kind: 'unavailable', reason, affectsAll: affectsAll(error, codes) } as const;
    return stage === 'message' && !error.isOurDoing ? { ...outcome, stage } : outcome;
  };
  if (isOverAnnouncedSize(error)) return { kind: 'refused', reason, stage: 'message', replyCodes: null };
  // 421: the server is closing the connection, whatever the command was.
  if (codes === null || codes.code === 421 || !mailSteps.has(step)) return waits();
  if (isPermanent(codes)) {
    const refused = whatIsRefused(step, codes, reply ?? '', isLoggedIn);
    return refused === null ? waits() : { kind: 'refused', reason, stage: refused, replyCodes: showCodes(codes) };
  }
  const deferred = { kind: 'deferred', reason, replyCodes: showCodes(codes) } as const;
  if (step === 'MAIL FROM' && error.declaresSize && isAboutSize(codes)) return { ...deferred, stage: 'message' };
  const concernsSender = step === 'MAIL FROM' || (step === 'RCPT TO' && isAboutSender(codes));
  return concernsSender ? waits() : { ...deferred, stage };
}

/** Returns true for too little space now, or for a mail that is too large. The server may accept smaller mails. */
function isAboutSize({ code, enhanced }: ReplyCodes): boolean {
  if (enhanced === null) return code === 452;
  return ['3.1', '3.4', '2.3'].includes(`${enhanced.subject}.${enhanced.detail}`);
}

/** RFC 3463 3.2: 1.7 and 1.8 are about the sender's address, even in reply to RCPT TO. */
export function isAboutSender({ enhanced }: ReplyCodes): boolean {
  return enhanced !== null && enhanced.subject === 1 && (enhanced.detail === 7 || enhanced.detail === 8);
}

const mailSteps: ReadonlySet<SmtpStep> = new Set<SmtpStep>(['MAIL FROM', 'RCPT TO', 'DATA', 'content']);

/** If the two codes contradict each other, the refusal counts as temporary, which is harmless. */
function isPermanent({ code, enhanced }: ReplyCodes): boolean {
  return code >= 500 && (enhanced === null || enhanced.class === 5);
}

/** Returns what a permanent refusal is about; null if it is about us, the sender, the server or a full mailbox. */
function whatIsRefused(step: SmtpStep, codes: ReplyCodes, reply: string, isLoggedIn: boolean): RefusalStage | null {
  const { code, enhanced } = codes;
  const status = enhanced === null ? null : `${enhanced.subject}.${enhanced.detail}`;
  // 5.2.3 and 5.3.4: too large for the mailbox, or for the server. A bare 552 to RCPT TO means a full mailbox.
  if (status === '2.3' || status === '3.4') return 'message';
  if (status === null && code === 552 && step !== 'RCPT TO') return 'message';
  if (step === 'DATA' || step === 'content') return 'message';
  if (step === 'MAIL FROM' || isAboutSender(codes)) return null;
  if (enhanced !== null) return enhanced.subject === 1 || status === '2.0' || status === '2.1' ? 'recipient' : null;
  if (![550, 551, 553].includes(code)) return null;
  return !isLoggedIn && asksForLogin.test(reply) ? null : 'recipient';
}

/** How Exim and others refuse strangers: 550 without an enhanced code. The words count only if we did not log in. */
const asksForLogin =
  /\bauthenticat|\bSMTP AUTH\b|\bAUTH (?:is )?required|\brelay|\b(?:log|logged) in\b|\blogin (?:is )?required/i;

/** nodemailer compared the mail with the size that the server announced, and sent nothing. */
function isOverAnnouncedSize({ code, step, reply }: SmtpError): boolean {
  return code === 'EMESSAGE' && step === 'MAIL FROM' && reply === null;
}

/**
 * A failure before MAIL FROM affects every mail, except that a broken connection may be bad luck. From MAIL FROM on, the
 * failure may be this mail's fault, so the other mails are still tried. A server that does not answer MAIL FROM would
 * make each of them wait for as long.
 */
function affectsAll({ code, originalCode, timeoutType, step, reply }: SmtpError, codes: ReplyCodes | null): boolean {
  if (timeoutType !== '' && (step === 'MAIL FROM' || !mailSteps.has(step))) return true;
  // Authentication required (RFC 4954), for every mail.
  if (mailSteps.has(step)) return step === 'MAIL FROM' && codes?.code === 530;
  if (code === 'ESOCKET') return !['ECONNRESET', 'EPIPE'].includes(originalCode);
  return reply !== null || ['EDNS', 'ETLS', 'EAUTH', noLoginOffered].includes(code);
}
