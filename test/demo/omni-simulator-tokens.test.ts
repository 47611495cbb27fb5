import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { uuid } from '../support/tokens.ts';
import { get, minute, start, statusOf, token, walk } from './simulator-requests.ts';

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
