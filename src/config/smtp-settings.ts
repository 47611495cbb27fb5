import { z } from 'zod';
import type { Secret } from './secret.ts';

/** How to log in to the mail server. */
export type SmtpLogin = PasswordLogin | OAuthLogin;

export interface PasswordLogin {
  username: string;
  password: Secret;
}

/** OAuth 2 (RFC 6749): a short-lived access token replaces the password. */
export interface OAuthLogin {
  /** The mailbox. */
  username: string;
  oauth: OAuthClient;
}

export interface OAuthClient {
  tokenUrl: string;
  clientId: string;
  /** null for a public client, which has none. */
  clientSecret: Secret | null;
  /** With a refresh token, the application acts for a person (RFC 6749 6); with null, for itself (RFC 6749 4.4). */
  refreshToken: Secret | null;
  /** null: the token endpoint chooses. */
  scope: string | null;
}

/** The settings of a login; null when not set. */
export type LoginSettings = {
  [Name in keyof (PasswordLogin & OAuthClient)]: (PasswordLogin & OAuthClient)[Name] | null;
};

/**
 * Returns the login; null when none is set. A single SMTP_OAUTH_ variable is enough to choose OAuth. Each issue
 * has a complete message, with the names of the variables.
 */
export function toLogin(
  { username, password, tokenUrl, clientId, clientSecret, refreshToken, scope }: LoginSettings,
  ctx: z.RefinementCtx,
): SmtpLogin | null {
  const oauth = {
    SMTP_OAUTH_TOKEN_URL: tokenUrl,
    SMTP_OAUTH_CLIENT_ID: clientId,
    SMTP_OAUTH_CLIENT_SECRET: clientSecret,
    SMTP_OAUTH_REFRESH_TOKEN: refreshToken,
    SMTP_OAUTH_SCOPE: scope,
  };
  const oauthVariable = Object.entries(oauth).find(([, value]) => value !== null)?.[0];
  if (oauthVariable === undefined) {
    if (username === null && password === null) return null;
    if (username !== null && password !== null) return { username, password };
    ctx.addIssue(
      username === null
        ? 'SMTP_PASSWORD is set without SMTP_USERNAME: set both or neither'
        : 'SMTP_USERNAME is set without SMTP_PASSWORD: set both or neither, or log in with OAuth (SMTP_OAUTH_TOKEN_URL)',
    );
    return z.NEVER;
  }
  const needed = {
    SMTP_USERNAME: username,
    SMTP_OAUTH_TOKEN_URL: tokenUrl,
    SMTP_OAUTH_CLIENT_ID: clientId,
    SMTP_OAUTH_CLIENT_SECRET: clientSecret ?? refreshToken,
  };
  const remove = 'remove the variables that begin with SMTP_OAUTH_';
  for (const [name, value] of Object.entries(needed)) {
    const choices = name === 'SMTP_OAUTH_CLIENT_SECRET' ? `${name} or SMTP_OAUTH_REFRESH_TOKEN` : name;
    if (value === null) ctx.addIssue(`${name} is not set, but ${oauthVariable} is: set ${choices}, or ${remove}`);
  }
  if (password !== null) {
    ctx.addIssue(`SMTP_PASSWORD and ${oauthVariable} are both set: remove the password, or ${remove}`);
  }
  if (username === null || tokenUrl === null || clientId === null) return z.NEVER;
  return { username, oauth: { tokenUrl, clientId, clientSecret, refreshToken, scope } };
}
