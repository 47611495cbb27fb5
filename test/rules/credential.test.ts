import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareCredentials } from '../../src/rules/credential.ts';

const admin = { keyScope: 'organization', orgRole: 'ORG_ADMIN' };

describe('the credential of the audit', () => {
  for (const [what, before, after, change] of [
    ['has the same rights as before', admin, admin, 'same'],
    ['lost its role', admin, { ...admin, orgRole: 'MEMBER' }, 'less'],
    ['got a smaller scope', admin, { ...admin, keyScope: 'user' }, 'less'],
    ['gained a role', { ...admin, orgRole: 'MEMBER' }, admin, 'more'],
    ['gained a scope', { ...admin, keyScope: 'user' }, admin, 'more'],
    [
      'gained a scope and lost its role',
      { keyScope: 'user', orgRole: 'ORG_ADMIN' },
      { ...admin, orgRole: 'MEMBER' },
      'less',
    ],
    ['has a role that we do not know', admin, { ...admin, orgRole: 'OWNER' }, 'less'],
    ['had a role that we do not know', { ...admin, orgRole: 'OWNER' }, admin, 'less'],
  ] as const) {
    test(`counts as ${change} when it ${what}`, () => {
      assert.equal(compareCredentials(before, after), change);
    });
  }
});
