import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { uuid } from '../support/tokens.ts';
import { get, start, statusOf, token, user } from './simulator-requests.ts';

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
