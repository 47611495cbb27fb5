import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scimPage, toOwner } from '../../src/omni/scim-schema.ts';
import type { Owner } from '../../src/rules/owner.ts';

const extension = 'urn:omni:params:scim:schemas:extension:user:2.0';
const jane = { id: 'jane-1', userName: 'jane@acme.example', displayName: 'Jane Doe', active: true };

/** What one record of the list says; null: nothing that can be used. */
function read(record: unknown): Owner | null {
  const [user] = scimPage.parse({ Resources: [record], totalResults: 1 }).Resources;
  assert.ok(user);
  return toOwner(user);
}

describe('a SCIM user', () => {
  test('is an owner, whose id is the membership id', () => {
    const { id: membershipId, ...rest } = jane;
    assert.deepEqual(read(jane), { membershipId, ...rest, lastLogin: null });
  });

  test('may have fields that nobody knows yet', () => {
    const { displayName } = read({ ...jane, emails: [], groups: null, meta: { created: 5 }, embedEntity: 'x' }) ?? {};
    assert.equal(displayName, 'Jane Doe');
  });

  for (const [spelling, expected] of [
    ['2026-02-01T10:00:00.000Z', '2026-02-01T10:00:00.000Z'],
    ['2026-02-01T10:00:00Z', '2026-02-01T10:00:00.000Z'],
    ['2026-02-01T12:00:00+02:00', '2026-02-01T10:00:00.000Z'],
  ] as const) {
    test(`logged in at ${expected} when its extension says ${spelling}`, () => {
      assert.equal(read({ ...jane, [extension]: { lastLogin: spelling } })?.lastLogin, expected);
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
    test(`that ${what} logged in nobody knows when, and is an owner all the same`, () => {
      const owner = read({ ...jane, [extension]: value });
      assert.deepEqual([owner?.active, owner?.lastLogin], [true, null]);
    });
  }

  test('that is not active is a deactivated owner', () => {
    assert.equal(read({ ...jane, active: false })?.active, false);
  });

  for (const active of [undefined, null, 'true', 0]) {
    test(`whose active is ${JSON.stringify(active)} tells nothing`, () => {
      assert.equal(read({ ...jane, active }), null);
    });
  }

  test('without names has empty ones', () => {
    const { id, active } = jane;
    assert.deepEqual([read({ id, active })?.userName, read({ id, active })?.displayName], ['', '']);
    assert.equal(read({ ...jane, displayName: null })?.displayName, '');
  });

  test('whose name is no text has an empty one, and all others keep theirs', () => {
    assert.equal(read({ ...jane, userName: {} })?.userName, '');
  });

  test('is on no page where there is none, be the list empty or absent', () => {
    assert.deepEqual(scimPage.parse({ totalResults: 0 }).Resources, []);
  });

  for (const [what, record] of Object.entries({
    'without an id': { ...jane, id: undefined },
    'with an empty id': { ...jane, id: '' },
    'with an id that is a number': { ...jane, id: 5 },
  })) {
    test(`${what} makes the page unusable`, () => {
      assert.equal(scimPage.safeParse({ Resources: [record], totalResults: 1 }).success, false);
    });
  }

  for (const totalResults of [undefined, null, -1, 1.5, '1']) {
    test(`stands on no page whose total is ${JSON.stringify(totalResults)}`, () => {
      assert.equal(scimPage.safeParse({ Resources: [jane], totalResults }).success, false);
    });
  }
});
