import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from '../../src/config/secret.ts';
import type { OAuthClient } from '../../src/config/smtp-settings.ts';
import { AppError } from '../../src/errors.ts';
import { describeError } from '../../src/logging.ts';
import { requestToken } from '../../src/mail/oauth-token.ts';
import { sendJson } from '../support/http-server.ts';
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

/** The error of a request that must fail. */
async function failureOf(client: OAuthClient): Promise<AppError> {
  try {
    await requestToken(client, noAbort);
  } catch (error) {
    assert.ok(error instanceof AppError, inspect(error));
    return error;
  }
  return assert.fail('a token was given');
}

function assertSecretless(error: AppError): void {
  const shown = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(describeError(error)), error.hint];
  for (const form of secretForms) assert.ok(!shown.join('\n').includes(form), `the error holds ${form}`);
}

describe('a token for the mail server', () => {
  test('is asked for in the application’s own right, as Microsoft 365 wants it', async () => {
    await using endpoint = await startTokenEndpoint();

    const { token, lifetimeMs } = await requestToken(clientCredentials(endpoint.url), noAbort);

    assert.equal(token.reveal(), 'token-1');
    assert.equal(lifetimeMs, 3_599_000);
    assert.deepEqual(endpoint.forms, [
      {
        grant_type: 'client_credentials',
        client_id: '11111111-2222-3333-4444-555555555555',
        client_secret: clientSecret,
        scope: 'https://outlook.office365.com/.default',
      },
    ]);
  });

  test('is asked for with a refresh token, as Google wants it', async () => {
    await using endpoint = await startTokenEndpoint();

    const { token } = await requestToken(refreshTokenClient(endpoint.url), noAbort);

    assert.equal(token.reveal(), 'token-1');
    assert.deepEqual(endpoint.forms, [
      {
        grant_type: 'refresh_token',
        client_id: '123.apps.googleusercontent.com',
        client_secret: clientSecret,
        refresh_token: refreshToken,
      },
    ]);
  });

  test('is asked for without a secret by a public client', async () => {
    await using endpoint = await startTokenEndpoint();

    await requestToken({ ...refreshTokenClient(endpoint.url), scope: 'a b', clientSecret: null }, noAbort);

    assert.deepEqual(Object.keys(endpoint.forms[0] ?? {}).sort(), [
      'client_id',
      'grant_type',
      'refresh_token',
      'scope',
    ]);
    assert.equal(endpoint.forms[0]?.scope, 'a b');
  });

  test('is asked for with a POST whose secrets stand in its body only', async () => {
    await using endpoint = await startTokenEndpoint();

    await requestToken(clientCredentials(`${endpoint.url}?policy=mail`), noAbort);

    const [request] = endpoint.requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request.url, '/tenant/oauth2/v2.0/token?policy=mail');
    assert.match(request.headers['content-type'] ?? '', /^application\/x-www-form-urlencoded\b/);
    assert.equal(request.headers.authorization, undefined);
  });

  const lifetimes: [string, Record<string, unknown>, number][] = [
    ['as text', { expires_in: '600' }, 600_000],
    ['as zero', { expires_in: 0 }, 0],
    ['not at all', { expires_in: undefined }, 300_000],
  ];
  for (const [how, fields, expectedMs] of lifetimes) {
    test(`lives as long as the endpoint says, also where it says so ${how}`, async () => {
      await using endpoint = await startTokenEndpoint(giveToken(fields));

      assert.equal((await requestToken(clientCredentials(endpoint.url), noAbort)).lifetimeMs, expectedMs);
    });
  }

  test('shows itself to nobody', async () => {
    await using endpoint = await startTokenEndpoint();

    const answer = await requestToken(clientCredentials(endpoint.url), noAbort);

    assert.doesNotMatch(inspect(answer) + JSON.stringify(answer), /token-1/);
  });
});

/** What the endpoint answers, what the error then says behind its address, and what its hint names. */
const failures: [string, TokenAnswer, says: RegExp, hint: RegExp][] = [
  [
    'an unknown application',
    refuse('invalid_client', 401),
    /^answered 401: invalid_client$/,
    /SMTP_OAUTH_CLIENT_SECRET/,
  ],
  ['an application without the right', refuse('unauthorized_client'), /^answered 400: unau/, /SMTP_OAUTH_CLIENT_ID/],
  ['a scope that there is not', refuse('invalid_scope'), /^answered 400: invalid_scope$/, /SMTP_OAUTH_SCOPE/],
  ['another code', refuse('interaction_required'), /^answered 400: interaction_required$/, /SMTP_OAUTH_TOKEN_URL/],
  ['an outage of its own', refuse('server_error', 503), /^answered 503: server_error$/, /waits and is retried/],
  ['a code with spaces', refuse('no such thing'), /^answered 400$/, /SMTP_OAUTH_TOKEN_URL/],
  ['a code of 61 letters', refuse('x'.repeat(61)), /^answered 400$/, /SMTP_OAUTH_TOKEN_URL/],
  ['a code that is no text', refuse({ client_secret: clientSecret }), /^answered 400$/, /SMTP_OAUTH_TOKEN_URL/],
  ['too many requests', sendPage(429), /^answered 429$/, /waits and is retried/],
  ['a broken gateway', sendPage(502), /^answered 502$/, /waits and is retried/],
  ['a page of a proxy', sendPage(200), /^answered without a usable JSON$/, /a proxy answers instead/],
  ['a page that says it is JSON', sendPage(200, 'application/json'), /without a usable JSON$/, /SMTP_OAUTH_TOKEN_URL/],
  ['nothing', (response) => response.end(), /^answered without a usable JSON$/, /SMTP_OAUTH_TOKEN_URL/],
  ['null', (response) => sendJson(response, null), /^answered without a usable JSON$/, /SMTP_OAUTH_TOKEN_URL/],
  ['no token', giveToken({ access_token: undefined }), /without a usable access_token$/, /SMTP_OAUTH_TOKEN_URL/],
  ['a token with a control character', giveToken({ access_token: 'a\u0001user=b' }), /usable access_token$/, /URL/],
  ['a token that is no bearer’s', giveToken({ token_type: 'mac' }), /without a usable token_type$/, /URL/],
  ['an odd lifetime', giveToken({ expires_in: 'soon' }), /without a usable expires_in$/, /SMTP_OAUTH_TOKEN_URL/],
  [
    'more than any token needs',
    giveToken({ padding: 'x'.repeat(70_000) }),
    /^gave an answer of more than 65536/,
    /URL/,
  ],
  [
    'half an answer',
    (response) => response.writeHead(200, { 'content-length': '99' }).write('{', () => response.destroy()),
    /^cannot be reached \(/,
    /firewall/,
  ],
];

describe('a token endpoint that gives', () => {
  for (const [what, answer, says, hint] of failures) {
    test(`${what} is told with a hint that names the variable, and no secret`, async () => {
      await using endpoint = await startTokenEndpoint(answer);

      const error = await failureOf(clientCredentials(endpoint.url));

      const address = `SMTP_OAUTH_TOKEN_URL (${new URL(endpoint.url).host}) `;
      assert.ok(error.message.startsWith(address), error.message);
      assert.match(error.message.slice(address.length), says);
      assert.match(error.hint, hint);
      assert.equal(endpoint.forms.length, 1);
      assertSecretless(error);
    });
  }

  test('invalid_grant for a refresh token is told as one that has to be made anew', async () => {
    await using endpoint = await startTokenEndpoint(refuse('invalid_grant'));

    const error = await failureOf(refreshTokenClient(endpoint.url));

    assert.match(error.message, /answered 400: invalid_grant$/);
    assert.match(error.hint, /^SMTP_OAUTH_REFRESH_TOKEN has expired/);
    assertSecretless(error);
  });

  test('what it was sent as its error code has it not repeated', async () => {
    const plainSecret = 'only-letters.and-digits';
    await using endpoint = await startTokenEndpoint(refuse(plainSecret));

    const error = await failureOf({ ...clientCredentials(endpoint.url), clientSecret: new Secret(plainSecret) });

    assert.match(error.message, /answered 400$/);
  });

  test('a redirect is told, and gets no secret to where it points', async () => {
    await using elsewhere = await startTokenEndpoint();
    await using endpoint = await startTokenEndpoint((response, _count, form) => {
      response.writeHead(307, { location: `${elsewhere.url}?${new URLSearchParams(form)}` }).end();
    });

    const error = await failureOf(clientCredentials(endpoint.url));

    assert.match(error.message, /answered 307, a redirect, which is not followed$/);
    assert.match(error.hint, /SMTP_OAUTH_TOKEN_URL/);
    assert.equal(elsewhere.requests.length, 0);
    assertSecretless(error);
  });

  test('no answer, since it is not there, is told with the cause', async () => {
    const error = await failureOf(clientCredentials(`http://127.0.0.1:${await closedPort()}/token`));

    assert.match(error.message, /cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)$/);
    assert.match(error.hint, /SMTP_OAUTH_TOKEN_URL/);
    assertSecretless(error);
  });

  test('no answer yet is not waited for when the program has to stop', async () => {
    const controller = new AbortController();
    const reason = new Error('told to stop');
    await using endpoint = await startTokenEndpoint(() => controller.abort(reason));

    await assert.rejects(requestToken(clientCredentials(endpoint.url), controller.signal), reason);
  });
});
