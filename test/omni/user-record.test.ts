import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { UserPage } from '../../src/omni/api.ts';
import type { Owner } from '../../src/rules/owner.ts';
import { sendJson, startHttpServer } from '../support/http-server.ts';
import { noAbort } from '../support/no-abort.ts';
import { someOmniApi } from '../support/omni-api.ts';

const extension = 'urn:omni:params:scim:schemas:extension:user:2.0';
const jane = { id: 'jane-1', userName: 'jane@acme.example', displayName: 'Jane Doe', active: true };

/** What the API makes of one answer of a list. */
async function readPage(body: unknown): Promise<UserPage> {
  await using server = await startHttpServer((response) => sendJson(response, body));
  return await someOmniApi(server.baseUrl).userPage('regular', 1, noAbort);
}

/** What one record of the list says; null: nothing that can be used. */
async function read(record: unknown): Promise<Owner | null> {
  const { users } = await readPage({ Resources: [record], totalResults: 1 });
  assert.equal(users.length, 1);
  return users[0]?.owner ?? null;
}

describe('a SCIM user', () => {
  test('is an owner, whose id is the membership id', async () => {
    const { id: membershipId, ...rest } = jane;
    assert.deepEqual(await read(jane), { membershipId, ...rest, lastLogin: null });
  });

  test('may have unknown fields', async () => {
    const more = { emails: [], groups: null, meta: { created: 5 }, embedEntity: 'x' };
    const { displayName } = (await read({ ...jane, ...more })) ?? {};
    assert.equal(displayName, 'Jane Doe');
  });

  for (const [spelling, expected] of [
    ['2026-02-01T10:00:00.000Z', '2026-02-01T10:00:00.000Z'],
    ['2026-02-01T10:00:00Z', '2026-02-01T10:00:00.000Z'],
    ['2026-02-01T12:00:00+02:00', '2026-02-01T10:00:00.000Z'],
  ] as const) {
    test(`logged in at ${expected} when its extension says ${spelling}`, async () => {
      assert.equal((await read({ ...jane, [extension]: { lastLogin: spelling } }))?.lastLogin, expected);
    });
  }

  const unknownLogins: Record<string, unknown> = {
    'has no extension': undefined,
    'has a null for its extension': null,
    'has a text for its extension': 'yesterday',
    'has an extension without a log-in': {},
    'has a null for its log-in': { lastLogin: null },
    'has a log-in that is no time': { lastLogin: 'yesterday' },
    'has a log-in without a time zone': { lastLogin: '2026-02-01T10:00:00' },
    'has a number for its log-in': { lastLogin: 1_769_940_000 },
    'has an empty log-in': { lastLogin: '' },
  };
  for (const [what, value] of Object.entries(unknownLogins)) {
    test(`that ${what} is an owner whose last log-in is unknown`, async () => {
      const owner = await read({ ...jane, [extension]: value });
      assert.deepEqual([owner?.active, owner?.lastLogin], [true, null]);
    });
  }

  test('that is not active is a deactivated owner', async () => {
    assert.equal((await read({ ...jane, active: false }))?.active, false);
  });

  for (const active of [undefined, null, 'true', 0]) {
    test(`whose active is ${JSON.stringify(active)} says nothing`, async () => {
      assert.equal(await read({ ...jane, active }), null);
    });
  }

  test('without names has empty ones', async () => {
    const { id, active } = jane;
    const owner = await read({ id, active });
    assert.deepEqual([owner?.userName, owner?.displayName], ['', '']);
    assert.equal((await read({ ...jane, displayName: null }))?.displayName, '');
  });

  test('whose name is no text has an empty one, and all others keep theirs', async () => {
    assert.equal((await read({ ...jane, userName: {} }))?.userName, '');
  });

  test('is on no page of an empty list, which may be absent', async () => {
    assert.deepEqual(await readPage({ totalResults: 0 }), { users: [], totalResults: 0 });
  });

  for (const [what, record] of Object.entries({
    'without an id': { ...jane, id: undefined },
    'with an empty id': { ...jane, id: '' },
    'with an id that is a number': { ...jane, id: 5 },
  })) {
    test(`${what} makes the page unusable`, async () => {
      await assert.rejects(readPage({ Resources: [record], totalResults: 1 }), /Resources\.0\.id: /);
    });
  }

  for (const totalResults of [undefined, null, -1, 1.5, '1']) {
    test(`is on no usable page whose total is ${JSON.stringify(totalResults)}`, async () => {
      await assert.rejects(readPage({ Resources: [jane], totalResults }), /totalResults: /);
    });
  }
});
