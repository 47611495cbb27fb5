import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unknownVariables, variables } from '../../src/config/variables.ts';

describe('a variable that nobody knows', () => {
  test('is found when it begins like ours, in the order of the alphabet', () => {
    const env = {
      SMTP_PASWORD: 'x',
      OMNI_TOKEN: 'x',
      STALE_AFTER: '1',
      MAIL_CC: 'x',
      AUDIT_CORN: 'x',
      DATABASE_URL: 'x',
      DIGEST: 'x',
      DIGEST_WEN: 'always',
      INVENTORY_DAY: '90',
      DISABLED_AFTER: '30',
      OWNER_LIMIT: '5',
      NAME_PATERN: '^a',
    };

    assert.deepEqual(unknownVariables(env), [
      'AUDIT_CORN',
      'DATABASE_URL',
      'DIGEST_WEN',
      'DISABLED_AFTER',
      'INVENTORY_DAY',
      'MAIL_CC',
      'NAME_PATERN',
      'OMNI_TOKEN',
      'OWNER_LIMIT',
      'SMTP_PASWORD',
      'STALE_AFTER',
    ]);
  });

  test('is the file of a value that is no secret', () => {
    assert.deepEqual(unknownVariables({ SMTP_HOST_FILE: '/run/secrets/host' }), ['SMTP_HOST_FILE']);
  });

  test('is none of ours, nor the file of a secret, nor what belongs to others', () => {
    const ours = Object.fromEntries(variables.map(({ name }) => [name, 'x']));

    const found = unknownVariables({
      ...ours,
      OMNI_API_TOKEN_FILE: 'x',
      SMTP_PASSWORD_FILE: 'x',
      PATH: 'x',
      MAIL: 'x',
    });

    assert.deepEqual(found, []);
  });
});
