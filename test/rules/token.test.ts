import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isKnownTokenType } from '../../src/rules/token.ts';
import { ageInDays } from '../../src/time/duration.ts';

describe('the age of a token', () => {
  const now = new Date('2026-11-23T07:00:00.000Z');

  test('counts whole days only', () => {
    assert.equal(ageInDays('2026-11-22T07:00:00.001Z', now), 0);
    assert.equal(ageInDays('2026-11-22T07:00:00.000Z', now), 1);
  });

  test('is zero where a skewed clock puts its creation in the future', () => {
    assert.equal(ageInDays('2026-12-24T07:00:00.000Z', now), 0);
  });
});

describe('the type of a token', () => {
  test('is known only when it is spelled as Omni does', () => {
    const known = ['organization', 'personal', 'mcp', 'MCP', 'service', '', 'toString'].filter(isKnownTokenType);

    assert.deepEqual(known, ['organization', 'personal', 'mcp']);
  });
});
