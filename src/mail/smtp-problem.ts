import type { SmtpConfig } from '../config/settings.ts';
import { AppError } from '../errors.ts';
import { explainCertificate } from './smtp-certificate.ts';
import {
  attemptTimeout,
  joinLines,
  noLoginOffered,
  parseReply,
  SmtpError,
  type SmtpProblem,
  type SmtpStep,
} from './smtp-failure.ts';
import { isAboutSender, readSmtpError } from './smtp-outcome.ts';

/** Explains a failure. Whatever has no explanation of its own is shown as it is. */
export function explainSmtpError(error: unknown, config: SmtpConfig): SmtpProblem {
  if (error instanceof AppError) return { message: error.message, hint: error.hint };
  if (!(error instanceof SmtpError))
    return { message: error instanceof Error ? error.message : String(error), hint: '' };
  return (
    explainLogin(error, config) ??
    explainReply(error, config) ??
    explainCertificate(error, config) ??
    explainTls(error, config) ??
    explainConnection(error, config)
  );
}

function explainLogin(
  { step, code, reply, offeredLogins }: SmtpError,
  { login, security }: SmtpConfig,
): SmtpProblem | null {
  const isOAuth = login !== null && 'oauth' in login;
  if (code === noLoginOffered && offeredLogins.length > 0) {
    const [kind, setting] = isOAuth ? ['OAuth', 'XOAUTH2'] : ['password', 'PLAIN or LOGIN'];
    return {
      message: `the server offers no login by ${kind} (it offers ${[...new Set(offeredLogins)].join(', ')})`,
      hint: `Ask the administrator of the mail server to enable ${setting}, or for a server that accepts this machine without a login`,
    };
  }
  if (code === noLoginOffered) {
    const where = security === 'none' ? 'Set SMTP_SECURITY=starttls or tls' : 'Check SMTP_PORT';
    return {
      message: 'the server offers no login (AUTH), but SMTP_USERNAME is set; nothing was sent',
      hint: `${where}, because many servers offer AUTH only on port 587 or 465 and after TLS, or remove SMTP_USERNAME and its secret if the server needs no login`,
    };
  }
  if (step !== 'AUTH' || reply === null) return null;
  const check = isOAuth
    ? 'SMTP_USERNAME (the mailbox) and SMTP_OAUTH_SCOPE, and whether the application may send as that mailbox'
    : 'SMTP_USERNAME and SMTP_PASSWORD, and whether the server accepts passwords';
  const hint = reply.startsWith('4')
    ? `The refusal is temporary: try again in a few minutes. If it persists, check ${check}`
    : `Check ${check}`;
  return { message: `the server refused the login: ${joinLines(reply)}`, hint };
}

/** The hints for a reply, by the step that it ended. */
const replyHints: Record<SmtpStep, string> = {
  connection: 'Ask the administrator of the mail server whether it accepts connections from this machine',
  EHLO: 'Set SMTP_EHLO_NAME to a host name that the server accepts',
  STARTTLS: 'Ask the administrator of the mail server why it refuses STARTTLS',
  AUTH: '',
  'MAIL FROM': 'Check MAIL_FROM, and whether the server requires a login (SMTP_USERNAME)',
  'RCPT TO': 'Check MAIL_TO',
  DATA: '',
  content: '',
};

function explainReply(error: SmtpError, { login }: SmtpConfig): SmtpProblem | null {
  const { code, step, reply, offersStarttls, message } = error;
  if (reply === null) {
    if (code !== 'EMESSAGE') return null;
    const limit = /\d+$/.exec(message)?.[0];
    const allowed = limit === undefined ? '' : ` (${limit} bytes)`;
    return { message: `the mail is larger than the server allows${allowed}`, hint: 'Set MAIL_ATTACHMENTS=none' };
  }
  if (step === 'STARTTLS' && !offersStarttls) {
    return {
      message: 'the server offers no STARTTLS',
      hint: 'If the server has a port that speaks TLS at once, set SMTP_SECURITY=tls and SMTP_PORT (usually 465)',
    };
  }
  const what = step === 'content' ? 'the mail' : step;
  const context = step === 'connection' ? 'instead of a greeting' : `in reply to ${what}`;
  return { message: `${joinLines(reply)} (${context})`, hint: hintForReply(error, reply, login !== null) };
}

function hintForReply(error: SmtpError, reply: string, isLoggedIn: boolean): string {
  // Google's relay answers a bad name with 421, Postfix may do so only at RCPT TO.
  if (error.step === 'EHLO' || /\b(?:HELO|EHLO)\b/i.test(reply)) return replyHints.EHLO;
  const codes = parseReply(reply);
  if (codes !== null && isAboutSender(codes)) return 'Check MAIL_FROM: the server does not accept this sender';
  if (/^4/.test(reply)) return 'The refusal is temporary, such as greylisting: try again in a few minutes';
  const isPolicy =
    error.step === 'RCPT TO' && readSmtpError(error, { reason: reply, isLoggedIn }).kind === 'unavailable';
  if (!isPolicy) return replyHints[error.step];
  const login = isLoggedIn ? '' : ', and whether it requires a login (SMTP_USERNAME)';
  return `Ask the administrator of the mail server whether it accepts mail from this machine and from MAIL_FROM${login}`;
}

/** What Node calls an answer that is no TLS at all. */
const noTlsCodes = ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST'];

function explainTls({ originalCode, step, tlsReason }: SmtpError, { port, security }: SmtpConfig): SmtpProblem | null {
  if (noTlsCodes.includes(originalCode) && security === 'tls' && step === 'connection') {
    return {
      message: `port ${port} does not begin with TLS`,
      hint: 'This port speaks STARTTLS or no TLS: set SMTP_SECURITY=starttls, or set SMTP_PORT to the TLS port (usually 465)',
    };
  }
  if (/^ERR_SSL_(UNSUPPORTED_PROTOCOL|.*ALERT_PROTOCOL_VERSION)$/.test(originalCode)) {
    return {
      message: 'the server supports no TLS version that is still safe (1.2 or newer)',
      hint: 'Ask the administrator of the mail server to enable TLS 1.2 or 1.3',
    };
  }
  if (!originalCode.startsWith('ERR_SSL_')) return null;
  return {
    message: `TLS could not be set up${tlsReason === '' ? '' : `: ${tlsReason}`}`,
    hint: `Check whether port ${port} supports SMTP_SECURITY=${security}`,
  };
}

const firewall = 'Check SMTP_HOST and SMTP_PORT, and whether a firewall blocks the connection';

function explainConnection(
  { code, originalCode, step, timeoutType, message }: SmtpError,
  config: SmtpConfig,
): SmtpProblem {
  const { port, security } = config;
  if (code === 'EDNS')
    return {
      message: 'the name of the server cannot be resolved',
      hint: 'Check SMTP_HOST, and the DNS of this machine',
    };
  if (timeoutType === 'CONNECT_TIMEOUT') {
    const orTls = security === 'tls' ? ', or did not finish the TLS handshake in time' : '';
    return { message: `the server cannot be reached (no answer)${orTls}`, hint: firewall };
  }
  const isSilent = timeoutType === 'GREETING_TIMEOUT' || (step === 'connection' && code === 'ECONNECTION');
  if (isSilent || timeoutType === 'UPGRADE_TIMEOUT') {
    const happened = timeoutType === '' ? 'closed the connection without a greeting' : 'sent no greeting';
    return {
      message:
        timeoutType === 'UPGRADE_TIMEOUT' ? 'the server did not finish the TLS handshake' : `the server ${happened}`,
      hint: security === 'tls' ? firewall : tlsAtOnceHint(port),
    };
  }
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'nothing listens on this port',
    EHOSTUNREACH: 'there is no route to the server',
    ENETUNREACH: 'there is no route to the server',
    ETIMEDOUT: 'the server cannot be reached (no answer)',
  };
  const reason = reasons[originalCode];
  if (reason !== undefined) return { message: `${reason} (${originalCode})`, hint: firewall };
  if (timeoutType === 'SOCKET_TIMEOUT' || timeoutType === attemptTimeout)
    return { message: `the server ${describeDelay(step)} in time`, hint: slowHint };
  if (['ECONNRESET', 'EPIPE'].includes(originalCode) || code === 'ECONNECTION') {
    return {
      message: `the server broke the connection (${describeStep(step)})`,
      hint: step === 'connection' ? firewall : '',
    };
  }
  return { message, hint: firewall };
}

function tlsAtOnceHint(port: number): string {
  return port === 465
    ? '465 speaks TLS at once: set SMTP_SECURITY=tls'
    : `If port ${port} speaks TLS at once, as 465 does, set SMTP_SECURITY=tls. Otherwise check SMTP_HOST and SMTP_PORT`;
}

const slowHint = 'Try again. If this persists, ask the administrator of the mail server why it does not answer';

function describeDelay(step: SmtpStep): string {
  if (step === 'connection') return 'did not send its greeting';
  return step === 'content' ? 'did not take or confirm the mail' : `did not answer ${step}`;
}

function describeStep(step: SmtpStep): string {
  if (step === 'connection') return 'before its greeting';
  return step === 'content' ? 'while or after receiving the mail' : `at ${step}`;
}
