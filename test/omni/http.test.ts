import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { CredentialRefusedError, OmniError } from '../../src/errors.ts';
import { describeError } from '../../src/logging.ts';
import { version } from '../../src/version.ts';
import { createFakeClock, someMorning } from '../support/fake-clock.ts';
import { sendJson, startHttpServer } from '../support/http-server.ts';
import { closedPort } from '../support/listen.ts';
import { apiToken, askForTokens as ask, errorOf, someOmniHttp } from '../support/omni-api.ts';
import { simulateTime } from '../support/simulated-time.ts';

/** Nothing that a program could print of this error holds the token. */
function assertKeepsSecret(error: Error): void {
  const printed = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(describeError(error)), error.stack];
  assert.ok(!printed.join('\n').includes(apiToken), printed.join('\n'));
}

function sendText(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
}

describe('a request to Omni', () => {
  test('is a GET, names this program, and keeps the path of the base URL', async () => {
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

  for (const status of [408, 429, 500, 502, 503, 504]) {
    test(`is sent again after ${status}, and every one is counted`, async () => {
      await using server = await startHttpServer((response, count) => {
        sendJson(response, { count }, count <= 2 ? status : 200);
      });
      const http = someOmniHttp(server.baseUrl);
      assert.deepEqual(await ask(http), { count: 3 });
      assert.equal(server.requests.length, 3);
      assert.equal(http.requestCount, 3);
    });

    test(`is given up after four retries that get ${status}`, async () => {
      await using server = await startHttpServer((response) => sendJson(response, { error: 'busy' }, status));
      const http = someOmniHttp(server.baseUrl);
      const error = await errorOf(http);
      assert.equal(error.status, status);
      assert.match(error.message, /^listing tokens, page 7, was answered with \d+/);
      assert.notEqual(error.hint, '');
      assert.equal(server.requests.length, 5);
      assert.equal(http.requestCount, 5);
    });
  }

  for (const status of [400, 401, 403, 404]) {
    test(`is not sent again after ${status}`, async () => {
      await using server = await startHttpServer((response) => sendJson(response, { status }, status));
      const error = await errorOf(someOmniHttp(server.baseUrl));
      assert.equal(error.status, status);
      assert.equal(server.requests.length, 1);
    });
  }

  for (const status of [401, 403]) {
    test(`that gets ${status} says which credential is needed and where to create it`, async () => {
      await using server = await startHttpServer((response) => sendJson(response, { error: 'no' }, status));
      const error = await errorOf(someOmniHttp(server.baseUrl));
      assert.ok(error instanceof CredentialRefusedError);
      assert.match(error.message, /refused the credential/);
      assert.match(error.hint, /OMNI_API_TOKEN must be an organization API key/);
      assert.match(error.hint, /Settings > API access/);
    });

    test(`that gets ${status} with a web page says nothing about the credential`, async () => {
      await using server = await startHttpServer((response) => {
        response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end('<h1>blocked</h1>');
      });
      const error = await errorOf(someOmniHttp(server.baseUrl));
      assert.ok(error instanceof OmniError);
      assert.ok(!(error instanceof CredentialRefusedError));
      assert.equal(error.status, status);
      assert.match(error.hint, /proxy/);
    });
  }

  test('is sent again when the time of Retry-After is over', async (context) => {
    const { clock, passDuring } = simulateTime(context);
    const askedAtMs: number[] = [];
    await using server = await startHttpServer((response, count) => {
      askedAtMs.push(clock.monotonicMs());
      if (count === 1) sendText(response, 429, 'slow down', { 'retry-after': '20' });
      else sendJson(response, { count });
    });
    assert.deepEqual(await passDuring(ask(someOmniHttp(server.baseUrl, { clock }))), { count: 2 });
    assert.deepEqual(askedAtMs, [0, 20_000]);
  });

  test('is sent again after a 503 at the date of Retry-After', async (context) => {
    const { clock, passDuring } = simulateTime(context);
    const until = new Date(clock.now().getTime() + 20_000);
    const askedAt: Date[] = [];
    await using server = await startHttpServer((response, count) => {
      askedAt.push(clock.now());
      if (count === 1) sendText(response, 503, 'closed', { 'retry-after': until.toUTCString() });
      else sendJson(response, { count });
    });
    await passDuring(ask(someOmniHttp(server.baseUrl, { clock })));
    assert.deepEqual(askedAt, [someMorning, until]);
  });

  test('waits for the others’ use of the limit after a 429 without Retry-After', async () => {
    const clock = createFakeClock();
    await using server = await startHttpServer((response, count) => sendJson(response, {}, count === 1 ? 429 : 200));
    await ask(someOmniHttp(server.baseUrl, { clock }));
    assert.equal(clock.sleeps.length, 1);
    assert.ok((clock.sleeps[0] ?? 0) > 0);
  });

  test('keeps to the rate limit with its retries too', async () => {
    const clock = createFakeClock();
    await using server = await startHttpServer((response, count) => sendJson(response, {}, count <= 3 ? 503 : 200));
    await ask(someOmniHttp(server.baseUrl, { clock, requestsPerMinute: 2 }));
    assert.equal(server.requests.length, 4);
    assert.ok(clock.monotonicMs() > 60_000);
  });

  test('does not time out while it waits for the rate limit', async (context) => {
    const { clock, passDuring } = simulateTime(context);
    await using server = await startHttpServer((response, count) => sendJson(response, {}, count === 1 ? 503 : 200));
    const http = someOmniHttp(server.baseUrl, { clock, requestsPerMinute: 1, timeoutMs: 10_000 });
    await passDuring(ask(http));
    await passDuring(ask(http));
    assert.equal(server.requests.length, 3);
    assert.ok(clock.monotonicMs() > 2 * 60_000);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    test(`follows no redirect (${status}), so that the token goes nowhere else`, async () => {
      await using elsewhere = await startHttpServer((response) => sendJson(response, { stolen: true }));
      await using server = await startHttpServer((response) => {
        response.writeHead(status, { location: `${elsewhere.baseUrl}/there` }).end();
      });
      const error = await errorOf(someOmniHttp(server.baseUrl));
      assert.equal(error.status, status);
      assert.ok(error.message.includes(new URL(elsewhere.baseUrl).host), error.message);
      assert.match(error.hint, /OMNI_BASE_URL/);
      assert.equal(elsewhere.requests.length, 0);
    });
  }

  test('is given up when the server never answers', async () => {
    await using server = await startHttpServer(() => {});
    const http = someOmniHttp(server.baseUrl, { timeoutMs: 40 });
    const error = await errorOf(http);
    assert.match(error.message, /got no answer in time/);
    assert.match(error.hint, /OMNI_TIMEOUT_SECONDS/);
    assert.equal(http.requestCount, 5);
  });

  test('is given up when the body never ends', async () => {
    await using server = await startHttpServer((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    });
    const error = await errorOf(someOmniHttp(server.baseUrl, { timeoutMs: 40 }));
    assert.match(error.message, /got no answer in time/);
  });

  test('is sent again when the first answer is late', async () => {
    await using server = await startHttpServer((response, count) => {
      if (count > 1) sendJson(response, { count });
    });
    assert.deepEqual(await ask(someOmniHttp(server.baseUrl, { timeoutMs: 300 })), { count: 2 });
  });

  test('says why it could not connect', async () => {
    const http = someOmniHttp(`http://127.0.0.1:${await closedPort()}`);
    const error = await errorOf(http);
    assert.match(error.message, /could not reach Omni \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)/);
    assert.match(error.hint, /DNS, firewall and proxy/);
    assert.equal(http.requestCount, 5);
  });

  test('ends with the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new Error('told to stop');
    await using server = await startHttpServer(() => controller.abort(reason));
    await assert.rejects(ask(someOmniHttp(server.baseUrl), controller.signal), (error) => error === reason);
    assert.equal(server.requests.length, 1);
  });

  test('ends its wait before a retry with the reason of the abort', { timeout: 5000 }, async () => {
    const controller = new AbortController();
    const reason = new Error('told to stop');
    await using server = await startHttpServer((response) => {
      response.on('close', () => controller.abort(reason));
      sendText(response, 429, 'slow down', { 'retry-after': '60', connection: 'close' });
    });
    await assert.rejects(ask(someOmniHttp(server.baseUrl), controller.signal), (error) => error === reason);
  });

  test('ends its wait for the rate limit with the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new Error('told to stop');
    await using server = await startHttpServer((response) => sendJson(response, {}));
    const clock = createFakeClock(undefined, { endlessSleeps: true });
    const http = someOmniHttp(server.baseUrl, { clock, requestsPerMinute: 1 });
    await ask(http);
    const waiting = ask(http, controller.signal);
    controller.abort(reason);
    await assert.rejects(waiting, (error) => error === reason);
    assert.equal(server.requests.length, 1);
  });

  test('is not sent when it was aborted before', async () => {
    await using server = await startHttpServer((response) => sendJson(response, {}));
    const reason = new Error('told to stop');
    const asking = ask(someOmniHttp(server.baseUrl), AbortSignal.abort(reason));
    await assert.rejects(asking, (error) => error === reason);
    assert.equal(server.requests.length, 0);
  });
});

describe('no error about Omni shows the token', () => {
  const faults: Record<string, (response: ServerResponse) => void> = {
    'when a server repeats the header in its refusal': (response) => sendText(response, 403, `Bearer ${apiToken}`),
    'when a server repeats the header in a failure': (response) =>
      sendJson(response, { error: `Bearer ${apiToken}` }, 500),
    'when a server repeats the header instead of JSON': (response) => sendText(response, 200, `Bearer ${apiToken}`),
    'when it is redirected to an address that holds it': (response) =>
      sendText(response, 302, '', { location: `/login?token=${apiToken}` }),
    'when the connection breaks': (response) => response.destroy(),
  };
  for (const [when, fault] of Object.entries(faults)) {
    test(when, async () => {
      await using server = await startHttpServer((response) => fault(response));
      assertKeepsSecret(await errorOf(someOmniHttp(server.baseUrl)));
    });
  }

  test('when the answer is late', async () => {
    await using server = await startHttpServer(() => {});
    assertKeepsSecret(await errorOf(someOmniHttp(server.baseUrl, { timeoutMs: 40 })));
  });

  test('when nobody listens', async () => {
    assertKeepsSecret(await errorOf(someOmniHttp(`http://127.0.0.1:${await closedPort()}`)));
  });
});
