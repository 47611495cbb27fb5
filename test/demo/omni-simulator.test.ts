import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import {
  type OmniSimulator,
  type OmniSimulatorOptions,
  type SimulatedToken,
  type SimulatedUser,
  startOmniSimulator,
} from '../../src/demo/omni-simulator.ts';

const credentials: OmniSimulatorOptions['credentials'] = {
  'org-key': { keyScope: 'organization', orgRole: 'ORG_ADMIN' },
  'admin-pat': { keyScope: 'user', orgRole: 'ORG_ADMIN', userId: 'user-1', membershipId: 'member-1' },
  'member-pat': { keyScope: 'user', orgRole: 'MEMBER' },
};

const uuid = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
const minute = (number: number): string => new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();

function token(number: number, fields: Partial<SimulatedToken> = {}): SimulatedToken {
  return {
    id: uuid(number),
    name: `token ${number}`,
    type: 'personal',
    enabled: true,
    createdAt: minute(number),
    membershipId: uuid(9000 + number),
    ...fields,
  };
}

function user(number: number, fields: Partial<SimulatedUser> = {}): SimulatedUser {
  const userName = `user${number}@example.com`;
  return {
    id: uuid(9000 + number),
    userName,
    displayName: `User ${number}`,
    active: true,
    created: minute(number),
    ...fields,
  };
}

function start(options: Partial<OmniSimulatorOptions> & { tokens?: SimulatedToken[]; users?: SimulatedUser[] } = {}) {
  const { tokens = [], users = [], ...rest } = options;
  return startOmniSimulator({ organisation: { tokens, users }, credentials, ...rest });
}

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into answers of every shape
  body: any;
}

async function get(omni: OmniSimulator, path: string, bearer = 'org-key', init: RequestInit = {}): Promise<Answer> {
  const headers = { Authorization: `Bearer ${bearer}` };
  const response = await fetch(omni.baseUrl + path, { headers, ...init });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function statusOf(omni: OmniSimulator, path: string, bearer?: string): Promise<number> {
  return (await get(omni, path, bearer)).status;
}

/** All ids in the order of the pages, and how many pages there were. */
async function walk(omni: OmniSimulator, query: string): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let pages = 1; pages <= 2000; pages += 1) {
    const { status, body } = await get(omni, `/api/v1/api-keys?${query}${cursor === null ? '' : `&cursor=${cursor}`}`);
    assert.equal(status, 200);
    ids.push(...body.records.map((record: SimulatedToken) => record.id));
    assert.equal(body.pageInfo.hasNextPage, body.pageInfo.nextCursor !== null);
    cursor = body.pageInfo.nextCursor;
    if (cursor === null) {
      return { ids, pages };
    }
  }
  throw new Error('the walk does not end');
}

describe('credentials', () => {
  test('are refused with 401 when missing, 400 when malformed and 403 when unknown, as JSON', async () => {
    await using omni = await start();
    const path = '/api/v1/api-keys';
    assert.equal((await get(omni, path, '', { headers: {} })).status, 401);
    assert.equal((await get(omni, path, '', { headers: { Authorization: 'Basic abc' } })).status, 400);
    assert.equal((await get(omni, path, '', { headers: { Authorization: 'Bearer' } })).status, 400);
    const unknown = await get(omni, path, 'constructor');
    assert.equal(unknown.status, 403);
    assert.deepEqual(unknown.body, { error: 'Invalid API token', status: 403 });
    assert.equal(unknown.headers.get('content-type'), 'application/json');
  });

  test('list tokens for an administrator only', async () => {
    await using omni = await start({ tokens: [token(1)] });
    for (const path of ['/api/v1/api-keys', `/api/v1/api-keys/${uuid(1)}`]) {
      assert.equal(await statusOf(omni, path, 'org-key'), 200);
      assert.equal(await statusOf(omni, path, 'admin-pat'), 200);
      assert.equal(await statusOf(omni, path, 'member-pat'), 403);
    }
  });

  test('open SCIM for an organization key only, whatever the role of the user', async () => {
    await using omni = await start({ users: [user(1)] });
    for (const path of ['/api/scim/v2/users', '/api/scim/v2/embed/users', `/api/scim/v2/users/${user(1).id}`]) {
      assert.equal(await statusOf(omni, path, 'org-key'), 200);
      assert.equal(await statusOf(omni, path, 'admin-pat'), 403);
      assert.equal(await statusOf(omni, path, 'member-pat'), 403);
    }
  });

  test('learn who they are from whoami', async () => {
    await using omni = await start();
    assert.deepEqual((await get(omni, '/api/v1/whoami', 'admin-pat')).body, {
      keyScope: 'user',
      orgRole: 'ORG_ADMIN',
      user: { id: 'user-1', membershipId: 'member-1' },
      rolesByModel: {},
    });
    assert.equal(await statusOf(omni, '/api/v1/whoami', 'member-pat'), 200);
  });

  test('find no whoami on an older instance', async () => {
    await using omni = await start({ hasWhoami: false });
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 404);
  });
});

describe('the list of tokens', () => {
  test('begins with the newest and has 20 on a page unless asked otherwise', async () => {
    await using omni = await start({ tokens: Array.from({ length: 25 }, (_, index) => token(index)) });
    const { body } = await get(omni, '/api/v1/api-keys');
    assert.deepEqual(body.pageInfo, { hasNextPage: true, nextCursor: uuid(5), pageSize: 20, totalRecords: 25 });
    assert.equal(body.records.length, 20);
    assert.deepEqual(body.records[0], token(24));
  });

  test('is walked by cursor without a gap or a repeat, ties of the time broken by id', async () => {
    const tokens = [5, 3, 1, 4, 2].map((number) => token(number, { createdAt: minute(number < 4 ? 0 : 1) }));
    await using omni = await start({ tokens });
    const up = await walk(omni, 'pageSize=2&sortDirection=asc');
    assert.deepEqual(up, { ids: [1, 2, 3, 4, 5].map(uuid), pages: 3 });
    assert.deepEqual((await walk(omni, 'pageSize=2')).ids, up.ids.toReversed());
  });

  test('ends with its last full page', async () => {
    await using omni = await start({ tokens: [token(1), token(2)] });
    assert.equal((await walk(omni, 'pageSize=2')).pages, 1);
  });

  test('is sorted by name on request', async () => {
    const tokens = [token(1, { name: 'b' }), token(2, { name: 'a' }), token(3, { name: 'c' })];
    await using omni = await start({ tokens });
    assert.deepEqual((await walk(omni, 'sortField=name&sortDirection=asc')).ids, [2, 1, 3].map(uuid));
  });

  test('holds and counts only the type asked for', async () => {
    const tokens = [token(1, { type: 'mcp' }), token(2), token(3, { type: 'mcp' })];
    await using omni = await start({ tokens });
    const { body } = await get(omni, '/api/v1/api-keys?type=mcp&pageSize=1');
    assert.equal(body.pageInfo.totalRecords, 2);
    assert.deepEqual((await walk(omni, 'type=mcp')).ids, [uuid(3), uuid(1)]);
  });

  test('refuses every parameter out of bounds', async () => {
    await using omni = await start({ tokens: [token(1)] });
    const queries = [
      ...['pageSize=0', 'pageSize=101', 'pageSize=1.5', 'pageSize=', 'pageSize=ten', 'pageSize=-1'],
      ...['type=robot', 'sortField=id', 'sortDirection=up', 'cursor=', 'cursor=7', `cursor=${uuid(404)}`],
    ];
    for (const query of queries) {
      const { status, body } = await get(omni, `/api/v1/api-keys?${query}`);
      assert.equal(status, 400, query);
      assert.equal(body.status, 400);
    }
    assert.equal(await statusOf(omni, '/api/v1/api-keys?pageSize=100'), 200);
    assert.equal(await statusOf(omni, '/api/v1/api-keys?pageSize=1'), 200);
  });

  test('breaks a walk with 400 when the token of the cursor was deleted', async () => {
    await using omni = await start({ tokens: [token(1), token(2), token(3)] });
    const first = await get(omni, '/api/v1/api-keys?pageSize=2&sortDirection=asc');
    omni.organisation.tokens.splice(1, 1);
    assert.equal(await statusOf(omni, `/api/v1/api-keys?pageSize=2&cursor=${first.body.pageInfo.nextCursor}`), 400);
  });

  test('shows every change made to the organisation between two requests', async () => {
    await using omni = await start({ tokens: [token(1), token(2), token(3)] });
    const ids = async (query = 'sortField=name&sortDirection=asc') => (await walk(omni, query)).ids;
    assert.deepEqual(await ids(), [1, 2, 3].map(uuid));
    const [first, second] = omni.organisation.tokens;
    assert.ok(first && second);

    first.name = 'zzz';
    assert.deepEqual(await ids(), [2, 3, 1].map(uuid));
    second.type = 'mcp';
    assert.deepEqual(await ids('type=mcp'), [uuid(2)]);
    second.createdAt = minute(99);
    assert.deepEqual(await ids(''), [2, 3, 1].map(uuid));
    omni.organisation.tokens[0] = token(7, { name: 'aaa' });
    assert.deepEqual(await ids(), [7, 2, 3].map(uuid));
    omni.organisation.tokens = [token(8)];
    assert.deepEqual(await ids(), [uuid(8)]);
    omni.organisation = { tokens: [], users: [] };
    assert.deepEqual(await ids(), []);
  });

  test('carries names of any characters and fields that nobody documented', async () => {
    const strange = token(1, { name: 'NUL \0, half \ud83d, "<b>"', lastUsed: 'never' });
    await using omni = await start({ tokens: [strange] });
    assert.deepEqual((await get(omni, '/api/v1/api-keys')).body.records, [strange]);
  });

  test('of thousands of tokens is walked in order, each once', async () => {
    const tokens = Array.from({ length: 5000 }, (_, index) => token((index * 7919) % 5000));
    await using omni = await start({ tokens });
    const { ids, pages } = await walk(omni, 'pageSize=100&sortDirection=asc');
    assert.equal(pages, 50);
    assert.deepEqual(
      ids,
      Array.from({ length: 5000 }, (_, index) => uuid(index)),
    );
  });
});

describe('one token', () => {
  test('is found by id, is 404 when it is gone and 400 when the id is no UUID', async () => {
    await using omni = await start({ tokens: [token(1)] });
    assert.deepEqual((await get(omni, `/api/v1/api-keys/${uuid(1)}`)).body, token(1));
    omni.organisation.tokens.length = 0;
    assert.equal(await statusOf(omni, `/api/v1/api-keys/${uuid(1)}`), 404);
    assert.equal(await statusOf(omni, '/api/v1/api-keys/one'), 400);
  });

  test('is never changed or deleted, and the attempt is in the log', async () => {
    await using omni = await start({ tokens: [token(1)] });
    for (const method of ['PUT', 'DELETE']) {
      const response = await fetch(`${omni.baseUrl}/api/v1/api-keys/${uuid(1)}`, {
        method,
        headers: { Authorization: 'Bearer org-key' },
      });
      assert.equal(response.status, 405);
    }
    assert.deepEqual(omni.organisation.tokens, [token(1)]);
    assert.deepEqual(
      omni.requests.map(({ method, status }) => [method, status]),
      [
        ['PUT', 405],
        ['DELETE', 405],
      ],
    );
  });
});

describe('SCIM', () => {
  const embed = { entity: 'acme', externalId: 'e-1' };

  test('lists users by creation time in the shape of a SCIM list, under both spellings of the path', async () => {
    await using omni = await start({ users: [user(2), user(1)] });
    const { body } = await get(omni, '/api/scim/v2/users');
    assert.deepEqual(
      body.Resources.map((resource: SimulatedUser) => resource.userName),
      ['user1@example.com', 'user2@example.com'],
    );
    assert.deepEqual(
      { ...body, Resources: [] },
      {
        Resources: [],
        itemsPerPage: 2,
        startIndex: 1,
        totalResults: 2,
        schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      },
    );
    assert.deepEqual((await get(omni, '/api/scim/v2/Users')).body, body);
  });

  test('shows embed users in the embed endpoint and nowhere else', async () => {
    await using omni = await start({ users: [user(1), user(2, { embed })] });
    const [plain, embedded] = [await get(omni, '/api/scim/v2/users'), await get(omni, '/api/scim/v2/embed/Users')];
    assert.deepEqual([plain.body.totalResults, plain.body.Resources[0].id], [1, user(1).id]);
    assert.deepEqual([embedded.body.totalResults, embedded.body.Resources[0].id], [1, user(2).id]);
    assert.equal(embedded.body.Resources[0].embedEntity, 'acme');
    assert.equal(embedded.body.Resources[0].embedExternalId, 'e-1');
    assert.equal(await statusOf(omni, `/api/scim/v2/users/${user(1).id}`), 200);
    assert.equal(await statusOf(omni, `/api/scim/v2/users/${user(2).id}`), 404);
    assert.equal(await statusOf(omni, `/api/scim/v2/embed/users/${user(2).id}`), 200);
  });

  test('gives the last login in its extension, and no extension when it is not known', async () => {
    const users = [user(1), user(2, { lastLogin: null }), user(3, { lastLogin: minute(5) })];
    await using omni = await start({ users });
    const extension = 'urn:omni:params:scim:schemas:extension:user:2.0';
    const { body } = await get(omni, '/api/scim/v2/users');
    assert.equal(extension in body.Resources[0], false);
    assert.deepEqual(body.Resources[1][extension], { lastLogin: null });
    assert.deepEqual(body.Resources[2][extension], { lastLogin: minute(5) });
  });

  test('pages from a 1-based index, 100 at a time unless asked otherwise', async () => {
    await using omni = await start({ users: Array.from({ length: 101 }, (_, index) => user(index + 1)) });
    assert.equal((await get(omni, '/api/scim/v2/users')).body.itemsPerPage, 100);
    const { body } = await get(omni, '/api/scim/v2/users?startIndex=100&count=50');
    assert.deepEqual([body.startIndex, body.itemsPerPage, body.totalResults], [100, 2, 101]);
    assert.equal(body.Resources[0].userName, 'user100@example.com');
    assert.equal(await statusOf(omni, '/api/scim/v2/users?count=many'), 400);
    assert.equal(await statusOf(omni, '/api/scim/v2/users?startIndex='), 400);
  });

  test('filters by user name and refuses every other filter', async () => {
    await using omni = await start({ users: [user(1), user(2)] });
    const list = (filter: string) => get(omni, `/api/scim/v2/users?filter=${encodeURIComponent(filter)}`);
    const { body } = await list('userName eq "user2@example.com"');
    assert.deepEqual([body.totalResults, body.Resources[0].id], [1, user(2).id]);
    assert.equal((await list('userName eq "nobody"')).body.totalResults, 0);
    assert.equal((await list('userName sw "user"')).status, 400);
    assert.equal((await list('active eq true')).status, 400);
  });
});

describe('the rate limit', () => {
  test('counts each credential by itself, over all endpoints, in a sliding minute', async () => {
    let nowMs = 0;
    await using omni = await start({ requestsPerMinute: 2, now: () => nowMs });
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 200);
    nowMs = 30_000;
    assert.equal(await statusOf(omni, '/api/v1/api-keys'), 200);
    const limited = await get(omni, '/api/scim/v2/users');
    assert.equal(limited.status, 429);
    assert.equal(limited.headers.get('retry-after'), null);
    assert.equal(await statusOf(omni, '/api/v1/whoami', 'member-pat'), 200);

    nowMs = 59_999;
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 429);
    nowMs = 60_000;
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 200);
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 429);
  });

  test('tells the seconds to wait when it is asked to', async () => {
    let nowMs = 0;
    await using omni = await start({ requestsPerMinute: 1, sendRetryAfter: true, now: () => nowMs });
    await get(omni, '/api/v1/whoami');
    nowMs = 20_500;
    assert.equal((await get(omni, '/api/v1/whoami')).headers.get('retry-after'), '40');
  });
});

describe('the simulator', () => {
  test('logs every request with its query, status and user agent', async () => {
    await using omni = await start();
    const headers = { Authorization: 'Bearer org-key', 'User-Agent': 'a-test/1' };
    await get(omni, '/api/v1/api-keys?pageSize=5', '', { headers });
    const { status, body } = await get(omni, '/api/v2/nothing', '', { headers: { 'User-Agent': 'a-test/2' } });
    assert.deepEqual([status, body.status], [404, 404]);
    assert.deepEqual(omni.requests, [
      { method: 'GET', path: '/api/v1/api-keys?pageSize=5', status: 200, userAgent: 'a-test/1' },
      { method: 'GET', path: '/api/v2/nothing', status: 404, userAgent: 'a-test/2' },
    ]);
  });

  test('lets an interceptor answer, destroy the socket or let the request pass', async () => {
    await using omni = await start();
    const counts: number[] = [];
    omni.intercept = async (request, response, count) => {
      counts.push(count);
      if (count === 1) {
        response.writeHead(502).end('"a proxy"');
      } else if (count === 2) {
        request.socket.destroy();
      } else if (count === 3) {
        setImmediate(() => response.writeHead(503).end('late'));
      }
      return count <= 3;
    };
    const init = { headers: { Authorization: 'Bearer org-key' } };
    assert.equal((await fetch(`${omni.baseUrl}/api/v1/whoami`, init)).status, 502);
    await assert.rejects(fetch(`${omni.baseUrl}/api/v1/whoami`, init), TypeError);
    assert.equal((await fetch(`${omni.baseUrl}/api/v1/whoami`, init)).status, 503);
    assert.equal(await statusOf(omni, '/api/v1/whoami'), 200);
    assert.deepEqual(counts, [1, 2, 3, 4]);
    assert.deepEqual(
      omni.requests.map(({ status }) => status),
      [502, 0, 503, 200],
    );
  });

  test('answers 500 when an interceptor throws', async () => {
    await using omni = await start();
    omni.intercept = () => {
      throw new Error('a slip in the test');
    };
    const { status, body } = await get(omni, '/api/v1/whoami');
    assert.equal(status, 500);
    assert.match(body.error, /a slip in the test/);
  });

  test('closes at once although a client holds its connection, and may be closed again', {
    timeout: 5000,
  }, async () => {
    const omni = await start();
    await using _omni = omni;
    const { hostname, port } = new URL(omni.baseUrl);
    const socket = connect(Number(port), hostname);
    const ended = new Promise((resolve) => socket.on('close', resolve).on('error', resolve));
    await new Promise((resolve) => socket.on('connect', resolve));
    await get(omni, '/api/v1/whoami');

    await omni.close();
    await ended;
    await omni.close();
    await assert.rejects(fetch(omni.baseUrl));
  });
});
