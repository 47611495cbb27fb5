import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SimulatedUser } from '../../src/demo/omni-simulator.ts';
import { get, minute, start, statusOf, user } from './simulator-requests.ts';

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
