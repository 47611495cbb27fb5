import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from '../../src/config/secret.ts';
import type { OAuthClient } from '../../src/config/smtp-settings.ts';
import { AppError } from '../../src/errors.ts';
import { describeError } from '../../src/logging.ts';
import { requestToken } from '../../src/mail/oauth-token.ts';
import { closedPort } from '../support/listen.ts';
import { noAbort } from '../support/no-abort.ts';
import {
  clientCredentials,
  clientSecret,
  refreshToken,
  refreshTokenClient,
  secretForms,
} from '../support/oauth-clients.ts';
import { giveToken, refuse, sendPage, startTokenEndpoint, type TokenAnswer } from '../support/token-endpoint.ts';

/** Returns the error of a request that must fail, after asserting that it contains no secret. */
async function failureOf(client: OAuthClient): Promise<AppError> {
  const error = await requestToken(client, noAbort).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof AppError, inspect(error));
  const shown = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(describeError(error)), error.hint];
  for (const form of secretForms) assert.ok(!shown.join('\n').includes(form), `the error contains ${form}`);
  return error;
}

describe('a request for an access token', () => {
  const microsoft = {
    grant_type: 'client_credentials',
    client_id: '11111111-2222-3333-4444-555555555555',
    client_secret: clientSecret,
    scope: 'https://outlook.office365.com/.default',
  };
  const google = {
    grant_type: 'refresh_token',
    client_id: '123.apps.googleusercontent.com',
    client_secret: clientSecret,
    refresh_token: refreshToken,
  };
  const { client_secret: _, ...publicClient } = google;
  const forms: [string, (url: string) => OAuthClient, Record<string, string>][] = [
    ['client credentials, as for Microsoft 365', clientCredentials, microsoft],
    ['a refresh token, as for Google', refreshTokenClient, google],
    ['no client secret', (url) => ({ ...refreshTokenClient(url), clientSecret: null }), publicClient],
  ];
  for (const [what, client, form] of forms) {
    test(`posts a form with ${what}, and puts secrets nowhere else`, async () => {
      await using endpoint = await startTokenEndpoint();
      const { token, lifetimeMs } = await requestToken(client(`${endpoint.url}?policy=mail`), noAbort);
      assert.deepEqual([token.reveal(), lifetimeMs], ['token-1', 3_599_000]);
      assert.deepEqual(endpoint.forms, [form]);
      const [request] = endpoint.requests;
      assert.deepEqual([request?.method, request?.url], ['POST', '/tenant/oauth2/v2.0/token?policy=mail']);
      assert.match(request?.headers['content-type'] ?? '', /^application\/x-www-form-urlencoded\b/);
      assert.equal(request?.headers.authorization, undefined);
    });
  }

  for (const [expiresIn, lifetimeMs] of [
    ['600', 600_000],
    [0, 0],
    [undefined, 300_000],
  ] as const) {
    test(`returns a lifetime of ${lifetimeMs} ms for ${JSON.stringify(expiresIn)}`, async () => {
      await using endpoint = await startTokenEndpoint(giveToken({ expires_in: expiresIn }));
      assert.equal((await requestToken(clientCredentials(endpoint.url), noAbort)).lifetimeMs, lifetimeMs);
    });
  }

  test('ends with the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new Error('shutting down');
    await using endpoint = await startTokenEndpoint(() => controller.abort(reason));
    await assert.rejects(requestToken(clientCredentials(endpoint.url), controller.signal), reason);
  });
});

const cutOff: TokenAnswer = (response) => {
  response.writeHead(200, { 'content-length': '99' }).write('{', () => response.destroy());
};

/** What the endpoint answers, what the error says after the address of the endpoint, and its hint. */
const failures: [string, TokenAnswer, says: RegExp, hint: RegExp][] = [
  ['an unknown client', refuse('invalid_client', 401), /^answered 401: invalid_client$/, /SMTP_OAUTH_CLIENT_SECRET/],
  ['an unknown scope', refuse('invalid_scope'), /^answered 400: invalid_scope$/, /^Check SMTP_OAUTH_SCOPE/],
  ['an expired refresh token', refuse('invalid_grant'), /invalid_grant$/, /^Create a new SMTP_OAUTH_REFRESH_TOKEN/],
  ['another error code', refuse('interaction_required'), /: interaction_required$/, /SMTP_OAUTH_TOKEN_URL/],
  ['an outage', refuse('server_error', 503), /^answered 503: server_error$/, /^No action needed/],
  ['an error code with spaces', refuse('no such thing'), /^answered 400$/, /SMTP_OAUTH_TOKEN_URL/],
  ['an error code of 61 letters', refuse('x'.repeat(61)), /^answered 400$/, /SMTP_OAUTH_TOKEN_URL/],
  ['too many requests', sendPage(429), /^answered 429: too many requests$/, /^No action needed/],
  [
    'the page of a broken gateway',
    sendPage(502),
    /^answered 502: a gateway received an invalid response$/,
    /^No action needed/,
  ],
  [
    'the page of a network login',
    sendPage(511),
    /^answered 511: the network requires a login$/,
    /^Ask the administrator of your network/,
  ],
  [
    'the page of a proxy that requires a login',
    sendPage(407),
    /^cannot be reached \(the proxy .*\(407\)\)$/,
    /HTTPS_PROXY/,
  ],
  ['the page of a proxy', sendPage(200), /^answered, but the JSON is missing or invalid$/, /a proxy answers instead/],
  [
    'no token',
    giveToken({ access_token: undefined }),
    /but access_token is missing or invalid$/,
    /SMTP_OAUTH_TOKEN_URL/,
  ],
  [
    'a token with a control character',
    giveToken({ access_token: 'a\u0001user=b' }),
    /access_token is missing or invalid$/,
    /URL/,
  ],
  ['a token of another type', giveToken({ token_type: 'mac' }), /but token_type is missing or invalid$/, /URL/],
  [
    'an unusable lifetime',
    giveToken({ expires_in: 'soon' }),
    /but expires_in is missing or invalid$/,
    /SMTP_OAUTH_TOKEN_URL/,
  ],
  ['a huge answer', giveToken({ padding: 'x'.repeat(70_000) }), /^answered with more than 64 KiB$/, /URL/],
  ['half an answer', cutOff, /^cannot be reached \(/, /firewall/],
];

describe('the error about a token endpoint', () => {
  for (const [what, answer, says, hint] of failures) {
    test(`that sends ${what} has a hint and no secret`, async () => {
      await using endpoint = await startTokenEndpoint(answer);
      const error = await failureOf(refreshTokenClient(endpoint.url));
      const address = `SMTP_OAUTH_TOKEN_URL (${new URL(endpoint.url).host}) `;
      assert.ok(error.message.startsWith(address), error.message);
      assert.match(error.message.slice(address.length), says);
      assert.match(error.hint, hint);
      assert.equal(endpoint.forms.length, 1);
    });
  }

  test('that does not exist names the cause', async () => {
    const error = await failureOf(clientCredentials(`http://127.0.0.1:${await closedPort()}/token`));
    assert.match(error.message, /cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)$/);
    assert.match(error.hint, /SMTP_OAUTH_TOKEN_URL/);
  });

  test('that sends our secret as its error code does not repeat it', async () => {
    const plainSecret = 'only-letters.and-digits';
    await using endpoint = await startTokenEndpoint(refuse(plainSecret));
    const error = await failureOf({ ...clientCredentials(endpoint.url), clientSecret: new Secret(plainSecret) });
    assert.match(error.message, /answered 400$/);
  });

  test('that redirects asks for the final address, which gets no secret', async () => {
    await using elsewhere = await startTokenEndpoint();
    await using endpoint = await startTokenEndpoint((response, _count, form) => {
      response.writeHead(307, { location: `${elsewhere.url}?${new URLSearchParams(form)}` }).end();
    });
    const error = await failureOf(clientCredentials(endpoint.url));
    assert.match(error.message, /answered 307, a redirect, which is not followed$/);
    assert.match(error.hint, /^Set SMTP_OAUTH_TOKEN_URL to the final address/);
    assert.deepEqual(elsewhere.requests, []);
  });
});
