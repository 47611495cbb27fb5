import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { z } from 'zod';
import {
  type OmniSimulator,
  type OmniSimulatorOptions,
  type SimulatedToken,
  type SimulatedUser,
  startOmniSimulator,
} from '../../src/demo/omni-simulator.ts';
import { someUser } from '../support/people.ts';
import { range } from '../support/range.ts';
import { someToken, uuid } from '../support/tokens.ts';

const credentials: OmniSimulatorOptions['credentials'] = {
  'org-key': { keyScope: 'organization', orgRole: 'ORG_ADMIN' },
  'admin-pat': { keyScope: 'user', orgRole: 'ORG_ADMIN', userId: 'user-1', membershipId: 'member-1' },
  'member-pat': { keyScope: 'user', orgRole: 'MEMBER' },
};
const tokenPage = z.object({
  records: z.array(z.object({ id: z.string() })),
  pageInfo: z.object({ hasNextPage: z.boolean(), nextCursor: z.string().nullable() }),
});

function token(number: number, fields: Partial<SimulatedToken> = {}): SimulatedToken {
  return { ...someToken(number), ...fields };
}

function user(number: number, fields: Partial<SimulatedUser> = {}): SimulatedUser {
  return someUser(uuid(number), number, fields);
}

function start(
  organisation: { tokens?: SimulatedToken[]; users?: SimulatedUser[] } = {},
  options: Partial<OmniSimulatorOptions> = {},
): Promise<OmniSimulator> {
  return startOmniSimulator({ organisation: { tokens: [], users: [], ...organisation }, credentials, ...options });
}

async function get(omni: OmniSimulator, path: string, bearer = 'org-key', init: RequestInit = {}) {
  const response = await fetch(omni.baseUrl + path, { headers: { Authorization: `Bearer ${bearer}` }, ...init });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function statusOf(omni: OmniSimulator, path: string, bearer?: string): Promise<number> {
  return (await get(omni, path, bearer)).status;
}

/** Returns the ids of each page. */
async function walk(omni: OmniSimulator, query: string): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const { body } = await get(omni, `/api/v1/api-keys?${query}${cursor === null ? '' : `&cursor=${cursor}`}`);
    const { records, pageInfo } = tokenPage.parse(body);
    assert.equal(pageInfo.hasNextPage, pageInfo.nextCursor !== null);
    pages.push(records.map(({ id }) => id));
    cursor = pageInfo.nextCursor;
  } while (cursor !== null);
  return pages;
}

describe('the simulated token list', () => {
  test('starts with the newest token, has 20 per page and sends records as they are', async () => {
    const strange = token(99, { name: 'NUL \0, half \ud83d, "<b>"', lastUsed: 'never' });
    await using omni = await start({ tokens: [...range(0, 23).map((number) => token(number)), strange] });
    const { body } = await get(omni, '/api/v1/api-keys');
    const { records } = tokenPage.parse(body);
    assert.equal(records.length, 20);
    const pageInfo = { hasNextPage: true, nextCursor: uuid(5), pageSize: 20, totalRecords: 25 };
    assert.partialDeepStrictEqual(body, { pageInfo, records: [strange] });
  });

  test('pages by cursor until the last full page and breaks ties of the creation time by id', async () => {
    const createdAt = '2026-01-01T00:00:00.000Z';
    const tokens = [6, 3, 1, 4, 2, 5].map((number) => token(number, number < 4 ? { createdAt } : {}));
    await using omni = await start({ tokens });
    const ascending = await walk(omni, 'pageSize=2&sortDirection=asc');
    assert.deepEqual(ascending, [range(1, 2).map(uuid), range(3, 4).map(uuid), range(5, 6).map(uuid)]);
    assert.deepEqual((await walk(omni, 'pageSize=2')).flat(), ascending.flat().toReversed());
  });

  for (const query of [
    ...['pageSize=0', 'pageSize=101', 'pageSize=1.5', 'type=robot', 'sortField=id', 'sortDirection=up'],
    ...['cursor=', 'cursor=7', `cursor=${uuid(404)}`],
  ]) {
    test(`refuses ${query}`, async () => {
      await using omni = await start({ tokens: [token(1)] });
      const { status, body } = await get(omni, `/api/v1/api-keys?${query}`);
      assert.equal(status, 400);
      assert.partialDeepStrictEqual(body, { status: 400 });
    });
  }

  test('refuses a cursor whose token was deleted', async () => {
    await using omni = await start({ tokens: range(1, 3).map((number) => token(number)) });
    const path = '/api/v1/api-keys?pageSize=2&sortDirection=asc';
    const first = tokenPage.parse((await get(omni, path)).body);
    omni.organisation.tokens.splice(1, 1);
    assert.equal(await statusOf(omni, `${path}&cursor=${first.pageInfo.nextCursor}`), 400);
  });

  test('shows every change made to the organisation between two requests', async () => {
    await using omni = await start({ tokens: range(1, 3).map((number) => token(number)) });
    const ids = async (query = 'sortField=name&sortDirection=asc') => (await walk(omni, query)).flat();
    assert.deepEqual(await ids(), [1, 2, 3].map(uuid));
    const [first, second] = omni.organisation.tokens;
    assert.ok(first && second);
    first.name = 'zzz';
    assert.deepEqual(await ids(), [2, 3, 1].map(uuid));
    second.type = 'mcp';
    assert.deepEqual(await ids('type=mcp'), [uuid(2)]);
    second.createdAt = '2027-01-01T00:00:00.000Z';
    assert.deepEqual(await ids(''), [2, 3, 1].map(uuid));
    omni.organisation.tokens[0] = token(7, { name: 'aaa' });
    assert.deepEqual(await ids(), [7, 2, 3].map(uuid));
    omni.organisation = { tokens: [token(8)], users: [] };
    assert.deepEqual(await ids(), [uuid(8)]);
  });
});

test('a simulated token is found by id, and is never changed or deleted', async () => {
  await using omni = await start({ tokens: [token(1)] });
  const path = `/api/v1/api-keys/${uuid(1)}`;
  for (const method of ['PUT', 'DELETE']) {
    const { status } = await get(omni, path, 'org-key', { method, headers: { Authorization: 'Bearer org-key' } });
    assert.equal(status, 405);
  }
  assert.deepEqual((await get(omni, path)).body, token(1));
  assert.equal(await statusOf(omni, `/api/v1/api-keys/${uuid(2)}`), 404);
  assert.equal(await statusOf(omni, '/api/v1/api-keys/one'), 400);
  const recorded = omni.requests.map(({ method, status }) => [method, status]);
  assert.deepEqual(recorded.slice(0, 2), [
    ['PUT', 405],
    ['DELETE', 405],
  ]);
});

describe('the simulated SCIM endpoints', () => {
  const embed = { entity: 'acme', externalId: 'e-1' };
  const extension = 'urn:omni:params:scim:schemas:extension:user:2.0';

  test('list users by creation time, under both spellings, with the last login if it is known', async () => {
    const lastLogin = '2026-01-05T00:00:00.000Z';
    await using omni = await start({ users: [user(2, { lastLogin }), user(3, { lastLogin: null }), user(1)] });
    const { body } = await get(omni, '/api/scim/v2/users');
    assert.partialDeepStrictEqual(body, {
      Resources: [
        { userName: user(1).userName, active: true },
        { id: uuid(2), [extension]: { lastLogin } },
        { id: uuid(3), [extension]: { lastLogin: null } },
      ],
      itemsPerPage: 3,
      startIndex: 1,
      totalResults: 3,
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    });
    assert.equal(JSON.stringify(body).split(extension).length - 1, 2);
    assert.deepEqual((await get(omni, '/api/scim/v2/Users')).body, body);
  });

  test('keep embed users and other users apart', async () => {
    await using omni = await start({ users: [user(1), user(2, { embed })] });
    const resource = { id: uuid(2), embedEntity: 'acme', embedExternalId: 'e-1' };
    assert.partialDeepStrictEqual((await get(omni, '/api/scim/v2/users')).body, { totalResults: 1 });
    const { body } = await get(omni, '/api/scim/v2/embed/users');
    assert.partialDeepStrictEqual(body, { totalResults: 1, Resources: [resource] });
    assert.equal(await statusOf(omni, `/api/scim/v2/users/${uuid(1)}`), 200);
    assert.equal(await statusOf(omni, `/api/scim/v2/users/${uuid(2)}`), 404);
    assert.equal(await statusOf(omni, `/api/scim/v2/embed/users/${uuid(2)}`), 200);
  });

  for (const [query, expected] of [
    ['', { startIndex: 1, itemsPerPage: 100, totalResults: 101 }],
    ['?startIndex=100&count=50', { startIndex: 100, itemsPerPage: 2, totalResults: 101 }],
    [`?filter=userName eq "${user(7).userName}"`, { totalResults: 1, Resources: [{ id: uuid(7) }] }],
    ['?filter=active eq true', { status: 400 }],
    ['?count=many', { status: 400 }],
    ['?startIndex=', { status: 400 }],
  ] as const) {
    test(`answer the query "${query}"`, async () => {
      await using omni = await start({ users: range(1, 101).map((number) => user(number)) });
      assert.partialDeepStrictEqual((await get(omni, `/api/scim/v2/users${query}`)).body, expected);
    });
  }
});

describe('simulated credentials', () => {
  for (const [headers, status] of [
    [{}, 401],
    [{ Authorization: 'Basic abc' }, 400],
    [{ Authorization: 'Bearer' }, 400],
    [{ Authorization: 'Bearer constructor' }, 403],
  ] as const) {
    test(`are refused with ${status} for ${JSON.stringify(headers)}`, async () => {
      await using omni = await start();
      const answer = await get(omni, '/api/v1/api-keys', '', { headers });
      assert.equal(answer.status, status);
      assert.partialDeepStrictEqual(answer.body, { status });
    });
  }

  for (const [path, statuses] of [
    ['/api/v1/whoami', [200, 200, 200]],
    ['/api/v1/api-keys', [200, 200, 403]],
    [`/api/v1/api-keys/${uuid(1)}`, [200, 200, 403]],
    ['/api/scim/v2/users', [200, 403, 403]],
    ['/api/scim/v2/embed/users', [200, 403, 403]],
    [`/api/scim/v2/users/${uuid(1)}`, [200, 403, 403]],
  ] as const) {
    test(`open ${path} for the keys and roles that Omni admits`, async () => {
      await using omni = await start({ tokens: [token(1)], users: [user(1)] });
      const found = Object.keys(credentials).map((bearer) => statusOf(omni, path, bearer));
      assert.deepEqual(await Promise.all(found), statuses);
    });
  }

  test('are described by whoami, which older instances do not have', async () => {
    await using omni = await start();
    await using older = await start({}, { hasWhoami: false });
    assert.deepEqual((await get(omni, '/api/v1/whoami', 'admin-pat')).body, {
      keyScope: 'user',
      orgRole: 'ORG_ADMIN',
      user: { id: 'user-1', membershipId: 'member-1' },
      rolesByModel: {},
    });
    assert.equal(await statusOf(older, '/api/v1/whoami'), 404);
  });

  test('each have a rate limit over all endpoints in a sliding minute', async () => {
    let nowMs = 0;
    await using omni = await start({}, { requestsPerMinute: 2, sendRetryAfter: true, now: () => nowMs });
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 200);
    nowMs = 30_500;
    assert.equal(await statusOf(omni, '/api/v1/api-keys'), 200);
    const limited = await get(omni, '/api/scim/v2/users');
    assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '30']);
    assert.equal(await statusOf(omni, '/api/v1/whoami', 'member-pat'), 200);
    await using terse = await start({}, { requestsPerMinute: 1, now: () => nowMs });
    await get(terse, '/api/v1/whoami');
    assert.equal((await get(terse, '/api/v1/whoami')).headers.get('retry-after'), null);
    nowMs = 59_999;
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 429);
    nowMs = 60_000;
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 200);
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 429);
  });
});

describe('the simulator', () => {
  test('records every request with its query, status and user agent', async () => {
    await using omni = await start();
    const headers = { Authorization: 'Bearer org-key', 'User-Agent': 'a-test/1' };
    await get(omni, '/api/v1/api-keys?pageSize=5', '', { headers });
    await get(omni, '/api/v2/nothing', '', { headers });
    assert.deepEqual(omni.requests, [
      { method: 'GET', path: '/api/v1/api-keys?pageSize=5', status: 200, userAgent: 'a-test/1' },
      { method: 'GET', path: '/api/v2/nothing', status: 404, userAgent: 'a-test/1' },
    ]);
  });

  test('lets an interceptor answer, destroy the socket, fail or let the request pass', async () => {
    await using omni = await start();
    omni.intercept = async (request, response, count) => {
      if (count === 1) response.writeHead(502).end('"a proxy"');
      if (count === 2) request.socket.destroy();
      if (count === 3) setImmediate(() => response.writeHead(503).end('"late"'));
      if (count === 4) throw new Error('a mistake in the test');
      return count <= 3;
    };
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 502);
    await assert.rejects(get(omni, '/api/v1/whoami'), TypeError);
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 503);
    assert.match(JSON.stringify((await get(omni, '/api/v1/whoami')).body), /a mistake in the test/);
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 200);
    const statuses = omni.requests.map(({ status }) => status);
    assert.deepEqual(statuses, [502, 0, 503, 500, 200]);
  });

  test('closes while a client keeps its connection open, and may be closed again', { timeout: 5000 }, async () => {
    const omni = await start();
    const { hostname, port } = new URL(omni.baseUrl);
    const socket = connect(Number(port), hostname);
    const ended = once(socket, 'close');
    await once(socket, 'connect');
    await omni.close();
    await ended;
    await omni.close();
    await assert.rejects(fetch(omni.baseUrl));
  });
});
