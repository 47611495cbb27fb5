import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JudgedCondition } from '../../src/rules/condition-rule.ts';
import type { RuleSettings } from '../../src/rules/judge.ts';
import { createJudge } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const settings: RuleSettings = {
  staleAfterDays: { organization: [90, 180, 365], personal: [180, 365], mcp: [30] },
  disabledAfterDays: 30,
  ownerIdleDays: 90,
};

function daysAgo(days: number): string {
  return new Date(now.getTime() - days * msPerDay).toISOString();
}

function tokenOfAge(days: number, differences: Partial<Token> = {}): Token {
  return {
    id: '6513270e-269e-4d37-b2a7-4de452e6b438',
    name: 'nightly export',
    type: 'organization',
    enabled: true,
    createdAt: daysAgo(days),
    membershipId: null,
    ...differences,
  };
}

/** A disabled token is one that this audit is the first to see so, unless told otherwise. */
function judge(
  token: Token,
  differences: Partial<RuleSettings> = {},
  disabledSince = token.enabled ? null : daysAgo(0),
): JudgedCondition[] {
  return createJudge({ ...settings, ...differences }).token({ token, disabledSince }, now);
}

describe('a token', () => {
  test('is not yet stale a moment before its first threshold', () => {
    assert.deepEqual(judge(tokenOfAge(89.98)), []);
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

      assert.deepEqual(judge(tokenOfAge(days, { type })), expected);
    });
  }

  test('that crossed several thresholds is judged by the highest alone', () => {
    assert.equal(judge(tokenOfAge(400)).length, 1);
  });

  test('keeps the highest severity from the third threshold on', () => {
    const staleAfterDays = { ...settings.staleAfterDays, organization: [10, 20, 30, 40, 50] };

    assert.deepEqual(judge(tokenOfAge(50), { staleAfterDays }), [{ kind: 'token-stale', level: 50, severity: 'high' }]);
  });

  test('is never stale where the rule is off', () => {
    const staleAfterDays = { ...settings.staleAfterDays, organization: [] };

    assert.deepEqual(judge(tokenOfAge(4000), { staleAfterDays }), []);
  });

  test('is not stale while it is disabled', () => {
    assert.deepEqual(judge(tokenOfAge(4000, { enabled: false })), []);
  });

  test('that a skewed clock puts in the future is not stale', () => {
    assert.deepEqual(judge(tokenOfAge(-400)), []);
  });

  for (const enabled of [true, false]) {
    test(`of an unknown type is told as such and never as stale when ${enabled ? 'enabled' : 'disabled'}`, () => {
      assert.deepEqual(judge(tokenOfAge(4000, { type: 'service', enabled })), [
        { kind: 'token-type-unknown', level: 0, severity: 'medium' },
      ]);
    });
  }

  test('whose type is spelled like a property of every object is of an unknown type', () => {
    const [judged] = judge(tokenOfAge(1, { type: 'constructor' }));

    assert.equal(judged?.kind, 'token-type-unknown');
  });
});

describe('a disabled token', () => {
  const lingering = { kind: 'token-disabled-lingering', level: 30, severity: 'low' };
  const disabled = tokenOfAge(4000, { enabled: false });

  const table: [name: string, days: number, disabledAfterDays: number, expected: object[]][] = [
    ['does not linger a moment before its time is over', 29.98, 30, []],
    ['lingers once its time is over', 30, 30, [lingering]],
    ['still lingers years later, at the same level', 4000, 30, [lingering]],
    ['has another level where it is given more time', 60, 60, [{ ...lingering, level: 60 }]],
    ['does not linger in the time it was given, however old it is itself', 0, 1, []],
    ['may linger for ever where the rule is off', 4000, 0, []],
    ['does not linger where a skewed clock has put the disabling into the future', -400, 30, []],
  ];
  for (const [name, days, disabledAfterDays, expected] of table) {
    test(name, () => {
      assert.deepEqual(judge(disabled, { disabledAfterDays }, daysAgo(days)), expected);
    });
  }

  test('lingers whatever its type, known or not', () => {
    const kinds = ['organization', 'personal', 'mcp', 'service'].map((type) =>
      judge({ ...disabled, type }, {}, daysAgo(30)).map(({ kind }) => kind),
    );

    assert.deepEqual(kinds, [
      ['token-disabled-lingering'],
      ['token-disabled-lingering'],
      ['token-disabled-lingering'],
      ['token-disabled-lingering', 'token-type-unknown'],
    ]);
  });

  test('is stale instead once it is enabled again', () => {
    assert.deepEqual(
      judge(tokenOfAge(4000)).map(({ kind }) => kind),
      ['token-stale'],
    );
  });
});

test('one token can have several conditions at once', () => {
  assert.deepEqual(judge(tokenOfAge(180, { type: 'service', enabled: false }), {}, daysAgo(30)), [
    { kind: 'token-disabled-lingering', level: 30, severity: 'low' },
    { kind: 'token-type-unknown', level: 0, severity: 'medium' },
  ]);
});
