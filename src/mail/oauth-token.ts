import ky, { isNetworkError, isTimeoutError } from 'ky';
import { z } from 'zod';
import { createBoundedFetch, UnusableResponseError } from '../bounded-fetch.ts';
import { Secret } from '../config/secret.ts';
import type { OAuthClient } from '../config/smtp-settings.ts';
import { AppError } from '../errors.ts';
import { explainNoResponse, explainStatus } from '../http-failure.ts';
import { version } from '../version.ts';

export interface AccessToken {
  token: Secret;
  lifetimeMs: number;
}

/** While we wait, the connection to the mail server is open and idle. It times out after a minute. */
const timeoutMs = 20_000;
/** A token has 1 to 4 KB. */
const maxBodyBytes = 64 * 1024;

/** RFC 6749 5.1. The lifetime is optional; a short one is assumed if it is missing. */
const tokenAnswer = z.object({
  // Only what may follow `Bearer`, because a control character would end the token early.
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().nonnegative().default(300),
});

/** RFC 6749 5.2. We show only the code, and only if it looks like one, because the rest may echo our secrets. */
const errorAnswer = z.object({ error: z.string().regex(/^[\w.-]{1,60}$/) });

const addressHint = 'Check SMTP_OAUTH_TOKEN_URL, and whether a proxy answers instead';
const waitHint =
  'No action needed: mail waits and is retried. If this persists, contact the operator of the token endpoint';
const clientHint =
  'Check SMTP_OAUTH_CLIENT_ID and SMTP_OAUTH_CLIENT_SECRET: the application is unknown or not allowed to do this, or its secret has expired';

/** By error code (RFC 6749 5.2). */
const hints = new Map([
  ['invalid_client', clientHint],
  ['unauthorized_client', clientHint],
  [
    'invalid_grant',
    'Create a new SMTP_OAUTH_REFRESH_TOKEN: this one has expired, was revoked, or belongs to another SMTP_OAUTH_CLIENT_ID',
  ],
  ['invalid_scope', 'Check SMTP_OAUTH_SCOPE'],
  ['temporarily_unavailable', waitHint],
  ['server_error', waitHint],
]);

/**
 * Requests an access token from the token endpoint. There is no retry here, because the outbox retries the mail.
 *
 * @throws AppError; the signal's reason when it is aborted.
 */
export async function requestToken(client: OAuthClient, signal: AbortSignal): Promise<AccessToken> {
  const failure = (problem: string, hint: string): AppError =>
    new AppError(`SMTP_OAUTH_TOKEN_URL (${new URL(client.tokenUrl).host}) ${problem}`, { hint });
  const form = formOf(client);
  const response = await ky
    .post(client.tokenUrl, {
      body: form,
      headers: { accept: 'application/json', 'user-agent': `omni-token-audit/${version}` },
      signal,
      // Following a redirect would send the secrets to another address.
      redirect: 'manual',
      fetch: createBoundedFetch(maxBodyBytes),
      throwHttpErrors: false,
      timeout: timeoutMs,
      totalTimeout: timeoutMs,
      retry: { limit: 0 },
    })
    .catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      if (isTimeoutError(error)) throw failure(`did not answer within ${timeoutMs / 1000} seconds`, waitHint);
      if (error instanceof UnusableResponseError) throw failure(`answered with ${error.message}`, addressHint);
      if (!isNetworkError(error)) throw failure('cannot be reached', addressHint);
      const { reason, hint } = explainNoResponse(error, 'SMTP_OAUTH_TOKEN_URL');
      throw failure(`cannot be reached (${reason})`, hint);
    });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw failure(...describeRefusal(response.status, body, form));
  const answer = tokenAnswer.safeParse(body);
  if (!answer.success) {
    const [field = 'the JSON'] = answer.error.issues.flatMap(({ path }) => path.map(String));
    throw failure(`answered, but ${field} is missing or invalid`, addressHint);
  }
  return { token: new Secret(answer.data.access_token), lifetimeMs: answer.data.expires_in * 1000 };
}

/** Credentials go into the body, as Microsoft and Google expect (RFC 6749 2.3.1). */
function formOf({ clientId, clientSecret, refreshToken, scope }: OAuthClient): URLSearchParams {
  const form = new URLSearchParams({ client_id: clientId });
  form.set('grant_type', refreshToken === null ? 'client_credentials' : 'refresh_token');
  if (refreshToken !== null) form.set('refresh_token', refreshToken.reveal());
  if (clientSecret !== null) form.set('client_secret', clientSecret.reveal());
  if (scope !== null) form.set('scope', scope);
  return form;
}

function describeRefusal(status: number, body: unknown, form: URLSearchParams): [problem: string, hint: string] {
  if (status >= 300 && status < 400) {
    const hint = 'Set SMTP_OAUTH_TOKEN_URL to the final address, or check whether a proxy answers instead';
    return [`answered ${status}, a redirect, which is not followed`, hint];
  }
  const code = errorAnswer.safeParse(body).data?.error;
  if (code === undefined || [...form.values()].some((value) => code.includes(value))) {
    const { says, hint } = explainStatus(status);
    return [`answered ${says}`, hint ?? addressHint];
  }
  const hint = hints.get(code) ?? 'Check SMTP_OAUTH_TOKEN_URL, SMTP_OAUTH_CLIENT_ID and SMTP_OAUTH_SCOPE';
  return [`answered ${status}: ${code}`, hint];
}
