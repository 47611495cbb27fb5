import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OmniClient } from '../../src/omni/client.ts';
import { walkTokens } from '../../src/omni/token-listing.ts';
import type { Token } from '../../src/rules/token.ts';
import { sendJson, startHttpServer } from '../support/http-server.ts';
import { noAbort } from '../support/no-abort.ts';
import { someOmniClient } from '../support/omni-client.ts';
import { simulated, startSomeOmni } from '../support/some-omni.ts';
import { page, walkOver } from '../support/token-pages.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

describe('a walk over the tokens', () => {
  test('reads 250 tokens with three requests, oldest first, a hundred at a time', async () => {
    const tokens = someTokens(250);
    await using omni = await startSomeOmni({ tokens: simulated(tokens.toReversed()) });
    const pages: Token[][] = [];
    const walk = await walkTokens(someOmniClient(omni.baseUrl), (some) => pages.push([...some]), noAbort);
    assert.deepEqual(walk, {
      ending: { kind: 'terminal-page' },
      pageCount: 3,
      recordCount: 250,
      totalRecords: 250,
      newFields: new Set(),
    });
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

  test('asks for the next page before it hands over the last', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(250)) });
    const client = someOmniClient(omni.baseUrl);
    const events: string[] = [];
    const watched: OmniClient = {
      requestCount: 0,
      getJson(path, query, context, signal) {
        events.push(`ask for page ${context.page}`);
        return client.getJson(path, query, context, signal);
      },
    };
    await walkTokens(watched, (tokens) => events.push(`store ${tokens.length}`), noAbort);
    assert.deepEqual(events, [
      'ask for page 1',
      'ask for page 2',
      'store 100',
      'ask for page 3',
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
    const ids: string[] = [];
    const walk = await walkTokens(
      someOmniClient(omni.baseUrl),
      (tokens) => ids.push(...tokens.map(({ id }) => id)),
      noAbort,
    );
    assert.equal(walk.totalRecords, 151);
    assert.equal(ids.at(-1), uuid(151));
  });

  test('ends with a cursor that was refused when the token behind it is gone', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(250)) });
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.tokens.splice(99, 1);
      return false;
    };
    const walk = await walkTokens(someOmniClient(omni.baseUrl), () => {}, noAbort);
    assert.deepEqual(walk.ending, { kind: 'cursor-refused', page: 2 });
    assert.equal(walk.recordCount, 100);
  });

  test('takes a 400 to the first request as a refusal, since it names no cursor', async () => {
    await using server = await startHttpServer((response) => sendJson(response, { error: 'bad', status: 400 }, 400));
    await assert.rejects(
      walkTokens(someOmniClient(server.baseUrl), () => {}, noAbort),
      { status: 400, page: 1 },
    );
  });

  test('fails when a later page is refused otherwise than by 400', async () => {
    await using server = await startHttpServer((response, count) => {
      if (count === 1) sendJson(response, page([someToken(1)], { hasNextPage: true, nextCursor: uuid(1) }));
      else sendJson(response, { error: 'no' }, 403);
    });
    const seen: number[] = [];
    await assert.rejects(
      walkTokens(someOmniClient(server.baseUrl), ({ length }) => seen.push(length), noAbort),
      { status: 403, page: 2 },
    );
    assert.deepEqual(seen, [1]);
  });

  test('ends when a cursor comes a second time, and does not go in circles', async () => {
    const first = page([someToken(1)], { hasNextPage: true, nextCursor: uuid(1) });
    const second = page([someToken(2)], { hasNextPage: true, nextCursor: uuid(2) });
    const { walk, tokens, requestCount } = await walkOver([first, second, first, second, first, second]);
    assert.deepEqual(walk.ending, { kind: 'cursor-repeated', page: 3 });
    assert.equal(requestCount, 3);
    assert.equal(tokens.length, 3);
  });

  for (const nextCursor of [null, undefined, '']) {
    test(`ends when a next page is promised with the cursor ${JSON.stringify(nextCursor)}`, async () => {
      const { walk, tokens } = await walkOver([page([someToken(1)], { hasNextPage: true, nextCursor })]);
      assert.deepEqual(walk.ending, { kind: 'cursor-missing', page: 1 });
      assert.deepEqual(tokens, [someToken(1)]);
    });
  }

  test('ends where Omni says that it ends, whatever cursor stands there', async () => {
    const { walk, requestCount } = await walkOver([page([someToken(1)], { nextCursor: uuid(1) })]);
    assert.deepEqual(walk.ending, { kind: 'terminal-page' });
    assert.equal(requestCount, 1);
  });

  test('hands over a page without tokens', async () => {
    const { walk, tokens } = await walkOver([page([], { totalRecords: 0 })]);
    assert.deepEqual(walk, {
      ending: { kind: 'terminal-page' },
      pageCount: 1,
      recordCount: 0,
      totalRecords: 0,
      newFields: new Set(),
    });
    assert.deepEqual(tokens, []);
  });

  test('passes on what storing a page throws, and gives up the page that is on its way', async () => {
    let cutShort: Promise<unknown> = Promise.resolve();
    await using server = await startHttpServer((response, count) => {
      if (count === 1) sendJson(response, page([someToken(1)], { hasNextPage: true, nextCursor: uuid(1) }));
      else cutShort = new Promise((resolve) => response.on('close', resolve));
    });
    const full = new Error('the disk is full');
    const walking = walkTokens(
      someOmniClient(server.baseUrl),
      () => {
        throw full;
      },
      noAbort,
    );
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
    const walking = walkTokens(someOmniClient(server.baseUrl), () => {}, controller.signal);
    await assert.rejects(walking, (error) => error === reason);
  });
});
