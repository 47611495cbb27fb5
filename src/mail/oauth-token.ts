import ky, { isNetworkError, isTimeoutError } from 'ky';
import { z } from 'zod';
import { createBoundedFetch, OversizedBodyError, rootMessage } from '../bounded-fetch.ts';
import { Secret } from '../config/secret.ts';
import type { OAuthClient, OAuthGrant } from '../config/smtp-login.ts';
import { version } from '../version.ts';
import { MailServerError } from './mail-server-error.ts';

export interface AccessToken {
  token: Secret;
  lifetimeMs: number;
}

/** Within a connection to the mail server, which gives up after a minute of silence. */
const timeoutMs = 20_000;
/** Tokens are of 1 to 4 KB. */
const maxBodyBytes = 64 * 1024;
const fetchBounded = createBoundedFetch(maxBodyBytes);

/** RFC 6749 5.1. The lifetime is optional. If it is missing, a short one is assumed. */
const tokenAnswer = z.object({
  // What may follow `Bearer`: no control character, which would end it early.
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().nonnegative().default(300),
});

/** RFC 6749 5.2. Only the code is repeated, and only if it looks like one. The rest may contain what we sent. */
const errorAnswer = z.object({ error: z.string().regex(/^[\w.-]{1,60}$/) });

/**
 * Asks the token endpoint for an access token, once. The outbox retries waiting mail.
 *
 * @throws MailServerError; the signal's reason when it is aborted.
 */
export async function requestToken(client: OAuthClient, signal: AbortSignal): Promise<AccessToken> {
  const fail = (problem: string, hint: string): MailServerError =>
    new MailServerError(`SMTP_OAUTH_TOKEN_URL (${new URL(client.tokenUrl).host}) ${problem}`, { hint });
  const form = formOf(client);
  const response = await ky
    .post(client.tokenUrl, {
      body: form,
      headers: { accept: 'application/json', 'user-agent': `omni-token-audit/${version}` },
      signal,
      // A redirect would send the secrets wherever it points.
      redirect: 'manual',
      fetch: fetchBounded,
      throwHttpErrors: false,
      timeout: timeoutMs,
      totalTimeout: timeoutMs,
      retry: { limit: 0 },
    })
    .catch((error: unknown) => {
      throw signal.aborted ? signal.reason : fail(...describeFailure(error));
    });
  const body = parseJson(await response.text());
  if (!response.ok) throw fail(...describeRefusal(response.status, body, form, client.grant.kind));
  const answer = tokenAnswer.safeParse(body);
  if (!answer.success) {
    const [field = 'JSON'] = answer.error.issues.flatMap(({ path }) => path.map(String));
    throw fail(`answered without a usable ${field}`, addressHint);
  }
  return { token: new Secret(answer.data.access_token), lifetimeMs: answer.data.expires_in * 1000 };
}

/** Credentials go into the body, as Microsoft and Google expect (RFC 6749 2.3.1). */
function formOf({ clientId, scope, grant }: OAuthClient): URLSearchParams {
  const form = new URLSearchParams({ client_id: clientId });
  if (grant.clientSecret !== null) form.set('client_secret', grant.clientSecret.reveal());
  if (scope !== null) form.set('scope', scope);
  switch (grant.kind) {
    case 'client-credentials':
      form.set('grant_type', 'client_credentials');
      return form;
    case 'refresh-token':
      form.set('grant_type', 'refresh_token');
      form.set('refresh_token', grant.refreshToken.reveal());
      return form;
    default:
      return grant satisfies never;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Problem = [problem: string, hint: string];

const addressHint = 'Check SMTP_OAUTH_TOKEN_URL, and whether a proxy answers instead';
const waitHint = 'Mail waits and is retried. If this persists, ask the operator of the token endpoint';

function describeFailure(error: unknown): Problem {
  if (isTimeoutError(error)) return [`gave no answer within ${timeoutMs / 1000} seconds`, waitHint];
  if (error instanceof OversizedBodyError) return [`gave an answer of ${error.message}`, addressHint];
  const reason = isNetworkError(error) ? ` (${rootMessage(error)})` : '';
  return [
    `cannot be reached${reason}`,
    'Check SMTP_OAUTH_TOKEN_URL, DNS, firewall and proxy. Put a private certificate authority into NODE_EXTRA_CA_CERTS',
  ];
}

function describeRefusal(status: number, body: unknown, form: URLSearchParams, kind: OAuthGrant['kind']): Problem {
  if (status >= 300 && status < 400) {
    return [
      `answered ${status}, a redirect, which is not followed`,
      'Set SMTP_OAUTH_TOKEN_URL to the final address, and check whether a proxy answers instead',
    ];
  }
  const { error: code } = errorAnswer.safeParse(body).data ?? {};
  if (code === undefined || [...form.values()].includes(code)) {
    return [`answered ${status}`, status === 429 || status >= 500 ? waitHint : addressHint];
  }
  return [`answered ${status}: ${code}`, hintFor(code, kind)];
}

/** By the codes of RFC 6749 5.2. */
function hintFor(code: string, kind: OAuthGrant['kind']): string {
  switch (code) {
    case 'invalid_client':
    case 'unauthorized_client':
      return 'Check SMTP_OAUTH_CLIENT_ID and SMTP_OAUTH_CLIENT_SECRET: the application is unknown or not allowed to do this, or its secret has expired';
    case 'invalid_grant':
      return kind === 'refresh-token'
        ? 'SMTP_OAUTH_REFRESH_TOKEN has expired, was revoked, or belongs to another SMTP_OAUTH_CLIENT_ID: create a new one'
        : 'Check SMTP_OAUTH_CLIENT_ID and SMTP_OAUTH_CLIENT_SECRET';
    case 'invalid_scope':
      return 'Check SMTP_OAUTH_SCOPE';
    case 'temporarily_unavailable':
    case 'server_error':
      return waitHint;
    default:
      return 'Check SMTP_OAUTH_TOKEN_URL, SMTP_OAUTH_CLIENT_ID and SMTP_OAUTH_SCOPE';
  }
}
