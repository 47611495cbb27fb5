import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { CredentialRefusedError, NotFoundError, OmniError } from '../../src/errors.ts';
import { describeError } from '../../src/logging.ts';
import { version } from '../../src/version.ts';
import { sendJson, startHttpServer } from '../support/http-server.ts';
import { closedPort } from '../support/listen.ts';
import { apiToken, askForTokens as ask, errorOf, someOmniHttp } from '../support/omni-api.ts';

/** Asserts that nothing that the program could print about this error contains the token. */
function assertKeepsSecret(error: Error): void {
  const printed = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(describeError(error)), error.stack];
  assert.ok(!printed.join('\n').includes(apiToken), printed.join('\n'));
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer, headers = {}): void {
  response.writeHead(status, { 'content-type': type, ...headers }).end(body);
}

describe('a request to Omni', () => {
  test('is a GET with our token and name, below the path of the base URL', async () => {
    await using server = await startHttpServer((response) => sendJson(response, { fine: true }));
    const http = someOmniHttp(`${server.baseUrl}/behind/a/proxy`);
    assert.deepEqual(await ask(http), { fine: true });
    const [request] = server.requests;
    assert.equal(request?.method, 'GET');
    assert.equal(request?.url, '/behind/a/proxy/api/v1/api-keys?pageSize=100&cursor=a+b%26c');
    assert.equal(request?.headers.authorization, `Bearer ${apiToken}`);
    assert.equal(request?.headers['user-agent'], `omni-token-audit/${version}`);
    assert.equal(request?.headers.accept, 'application/json');
    assert.equal(http.requestCount, 1);
  });

  for (const [status, says, hint] of [
    [408, '408: the server did not receive the request in time', /^No action needed/],
    [429, '429: too many requests', /^Lower OMNI_REQUESTS_PER_MINUTE/],
    [500, '500', /^No action needed/],
    [502, '502: a gateway received an invalid response', /^No action needed/],
    [503, '503: the service is unavailable', /^No action needed/],
    [504, '504: a gateway received no response in time', /^No action needed/],
    [511, '511: the network requires a login', /^Ask the administrator of your network/],
    [599, '599', /^No action needed/],
  ] as const) {
    test(`is retried four times after ${status}`, async () => {
      await using server = await startHttpServer((response) => sendJson(response, { error: apiToken }, status));
      const http = someOmniHttp(server.baseUrl);
      const error = await errorOf(http);
      assert.equal(error.status, status);
      assert.equal(error.message, `listing tokens, page 7, failed with ${says}`);
      assert.match(error.hint, hint);
      assert.deepEqual([server.requests.length, http.requestCount], [5, 5]);
      assertKeepsSecret(error);
    });
  }

  const json = 'application/json';
  const refusals: [status: number, type: string, Type: typeof OmniError, says: string, hint: RegExp][] = [
    [400, json, CredentialRefusedError, '400: Omni refused the request or its credential', /^Set OMNI_API_TOKEN/],
    [401, json, CredentialRefusedError, '401: Omni refused the credential', /Settings › API access/],
    [403, json, CredentialRefusedError, '403: Omni refused the credential', /Settings › API access/],
    [403, 'text/html', OmniError, '403: the response is a web page, which Omni never sends', /proxy/],
    [404, json, NotFoundError, '404', /OMNI_BASE_URL/],
    [404, 'text/html', OmniError, '404: the response is a web page, which Omni never sends', /proxy/],
    [404, 'text/plain', OmniError, '404', /proxy/],
    [410, json, OmniError, '410', /proxy/],
    [304, json, OmniError, '304', /proxy/],
    [413, json, OmniError, '413: the request is too large', /^Check whether a proxy or a firewall/],
    [414, json, OmniError, '414: the URL of the request is too long', /^Check whether a proxy or a firewall/],
    [431, json, OmniError, '431: the headers of the request are too large', /^Check whether a proxy or a firewall/],
    [451, json, OmniError, '451: the address is blocked for legal reasons', /^Ask the administrator of your network/],
  ];
  for (const [status, type, Type, says, hint] of refusals) {
    test(`is not retried after ${status} (${type}), which is a ${Type.name}`, async () => {
      await using server = await startHttpServer((response) => send(response, status, type, `"Bearer ${apiToken}"`));
      const error = await errorOf(someOmniHttp(server.baseUrl));
      assert.equal(error.constructor, Type);
      assert.equal(error.status, status);
      assert.equal(error.message, `listing tokens, page 7, failed with ${says}`);
      assert.match(error.hint, hint);
      assert.equal(server.requests.length, 1);
      assertKeepsSecret(error);
    });
  }

  for (const status of [302, 308]) {
    test(`does not follow a redirect (${status}), so that the token goes nowhere else`, async () => {
      await using elsewhere = await startHttpServer((response) => sendJson(response, { stolen: true }));
      await using server = await startHttpServer((response) => {
        response.writeHead(status, { location: `${elsewhere.baseUrl}/login?token=${apiToken}` }).end();
      });
      const error = await errorOf(someOmniHttp(server.baseUrl));
      assert.equal(error.status, status);
      assert.ok(
        error.message.endsWith(`refusing to follow a redirect to ${new URL(elsewhere.baseUrl).host}`),
        error.message,
      );
      assert.equal(error.hint, 'Set OMNI_BASE_URL to the final address');
      assert.deepEqual(elsewhere.requests, []);
      assertKeepsSecret(error);
    });
  }

  test('is retried when the answer never begins, never ends or is cut short', async () => {
    await using server = await startHttpServer((response, count) => {
      if (count === 1) return;
      if (count === 5) return sendJson(response, { count });
      response.writeHead(200, { 'content-type': json, ...(count === 3 ? { 'content-length': '1000' } : {}) });
      response.write('{"records":[]}', () => count > 2 && response.destroy());
    });
    assert.deepEqual(await ask(someOmniHttp(server.baseUrl, { timeoutMs: 60 })), { count: 5 });
  });

  test('fails when no answer comes in time', async () => {
    await using server = await startHttpServer(() => {});
    const error = await errorOf(someOmniHttp(server.baseUrl, { timeoutMs: 10 }));
    assert.equal(error.message, 'listing tokens, page 7, timed out');
    assert.match(error.hint, /OMNI_TIMEOUT_SECONDS/);
    assertKeepsSecret(error);
  });

  test('names the status whatever the reason phrase is, and one that HTTP does not have', async () => {
    const failed = 'listing tokens, page 7, failed';
    const phrases = ['Nicht verf\xfcgbar', '\u001b[31m', '\xe2\x80\xae', 'x'.repeat(9000)];
    const answers = [...phrases.map((phrase) => ['410', phrase, `${failed} with 410`])];
    answers.push(['999', 'Denied', `${failed}: the response has the status 999, which HTTP does not have`]);
    for (const [status, phrase, message] of answers) {
      const answer = Buffer.from(`HTTP/1.1 ${status} ${phrase}\r\ncontent-length: 0\r\n\r\n`, 'latin1');
      await using server = await startHttpServer((response) => response.socket?.end(answer));
      assert.equal((await errorOf(someOmniHttp(server.baseUrl))).message, message);
    }
  });

  test('is not retried when a proxy requires a login, because that could lock the account', async () => {
    await using server = await startHttpServer((response) => send(response, 407, 'text/plain', 'log in'));
    const error = await errorOf(someOmniHttp(server.baseUrl));
    assert.equal(
      error.message,
      'listing tokens, page 7, failed: could not reach Omni (the proxy requires a login (407))',
    );
    assert.match(error.hint, /^Set HTTPS_PROXY .* to http:\/\/USER:PASSWORD@HOST:PORT/);
    assert.equal(server.requests.length, 1);
  });

  test('fails with the reason, without line breaks or paths of OpenSSL, when the server speaks no TLS', async () => {
    await using server = await startHttpServer((response) => response.end());
    const error = await errorOf(someOmniHttp(server.baseUrl.replace('http:', 'https:')));
    assert.match(error.message, /failed: could not reach Omni \(TLS failed: wrong version number\)$/);
  });

  test('fails with the cause when it cannot connect', async () => {
    const http = someOmniHttp(`http://127.0.0.1:${await closedPort()}`);
    const error = await errorOf(http);
    assert.match(error.message, /failed: could not reach Omni \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)$/);
    assert.match(error.hint, /DNS, firewall and proxy/);
    assert.equal(http.requestCount, 5);
    assertKeepsSecret(error);
  });

  test('ends at once with the reason of the abort', { timeout: 5000 }, async () => {
    const controller = new AbortController();
    const reason = new Error('shutting down');
    await using server = await startHttpServer(() => controller.abort(reason));
    await assert.rejects(ask(someOmniHttp(server.baseUrl), controller.signal), (error) => error === reason);
    assert.equal(server.requests.length, 1);
  });
});

describe('an answer of Omni', () => {
  const page = `<h1>Log in, ${apiToken}</h1>`;
  const latin1 = Buffer.from('{"name":"Zoë"}', 'latin1');
  const unusable: [what: string, type: string | null, body: string | Buffer, says: string][] = [
    ['a web page', 'text/html; charset=utf-8', page, 'JSON ("text/html; charset=utf-8")'],
    ['empty', null, '', 'JSON (no content type)'],
    ['of a type with a character that cannot be seen', 'a/\xad"\tb', '<', 'JSON ("a/\ufffd\\" b")'],
    ['broken UTF-8, in which names are ambiguous', 'application/json', latin1, 'UTF-8'],
  ];
  for (const [what, type, body, says] of unusable) {
    test(`is refused when it is ${what}`, async () => {
      await using server = await startHttpServer((response) => {
        response.writeHead(200, type === null ? {} : { 'content-type': type }).end(body);
      });
      const error = await errorOf(someOmniHttp(server.baseUrl));
      assert.equal(error.message, `listing tokens, page 7, failed: the response is not ${says}`);
      assert.match(error.hint, /OMNI_BASE_URL.*proxy/);
      assertKeepsSecret(error);
    });
  }

  test('may begin with a byte order mark', async () => {
    await using server = await startHttpServer((response) => send(response, 200, 'text/plain', '\ufeff{"name":"Zoë"}'));
    assert.deepEqual(await ask(someOmniHttp(server.baseUrl)), { name: 'Zoë' });
  });

  test('is read only up to 16 MiB', async () => {
    const isClosed = Promise.withResolvers<void>();
    await using server = await startHttpServer((response) => {
      response.on('close', isClosed.resolve);
      response.end(Buffer.alloc(40 * 1024 * 1024, ' '));
    });
    const error = await errorOf(someOmniHttp(server.baseUrl));
    assert.match(error.message, /failed: the response has more than 16 MiB$/);
    assert.match(error.hint, /proxy/);
    await isClosed.promise;
  });
});
