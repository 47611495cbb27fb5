import type { SMTPConnectionAuth } from 'nodemailer/lib/smtp-connection';
import type { Clock } from '../clock.ts';
import { Secret } from '../config/secret.ts';
import type { SmtpConfig } from '../config/settings.ts';
import type { OAuthLogin } from '../config/smtp-settings.ts';
import { errorCode } from '../errors.ts';

/** How one mailer logs in. */
export interface SmtpLoginSession {
  /** True if a login is configured. Then no mail is sent without it. */
  isRequired: boolean;
  /** What nodemailer needs for one connection; undefined if no login is configured. `signal` also ends the wait for a token. */
  auth(signal: AbortSignal): Promise<SMTPConnectionAuth | undefined>;
  /** Drops a token that the server refused. Returns true if it had worked before, because then a new one may work. */
  dropRefused(error: unknown): boolean;
  /** Removes the password or token from a server's reply. */
  conceal(reply: string): string;
}

export function createSmtpLogin(login: SmtpConfig['login'], clock: Clock): SmtpLoginSession {
  if (login !== null && 'oauth' in login) return createOAuthLogin(login, clock);
  if (login === null) {
    return { isRequired: false, auth: async () => undefined, dropRefused: () => false, conceal: (reply) => reply };
  }
  const { username, password } = login;
  return {
    isRequired: true,
    auth: async () => ({ user: username, pass: password.reveal() }),
    dropRefused: () => false,
    conceal: (reply) => password.concealIn(reply),
  };
}

/** A token is not used in its last minute, because it could expire while a mail is being sent. */
const spareMs = 60_000;

/** Logs in with an access token, which is used for every mail until it is about to expire or is refused. */
function createOAuthLogin({ username, oauth }: OAuthLogin, clock: Clock): SmtpLoginSession {
  /** Kept after a refusal, because the server's reply may repeat it. */
  let token = new Secret('');
  /** By the monotonic clock. */
  let usableUntilMs = Number.NEGATIVE_INFINITY;
  let useCount = 0;

  async function takeToken(signal: AbortSignal): Promise<Secret> {
    const nowMs = clock.monotonicMs();
    if (nowMs >= usableUntilMs) {
      useCount = 0;
      // Loaded on demand, because a login with a password does not need it.
      const { requestToken } = await import('./oauth-token.ts');
      const answer = await requestToken(oauth, signal);
      token = answer.token;
      usableUntilMs = nowMs + answer.lifetimeMs - spareMs;
    }
    useCount += 1;
    return token;
  }

  return {
    isRequired: true,
    async auth(signal) {
      const { default: XOAuth2 } = await import('nodemailer/lib/xoauth2');
      const oauth2 = new XOAuth2({
        user: username,
        // `isRefused`: the server answered the last token with a challenge (334), as Google's does.
        provisionCallback(_user, isRefused, done) {
          if (isRefused) usableUntilMs = Number.NEGATIVE_INFINITY;
          takeToken(signal).then(
            (token) => done(null, token.reveal()),
            (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
          );
        },
      });
      return { user: username, oauth2, method: 'XOAUTH2' };
    },
    // Microsoft's server sends no challenge, so nodemailer does not ask for a new token.
    dropRefused(error) {
      if (errorCode(error) !== 'EAUTH') return false;
      usableUntilMs = Number.NEGATIVE_INFINITY;
      return useCount > 1;
    },
    conceal: (reply) => token.concealIn(reply),
  };
}
