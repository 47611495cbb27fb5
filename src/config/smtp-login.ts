import type { Secret } from '../secret.ts';
import type { Environment } from './environment.ts';
import { oneLine, tokenUrl } from './parsers.ts';
import { type Variable, type VariableName, variable } from './variables.ts';

/** How the mail server learns who we are. */
export type SmtpLogin = PasswordLogin | OAuthLogin;

export interface PasswordLogin {
  username: string;
  password: Secret;
}

/** A token that lives for an hour or so takes the place of the password (OAuth 2, RFC 6749). */
export interface OAuthLogin {
  /** The mailbox. */
  username: string;
  oauth: OAuthClient;
}

export interface OAuthClient {
  tokenUrl: string;
  clientId: string;
  /** null: what the token endpoint gives unless asked. */
  scope: string | null;
  grant: OAuthGrant;
}

export type OAuthGrant =
  /** In the application's own right (RFC 6749 4.4). */
  | { kind: 'client-credentials'; clientSecret: Secret }
  /** In the right that a person gave to it (RFC 6749 6). A public client has no secret. */
  | { kind: 'refresh-token'; clientSecret: Secret | null; refreshToken: Secret };

const oauthVariables = [
  'SMTP_OAUTH_TOKEN_URL',
  'SMTP_OAUTH_CLIENT_ID',
  'SMTP_OAUTH_CLIENT_SECRET',
  'SMTP_OAUTH_REFRESH_TOKEN',
  'SMTP_OAUTH_SCOPE',
] as const satisfies readonly VariableName[];

/** null: no log-in. */
export function readLogin(env: Environment): SmtpLogin | null | undefined {
  const [anyOfOAuth] = oauthVariables.flatMap((name) => nameAsGiven(env, name) ?? []);
  return anyOfOAuth === undefined ? readPasswordLogin(env) : readOAuthLogin(env, anyOfOAuth);
}

function readPasswordLogin(env: Environment): PasswordLogin | null | undefined {
  const username = env.optional('SMTP_USERNAME', oneLine);
  const hasPassword = env.isSecretSet('SMTP_PASSWORD');
  const password = env.secret('SMTP_PASSWORD');
  if (username === undefined && !hasPassword) return null;
  if (username === undefined) return env.problem('SMTP_PASSWORD is set without SMTP_USERNAME: set both or neither');
  if (!hasPassword) {
    return env.problem(
      'SMTP_USERNAME is set without SMTP_PASSWORD: set both or neither, or log in with SMTP_OAUTH_TOKEN_URL and its like',
    );
  }
  return password === undefined ? undefined : { username, password };
}

/** `beside` is the variable that shows that OAuth is wanted. */
function readOAuthLogin(env: Environment, beside: string): OAuthLogin | undefined {
  const needed = (name: VariableName, parse: (value: string) => string): string | undefined =>
    env.isSet(name) ? env.optional(name, parse) : missing(env, name, beside);
  const passwordName = nameAsGiven(env, 'SMTP_PASSWORD');
  if (passwordName !== null) {
    env.problem(
      `${passwordName} and ${beside} are both set: keep the password or what begins with SMTP_OAUTH_, and take the other away`,
    );
  }
  const username = needed('SMTP_USERNAME', oneLine);
  const url = needed('SMTP_OAUTH_TOKEN_URL', tokenUrl);
  const clientId = needed('SMTP_OAUTH_CLIENT_ID', oneLine);
  const scope = env.optional('SMTP_OAUTH_SCOPE', oneLine) ?? null;
  const grant = readGrant(env, beside);
  if (!username || !url || !clientId || !grant) return undefined;
  return { username, oauth: { tokenUrl: url, clientId, scope, grant } };
}

function readGrant(env: Environment, beside: string): OAuthGrant | undefined {
  const hasClientSecret = env.isSecretSet('SMTP_OAUTH_CLIENT_SECRET');
  const clientSecret = env.secret('SMTP_OAUTH_CLIENT_SECRET');
  if (env.isSecretSet('SMTP_OAUTH_REFRESH_TOKEN')) {
    const refreshToken = env.secret('SMTP_OAUTH_REFRESH_TOKEN');
    if (refreshToken === undefined || (hasClientSecret && clientSecret === undefined)) return undefined;
    return { kind: 'refresh-token', clientSecret: clientSecret ?? null, refreshToken };
  }
  if (!hasClientSecret) return missing(env, 'SMTP_OAUTH_CLIENT_SECRET', beside);
  return clientSecret === undefined ? undefined : { kind: 'client-credentials', clientSecret };
}

function missing(env: Environment, name: VariableName, beside: string): undefined {
  const { description, secret }: Variable = variable(name);
  const file = secret ? `, or its file as ${name}_FILE` : '';
  return env.problem(`${name} is not set, but ${beside} is: give ${description}${file}`);
}

/** `NAME`, or `NAME_FILE` for a secret that comes so; null when it is not set. */
function nameAsGiven(env: Environment, name: VariableName): string | null {
  if (env.isSet(name)) return name;
  return variable(name).secret && env.isSecretSet(name) ? `${name}_FILE` : null;
}
