import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CredentialRefusedError, NotFoundError, OmniError } from '../../src/errors.ts';
import type { User } from '../../src/omni/api.ts';
import type { Owner } from '../../src/rules/owner.ts';
import { noAbort } from '../support/no-abort.ts';
import { scriptOmni } from '../support/scripted-omni.ts';

const extension = 'urn:omni:params:scim:schemas:extension:user:2.0';
const jane = { id: 'jane-1', userName: 'jane@acme.example', displayName: 'Jane Doe', active: true };
const { id: membershipId, ...account } = jane;
const owner: Owner = { membershipId, ...account, lastLogin: null };

function readPage(body: unknown) {
  return scriptOmni(body).api.userPage('regular', 1, noAbort);
}

async function readUser(fields: Record<string, unknown>): Promise<User | undefined> {
  return (await readPage({ Resources: [{ ...jane, ...fields }], totalResults: 1 })).users[0];
}

describe('a SCIM user', () => {
  const loggedIn = { ...owner, lastLogin: '2026-02-01T10:00:00.000Z' };
  type Reading = [what: string, fields: Record<string, unknown>, owner: Owner | null];
  const readings: Reading[] = [
    ['is an owner', {}, owner],
    ['may have unknown fields', { emails: [], groups: null, meta: { created: 5 } }, owner],
    ['may be deactivated', { active: false }, { ...owner, active: false }],
    ['may have no user name', { userName: undefined }, { ...owner, userName: '' }],
    ['may have no display name', { displayName: null }, { ...owner, displayName: '' }],
    ['has an empty name when it is no text', { userName: {} }, { ...owner, userName: '' }],
    ['has a last login', { [extension]: { lastLogin: '2026-02-01T10:00:00Z' } }, loggedIn],
    ['has a last login with an offset', { [extension]: { lastLogin: '2026-02-01T12:00:00+02:00' } }, loggedIn],
    ...[null, 'yesterday', {}].map((value): Reading => {
      return [`has no known login when its extension is ${JSON.stringify(value)}`, { [extension]: value }, owner];
    }),
    ...[null, '2026-02-01T10:00:00', 1_769_940_000].map((lastLogin): Reading => {
      return [`has no known login when that is ${JSON.stringify(lastLogin)}`, { [extension]: { lastLogin } }, owner];
    }),
    ...[undefined, null, 'true', 0].map((active): Reading => {
      return [`is no known owner when active is ${JSON.stringify(active)}`, { active }, null];
    }),
  ];
  for (const [what, fields, expected] of readings) {
    test(what, async () => {
      assert.deepEqual(await readUser(fields), { membershipId, owner: expected });
    });
  }

  for (const id of [undefined, '', 5]) {
    test(`makes the page invalid when its id is ${JSON.stringify(id)}`, async () => {
      await assert.rejects(readUser({ id }), /^OmniError: listing regular users, page 1, failed: .*: record 1: id: /);
    });
  }
});

describe('looking up a user by its id', () => {
  for (const [id, path] of [
    ['a/../b?c#d', 'api/scim/v2/users/a%2F..%2Fb%3Fc%23d'],
    ['%2e%2e', 'api/scim/v2/users/%252e%252e'],
    ['.-ü', 'api/scim/v2/users/.-%C3%BC'],
  ] as const) {
    test(`requests ${path}`, async () => {
      const { api, paths } = scriptOmni({ ...jane, id });
      assert.equal((await api.user('regular', id, noAbort))?.membershipId, id);
      assert.deepEqual(paths, [path]);
    });
  }

  for (const id of ['.', '..', '...', '\ud800']) {
    test(`requests nothing for ${JSON.stringify(id)}, as if Omni refused the id`, async () => {
      const { api, paths } = scriptOmni(jane);
      await assert.rejects(api.user('regular', id, noAbort), (error) => {
        assert.ok(error instanceof OmniError);
        assert.equal(error.status, 400);
        assert.ok(error.message.includes(JSON.stringify(id)), error.message);
        return true;
      });
      assert.deepEqual(paths, []);
    });
  }
});

describe('a page of users', () => {
  test('may omit the list when there are no users', async () => {
    assert.deepEqual(await readPage({ totalResults: 0 }), { users: [], totalResults: 0 });
  });

  for (const totalResults of [undefined, null, -1, 1.5, '1']) {
    test(`is invalid when its total is ${JSON.stringify(totalResults)}`, async () => {
      await assert.rejects(readPage({ Resources: [jane], totalResults }), /totalResults: /);
    });
  }
});

describe('whoami', () => {
  const credential = { keyScope: 'user', orgRole: 'MEMBER' };
  const notFound = new NotFoundError('not found', { status: 404 });

  test('returns scope and role of the credential', async () => {
    const { api, paths } = scriptOmni({ ...credential, more: 1 });
    assert.deepEqual(await api.whoami(noAbort), credential);
    assert.deepEqual(paths, ['api/v1/whoami']);
  });

  for (const body of [notFound, {}, null, { keyScope: 'user' }, { keyScope: '', orgRole: 'MEMBER' }]) {
    test(`returns null for ${body === notFound ? 'an older instance without it' : JSON.stringify(body)}`, async () => {
      assert.equal(await scriptOmni(body).api.whoami(noAbort), null);
    });
  }

  for (const error of [new CredentialRefusedError('no', { status: 403 }), new OmniError('no', { status: 500 })]) {
    test(`fails with ${error.status}`, async () => {
      await assert.rejects(scriptOmni(error).api.whoami(noAbort), (thrown) => thrown === error);
    });
  }
});
