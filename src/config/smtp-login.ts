import { z } from 'zod';
import type { Secret } from './secret.ts';

/** How we log in at the mail server. */
export type SmtpLogin = PasswordLogin | OAuthLogin;

export interface PasswordLogin {
  username: string;
  password: Secret;
}

/** An access token that lives for an hour or so takes the place of the password (OAuth 2, RFC 6749). */
export interface OAuthLogin {
  /** The mailbox. */
  username: string;
  oauth: OAuthClient;
}

export interface OAuthClient {
  tokenUrl: string;
  clientId: string;
  /** null: the token endpoint chooses. */
  scope: string | null;
  grant: OAuthGrant;
}

export type OAuthGrant =
  /** In the application's own right (RFC 6749 4.4). */
  | { kind: 'client-credentials'; clientSecret: Secret }
  /** In the right that a person gave to it (RFC 6749 6). A public client has no secret. */
  | { kind: 'refresh-token'; clientSecret: Secret | null; refreshToken: Secret };

/** The settings of a log-in; null: not set. */
export interface LoginSettings {
  username: string | null;
  password: Secret | null;
  tokenUrl: string | null;
  clientId: string | null;
  clientSecret: Secret | null;
  refreshToken: Secret | null;
  scope: string | null;
}

/**
 * null: no log-in. OAuth is meant as soon as one of its settings is set. Each issue is a problem in full,
 * with the names of the variables.
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
    ctx.addIssue(username === null ? passwordAlone : usernameAlone);
    return z.NEVER;
  }
  const grant = toGrant(clientSecret, refreshToken);
  const needed = {
    SMTP_USERNAME: username,
    SMTP_OAUTH_TOKEN_URL: tokenUrl,
    SMTP_OAUTH_CLIENT_ID: clientId,
    SMTP_OAUTH_CLIENT_SECRET: grant,
  };
  const remove = 'remove the variables that begin with SMTP_OAUTH_';
  for (const [name, value] of Object.entries(needed)) {
    if (value === null) ctx.addIssue(`${name} is not set, but ${oauthVariable} is: set it, or ${remove}`);
  }
  if (password !== null) {
    ctx.addIssue(`SMTP_PASSWORD and ${oauthVariable} are both set: remove the password, or ${remove}`);
  }
  if (username === null || tokenUrl === null || clientId === null || grant === null) return z.NEVER;
  return { username, oauth: { tokenUrl, clientId, scope, grant } };
}

function toGrant(clientSecret: Secret | null, refreshToken: Secret | null): OAuthGrant | null {
  if (refreshToken !== null) return { kind: 'refresh-token', clientSecret, refreshToken };
  return clientSecret === null ? null : { kind: 'client-credentials', clientSecret };
}

const passwordAlone = 'SMTP_PASSWORD is set without SMTP_USERNAME: set both or neither';
const usernameAlone =
  'SMTP_USERNAME is set without SMTP_PASSWORD: set both or neither, or log in with OAuth (SMTP_OAUTH_TOKEN_URL)';
