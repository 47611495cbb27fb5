import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CredentialRefusedError, NotFoundError, OmniError } from '../../src/errors.ts';
import type { TokenPage } from '../../src/omni/api.ts';
import type { WalkEnding } from '../../src/rules/listing-completeness.ts';
import type { Token } from '../../src/rules/token.ts';
import { sendJson, startHttpServer } from '../support/http-server.ts';
import { noAbort } from '../support/no-abort.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { page, scriptedTimes, scriptOmni } from '../support/scripted-omni.ts';
import { simulateTime } from '../support/simulated-time.ts';
import { simulated, startSomeOmni } from '../support/some-omni.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

interface Walk {
  ending: WalkEnding;
  pages: TokenPage[];
  tokens: Token[];
  paths: string[];
}

async function walkOver(...answers: unknown[]): Promise<Walk> {
  const { api, paths } = scriptOmni(...answers);
  const pages: TokenPage[] = [];
  const ending = await api.walkTokens((each) => pages.push(each), noAbort);
  return { ending, pages, tokens: pages.flatMap(({ tokens }) => tokens), paths };
}

const token = someToken(1);

/** A page with one token that promises a further page. */
function pageBeforeOthers(number: number): Record<string, unknown> {
  return page([someToken(number)], { hasNextPage: true, nextCursor: uuid(number) });
}

describe('a walk over the tokens', () => {
  test('reads 250 tokens with three requests, oldest first, 100 per page', async () => {
    const tokens = someTokens(250);
    await using omni = await startSomeOmni({ tokens: simulated(tokens.toReversed()) });
    const api = someOmniApi(omni.baseUrl);
    const pages: Token[][] = [];
    const ending = await api.walkTokens((each) => {
      assert.equal(each.totalRecords, 250);
      pages.push([...each.tokens]);
    }, noAbort);
    assert.deepEqual(ending, { kind: 'terminal-page' });
    assert.deepEqual(
      pages.map(({ length }) => length),
      [100, 100, 50],
    );
    assert.deepEqual(pages.flat(), tokens);
    assert.deepEqual((await api.firstTokenPage(noAbort)).tokens, pages[0]);
    const first = 'GET /api/v1/api-keys?pageSize=100&sortField=createdAt&sortDirection=asc';
    assert.deepEqual(
      omni.requests.map(({ method, path }) => `${method} ${path}`),
      [first, `${first}&cursor=${uuid(100)}`, `${first}&cursor=${uuid(200)}`, first],
    );
  });

  test('reads 10,000 tokens while another client uses up half of the rate limit', async (context) => {
    const { clock, passDuring } = simulateTime(context);
    const now = (): number => clock.now().getTime();
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(10_000)), requestsPerMinute: 60, now });
    omni.intercept = async ({ headers: { authorization = '' }, url = '' }) => {
      const isOurs = url.startsWith('/api/v1/api-keys');
      if (isOurs) await fetch(`${omni.baseUrl}/api/v1/whoami`, { headers: { authorization } });
      return false;
    };
    const api = someOmniApi(omni.baseUrl, { clock, requestsPerMinute: 60, firstRetryDelayMs: 1000 });
    let tokenCount = 0;
    await passDuring(api.walkTokens(({ tokens }) => (tokenCount += tokens.length), noAbort));
    assert.equal(tokenCount, 10_000);
    assert.ok(omni.requests.some(({ status }) => status === 429));
    // The 200 requests take more than three minutes at 60 per minute.
    const minutes = clock.monotonicMs() / 60_000;
    assert.ok(minutes >= 3 && minutes <= 12, `${minutes} minutes`);
  });

  test('requests the next page before it passes on the last one', async () => {
    const { api, paths } = scriptOmni(pageBeforeOthers(1), pageBeforeOthers(2), page([someToken(3)]));
    const requested: number[] = [];
    await api.walkTokens(() => requested.push(paths.length), noAbort);
    assert.deepEqual(requested, [2, 3, 3]);
  });

  test('ends when Omni refuses a cursor because its token was deleted', async () => {
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

  test('fails when Omni refuses the first request, or a later one with a status other than 400', async () => {
    const [bad, forbidden] = [400, 403].map((status) => new CredentialRefusedError('refused', { status }));
    await assert.rejects(walkOver(bad), (error) => error === bad);
    await assert.rejects(walkOver(pageBeforeOthers(1), forbidden), (error) => error === forbidden);
  });

  test('ends when a cursor is repeated, so that it does not loop forever', async () => {
    const [first, second] = [pageBeforeOthers(1), pageBeforeOthers(2)];
    const { ending, tokens, paths } = await walkOver(first, second, first, second, first);
    assert.deepEqual(ending, { kind: 'cursor-repeated', page: 3 });
    assert.deepEqual([paths.length, tokens.length], [3, 3]);
  });

  for (const nextCursor of [null, undefined, '']) {
    test(`ends when a next page is promised with the cursor ${JSON.stringify(nextCursor)}`, async () => {
      const { ending, tokens } = await walkOver(page([someToken(1)], { hasNextPage: true, nextCursor }));
      assert.deepEqual(ending, { kind: 'cursor-missing', page: 1 });
      assert.deepEqual(tokens, [someToken(1)]);
    });
  }

  test('passes on a page without tokens, with the time of the answer', async () => {
    const { ending, pages, paths } = await walkOver(page([], { totalRecords: 0 }));
    assert.deepEqual(ending, { kind: 'terminal-page' });
    assert.deepEqual(pages, [
      { tokens: [], isLast: true, totalRecords: 0, unknownFields: new Set(), times: scriptedTimes },
    ]);
    assert.equal(paths.length, 1);
  });

  const impossible: [what: string, body: unknown, problem: string][] = [
    ['more records than we asked for', page(someTokens(101)), '101 records, but we asked for 100'],
    ['no records but a next page', page([], { hasNextPage: true, nextCursor: uuid(1) }), 'no records, but a next page'],
    ['a cursor on the last page', page([token], { nextCursor: uuid(1) }), 'a cursor, although it is the last page'],
  ];
  for (const [what, body, problem] of impossible) {
    test(`ends at an impossible page: ${what}`, async () => {
      assert.deepEqual((await walkOver(body)).ending, { kind: 'page-impossible', page: 1, problem });
      await assert.rejects(scriptOmni(body).api.firstTokenPage(noAbort), new RegExp(problem));
    });
  }

  test('throws the error of `onPage` and cancels the request for the next page', async () => {
    const cancelled = Promise.withResolvers<void>();
    await using server = await startHttpServer((response, count) => {
      if (count === 1) sendJson(response, pageBeforeOthers(1));
      else response.on('close', cancelled.resolve);
    });
    const full = new Error('the disk is full');
    const walking = someOmniApi(server.baseUrl).walkTokens(() => {
      throw full;
    }, noAbort);
    await assert.rejects(walking, (error) => error === full);
    await cancelled.promise;
  });

  test('ends with the reason of the abort', async () => {
    const reason = new Error('shutting down');
    const walking = someOmniApi('http://127.0.0.1:9').walkTokens(() => {}, AbortSignal.abort(reason));
    await assert.rejects(walking, (error) => error === reason);
  });
});

describe('a token record', () => {
  async function readOne(fields: Record<string, unknown>): Promise<Token | undefined> {
    return (await walkOver(page([{ ...token, ...fields }]))).tokens[0];
  }

  const capitals = '7D8F0A3C-2F1E-4E07-9C55-0A1B2C3D4E5F';
  const small = capitals.toLowerCase();
  const names = ['', '\0', '\ud800', '<script>', '🔑'.repeat(3000), '\u202e'];
  type Reading = [what: string, fields: Record<string, unknown>, expected: Partial<Token>];
  const readings: Reading[] = [
    ...names.map((name): Reading => [`the name ${JSON.stringify(name.slice(0, 20))}`, { name }, { name }]),
    ['no name', { name: undefined }, { name: '' }],
    ['null as its name', { name: null }, { name: '' }],
    ['no owner', { membershipId: undefined }, { membershipId: null }],
    ['null as its owner', { membershipId: null }, { membershipId: null }],
    ['an id that is no UUID', { id: 'Key-A' }, { id: 'Key-A' }],
    ['UUIDs in capitals', { id: capitals, membershipId: capitals }, { id: small, membershipId: small }],
    ['an unknown type', { type: 'service' }, { type: 'service' }],
    ['a time without fraction', { createdAt: '2026-03-01T06:30:00Z' }, { createdAt: '2026-03-01T06:30:00.000Z' }],
    ['a time with an offset', { createdAt: '2026-03-01T08:30:00+02:00' }, { createdAt: '2026-03-01T06:30:00.000Z' }],
  ];
  for (const [what, fields, expected] of readings) {
    test(`may have ${what}`, async () => {
      assert.deepEqual(await readOne(fields), { ...token, ...expected });
    });
  }

  const secretName = 'a name that no error repeats';
  type Invalid = [what: string, fields: Record<string, unknown>, expected: RegExp];
  const invalid: Invalid[] = [
    ['no id', { id: undefined }, /record 2: id: /],
    ['an id that is unsafe in a shell', { id: 'x; rm -rf ~' }, /record 2: id: expected an id/],
    ...['.', '..', '...', 'a/..', '%2e%2e', '..\\x', ''].map((id): Invalid => {
      return [`the id "${id}", which would change the path of a URL`, { id }, /record 2: id: expected an id/];
    }),
    ['an owner whose id would change a path', { membershipId: '..' }, /record 2 \(id [-0-9a-f]+\): membershipId: /],
    ['a number as its name', { name: 5 }, /record 2 \(id [-0-9a-f]+\): name: /],
    ['an empty type', { type: '' }, /record 2 \(id [-0-9a-f]+\): type: /],
    ['a string as enabled', { enabled: 'true' }, /record 2 \(id [-0-9a-f]+\): enabled: /],
    ['a time without zone', { createdAt: '2026-03-01T06:30:00' }, /record 2 \(id [-0-9a-f]+\): createdAt: /],
  ];
  for (const [what, fields, expected] of invalid) {
    test(`with ${what} fails the walk with page, record and field, but no value`, async () => {
      const second = page([someToken(2), { ...someToken(3, { name: secretName }), ...fields }]);
      await assert.rejects(walkOver(pageBeforeOthers(1), second), (error) => {
        assert.ok(error instanceof OmniError);
        assert.match(error.message, /^listing tokens, page 2, failed: the response is not in the expected format: /);
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message, new RegExp(secretName));
        assert.match(error.hint, /newer version/);
        return true;
      });
    });
  }

  const invalidPages: [string, unknown, RegExp][] = [
    ['has no records', { pageInfo: page([]).pageInfo }, /records: /],
    ['has no pageInfo', { records: [] }, /pageInfo: /],
    ['has no total', page([], { totalRecords: undefined }), /pageInfo\.totalRecords: /],
    ['has a negative total', page([], { totalRecords: -1 }), /pageInfo\.totalRecords: /],
    ['is null', null, /not in the expected format/],
    ['contains null', page([null]), /record 1: /],
  ];
  for (const [what, body, expected] of invalidPages) {
    test(`fails the walk when its page ${what}`, async () => {
      await assert.rejects(walkOver(body), expected);
    });
  }

  test('may have unknown fields, whose names are reported once, cut at 100 characters', async () => {
    const { name: _, ...known } = token;
    const strange = { ...token, Name: 'x', '': 'z', ['x'.repeat(1000)]: 1, lastUsedAt: null };
    const { pages, tokens } = await walkOver({ ...page([known, strange, strange]), warnings: ['w'] });
    assert.deepEqual(pages[0]?.unknownFields, new Set(['Name', '', 'x'.repeat(100), 'lastUsedAt']));
    assert.deepEqual(tokens.slice(1), [token, token]);
  });
});

describe('looking up a token by its id', () => {
  test('returns whether Omni knows it', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(3)) });
    Object.assign(omni.organisation.tokens[1] ?? {}, { enabled: false });
    const api = someOmniApi(omni.baseUrl);
    assert.equal(await api.tokenExists(uuid(2), noAbort), true);
    assert.equal(await api.tokenExists(uuid(4), noAbort), false);
    assert.deepEqual(
      omni.requests.map(({ method, path, status }) => `${method} ${path} ${status}`),
      [`GET /api/v1/api-keys/${uuid(2)} 200`, `GET /api/v1/api-keys/${uuid(4)} 404`],
    );
  });

  test('throws when Omni answers with another token', async () => {
    await assert.rejects(scriptOmni(someToken(2)).api.tokenExists(uuid(1), noAbort), /not the token that we asked for/);
  });

  test("throws for every error but Omni's own 404", async () => {
    const notOmnis = new OmniError('a web page', { status: 404 });
    await assert.rejects(scriptOmni(notOmnis).api.tokenExists(uuid(1), noAbort), (error) => error === notOmnis);
    const omnis = new NotFoundError('not found', { status: 404 });
    assert.equal(await scriptOmni(omnis).api.tokenExists(uuid(1), noAbort), false);
  });
});
