import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeToken, type RuleSettings } from '../../src/domain/condition-rules.ts';
import { msPerDay, type Token } from '../../src/domain/token.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const settings: RuleSettings = {
  staleAfterDays: { organization: [90, 180, 365], personal: [180, 365], mcp: [30] },
};

function tokenOfAge(days: number, differences: Partial<Token> = {}): Token {
  return {
    id: '6513270e-269e-4d37-b2a7-4de452e6b438',
    name: 'nightly export',
    type: 'organization',
    enabled: true,
    createdAt: new Date(now.getTime() - days * msPerDay).toISOString(),
    membershipId: null,
    ...differences,
  };
}

describe('a token', () => {
  test('is not yet stale a moment before its first threshold', () => {
    assert.deepEqual(judgeToken(tokenOfAge(89.98), settings, now), []);
  });

  const ages: [type: string, days: number, level: number | null, severity: string | null][] = [
    ['organization', 90, 90, 'low'],
    ['organization', 179.9, 90, 'low'],
    ['organization', 180, 180, 'medium'],
    ['organization', 365, 365, 'high'],
    ['organization', 4000, 365, 'high'],
    ['personal', 179.9, null, null],
    ['personal', 180, 180, 'low'],
    ['personal', 365, 365, 'medium'],
    ['mcp', 29.9, null, null],
    ['mcp', 30, 30, 'low'],
    ['mcp', 4000, 30, 'low'],
  ];
  for (const [type, days, level, severity] of ages) {
    const verdict = level === null ? 'is not stale' : `is stale at level ${level} (${severity})`;
    test(`of type ${type} and ${days} days ${verdict}`, () => {
      const expected = level === null ? [] : [{ kind: 'token-stale', level, severity }];

      assert.deepEqual(judgeToken(tokenOfAge(days, { type }), settings, now), expected);
    });
  }

  test('that crossed several thresholds is judged by the highest alone', () => {
    assert.equal(judgeToken(tokenOfAge(400), settings, now).length, 1);
  });

  test('keeps the highest severity from the third threshold on', () => {
    const many = { staleAfterDays: { ...settings.staleAfterDays, organization: [10, 20, 30, 40, 50] } };

    assert.deepEqual(judgeToken(tokenOfAge(50), many, now), [{ kind: 'token-stale', level: 50, severity: 'high' }]);
  });

  test('is never stale where the rule is off', () => {
    const off = { staleAfterDays: { ...settings.staleAfterDays, organization: [] } };

    assert.deepEqual(judgeToken(tokenOfAge(4000), off, now), []);
  });

  test('is not stale while it is disabled', () => {
    assert.deepEqual(judgeToken(tokenOfAge(4000, { enabled: false }), settings, now), []);
  });

  test('that a skewed clock puts in the future is not stale', () => {
    assert.deepEqual(judgeToken(tokenOfAge(-400), settings, now), []);
  });

  for (const enabled of [true, false]) {
    test(`of an unknown type is told as such and never as stale when ${enabled ? 'enabled' : 'disabled'}`, () => {
      assert.deepEqual(judgeToken(tokenOfAge(4000, { type: 'service', enabled }), settings, now), [
        { kind: 'token-type-unknown', level: 0, severity: 'medium' },
      ]);
    });
  }

  test('whose type is spelled like a property of every object is of an unknown type', () => {
    const [judged] = judgeToken(tokenOfAge(1, { type: 'constructor' }), settings, now);

    assert.equal(judged?.kind, 'token-type-unknown');
  });
});
