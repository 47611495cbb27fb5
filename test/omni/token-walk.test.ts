import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TokenPage } from '../../src/omni/api.ts';
import { createOmniApi } from '../../src/omni/create-omni-api.ts';
import type { OmniHttp } from '../../src/omni/http.ts';
import type { Token } from '../../src/rules/token.ts';
import { sendJson, startHttpServer } from '../support/http-server.ts';
import { noAbort } from '../support/no-abort.ts';
import { apiToken, someOmniApi, someOmniHttp } from '../support/omni-api.ts';
import { simulated, startSomeOmni } from '../support/some-omni.ts';
import { page, walkOver } from '../support/token-pages.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

describe('a walk over the tokens', () => {
  test('reads 250 tokens with three requests, oldest first, a hundred at a time', async () => {
    const tokens = someTokens(250);
    await using omni = await startSomeOmni({ tokens: simulated(tokens.toReversed()) });
    const pages: Token[][] = [];
    const ending = await someOmniApi(omni.baseUrl).walkTokens((each) => {
      assert.equal(each.totalRecords, 250);
      pages.push([...each.tokens]);
    }, noAbort);
    assert.deepEqual(ending, { kind: 'terminal-page' });
    assert.deepEqual(
      pages.map(({ length }) => length),
      [100, 100, 50],
    );
    assert.deepEqual(pages.flat(), tokens);
    const order = 'pageSize=100&sortField=createdAt&sortDirection=asc';
    assert.deepEqual(
      omni.requests.map(({ method, path }) => `${method} ${path}`),
      [
        `GET /api/v1/api-keys?${order}`,
        `GET /api/v1/api-keys?${order}&cursor=${uuid(100)}`,
        `GET /api/v1/api-keys?${order}&cursor=${uuid(200)}`,
      ],
    );
  });

  test('asks for the next page before it passes on the last', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(250)) });
    const http = someOmniHttp(omni.baseUrl);
    const events: string[] = [];
    const watched: OmniHttp = {
      requestCount: 0,
      getJson(path, action, signal) {
        events.push(`ask, ${action}`);
        return http.getJson(path, action, signal);
      },
    };
    await createOmniApi(watched).walkTokens(({ tokens }) => events.push(`store ${tokens.length}`), noAbort);
    assert.deepEqual(events, [
      'ask, listing tokens, page 1,',
      'ask, listing tokens, page 2,',
      'store 100',
      'ask, listing tokens, page 3,',
      'store 100',
      'store 50',
    ]);
  });

  test('reads a token that is made while it walks', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(150)) });
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.tokens.push({ ...someToken(151) });
      return false;
    };
    const pages: TokenPage[] = [];
    await someOmniApi(omni.baseUrl).walkTokens((each) => pages.push(each), noAbort);
    assert.equal(pages.at(-1)?.totalRecords, 151);
    assert.equal(pages.at(-1)?.tokens.at(-1)?.id, uuid(151));
  });

  test('ends with a cursor that was refused when the token behind it is gone', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(250)) });
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.tokens.splice(99, 1);
      return false;
    };
    const counts: number[] = [];
    const ending = await someOmniApi(omni.baseUrl).walkTokens(({ tokens }) => counts.push(tokens.length), noAbort);
    assert.deepEqual(ending, { kind: 'cursor-refused', page: 2 });
    assert.deepEqual(counts, [100]);
  });

  test('takes a 400 to the first request as a refusal, since it names no cursor', async () => {
    await using server = await startHttpServer((response) => sendJson(response, { error: 'bad', status: 400 }, 400));
    await assert.rejects(
      someOmniApi(server.baseUrl).walkTokens(() => {}, noAbort),
      { status: 400, message: /^listing tokens, page 1, / },
    );
  });

  test('fails when a later page gets another refusal than 400', async () => {
    await using server = await startHttpServer((response, count) => {
      if (count === 1) sendJson(response, page([someToken(1)], { hasNextPage: true, nextCursor: uuid(1) }));
      else sendJson(response, { error: 'no' }, 403);
    });
    const seen: number[] = [];
    await assert.rejects(
      someOmniApi(server.baseUrl).walkTokens(({ tokens }) => seen.push(tokens.length), noAbort),
      { status: 403, message: /^listing tokens, page 2, / },
    );
    assert.deepEqual(seen, [1]);
  });

  test('ends when a cursor comes a second time, and does not go in circles', async () => {
    const first = page([someToken(1)], { hasNextPage: true, nextCursor: uuid(1) });
    const second = page([someToken(2)], { hasNextPage: true, nextCursor: uuid(2) });
    const { ending, tokens, requestCount } = await walkOver([first, second, first, second, first, second]);
    assert.deepEqual(ending, { kind: 'cursor-repeated', page: 3 });
    assert.equal(requestCount, 3);
    assert.equal(tokens.length, 3);
  });

  for (const nextCursor of [null, undefined, '']) {
    test(`ends when a next page is promised with the cursor ${JSON.stringify(nextCursor)}`, async () => {
      const { ending, tokens } = await walkOver([page([someToken(1)], { hasNextPage: true, nextCursor })]);
      assert.deepEqual(ending, { kind: 'cursor-missing', page: 1 });
      assert.deepEqual(tokens, [someToken(1)]);
    });
  }

  test('ends where Omni says that it ends, whatever cursor stands there', async () => {
    const { ending, requestCount } = await walkOver([page([someToken(1)], { nextCursor: uuid(1) })]);
    assert.deepEqual(ending, { kind: 'terminal-page' });
    assert.equal(requestCount, 1);
  });

  test('passes on a page without tokens', async () => {
    const { ending, pages } = await walkOver([page([], { totalRecords: 0 })]);
    assert.deepEqual(ending, { kind: 'terminal-page' });
    assert.deepEqual(pages, [{ tokens: [], totalRecords: 0, unknownFields: new Set() }]);
  });

  test('throws what storing a page throws, and gives up the page that is on its way', async () => {
    let cutShort: Promise<unknown> = Promise.resolve();
    await using server = await startHttpServer((response, count) => {
      if (count === 1) sendJson(response, page([someToken(1)], { hasNextPage: true, nextCursor: uuid(1) }));
      else cutShort = new Promise((resolve) => response.on('close', resolve));
    });
    const full = new Error('the disk is full');
    const walking = someOmniApi(server.baseUrl).walkTokens(() => {
      throw full;
    }, noAbort);
    await assert.rejects(walking, (error) => error === full);
    await cutShort;
  });

  test('ends with the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new Error('told to stop');
    await using server = await startHttpServer((response, count) => {
      if (count === 1) sendJson(response, page([someToken(1)], { hasNextPage: true, nextCursor: uuid(1) }));
      else controller.abort(reason);
    });
    const walking = someOmniApi(server.baseUrl).walkTokens(() => {}, controller.signal);
    await assert.rejects(walking, (error) => error === reason);
  });
});

describe('the first page of tokens', () => {
  test('is asked for like that of a walk', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(250)) });
    const { tokens, totalRecords } = await someOmniApi(omni.baseUrl).firstTokenPage(noAbort);
    assert.deepEqual([tokens.length, totalRecords], [100, 250]);
    assert.deepEqual(
      omni.requests.map(({ path }) => path),
      ['/api/v1/api-keys?pageSize=100&sortField=createdAt&sortDirection=asc'],
    );
  });

  test('fails where tokens may not be listed', async () => {
    await using omni = await startSomeOmni({ credentials: { [apiToken]: { keyScope: 'user', orgRole: 'MEMBER' } } });
    await assert.rejects(someOmniApi(omni.baseUrl).firstTokenPage(noAbort), {
      name: 'CredentialRefusedError',
      status: 403,
      message: /^listing tokens, page 1, /,
    });
  });
});
