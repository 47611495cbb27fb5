import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RuleSettings } from '../../src/rules/judge.ts';
import { changedKinds, createJudge } from '../../src/rules/judge.ts';
import { defaultRules } from '../support/default-rules.ts';

const everyKindWithSettings = ['owner-idle', 'token-disabled-lingering', 'token-stale'];

function changed(before: string | null, differences: Partial<RuleSettings> = {}): string[] {
  return [...changedKinds(before, createJudge({ ...defaultRules, ...differences }).fingerprint)].toSorted();
}

describe('changed settings', () => {
  const { staleAfterDays } = defaultRules;
  const table: [what: string, differences: Partial<RuleSettings>, kinds: string[]][] = [
    ['nothing', {}, []],
    [
      'another threshold of one type',
      { staleAfterDays: { ...staleAfterDays, organization: [60, 180, 365] } },
      ['token-stale'],
    ],
    ['a threshold less', { staleAfterDays: { ...staleAfterDays, mcp: [180] } }, ['token-stale']],
    ['stale tokens of one type switched off', { staleAfterDays: { ...staleAfterDays, mcp: [] } }, ['token-stale']],
    ['the time for disabled tokens', { disabledAfterDays: 31 }, ['token-disabled-lingering']],
    ['the time for idle owners', { ownerIdleDays: 0 }, ['owner-idle']],
    ['two of them', { ownerIdleDays: 30, disabledAfterDays: 31 }, ['owner-idle', 'token-disabled-lingering']],
    [
      'all of them',
      {
        staleAfterDays: { organization: [], personal: [], mcp: [] },
        disabledAfterDays: 0,
        ownerIdleDays: 0,
      },
      everyKindWithSettings,
    ],
  ];
  for (const [what, differences, kinds] of table) {
    test(`touch ${kinds.length === 0 ? 'no kind' : kinds.join(', ')} when they are ${what}`, () => {
      assert.deepEqual(changed(createJudge(defaultRules).fingerprint, differences), kinds);
    });
  }

  test('touch the same kinds on the way back', () => {
    const before = createJudge({ ...defaultRules, disabledAfterDays: 0, ownerIdleDays: 30 }).fingerprint;

    assert.deepEqual(changed(before), ['owner-idle', 'token-disabled-lingering']);
  });

  test('are told apart by what they say and not by which object says it', () => {
    assert.equal(createJudge(structuredClone(defaultRules)).fingerprint, createJudge(defaultRules).fingerprint);
  });
});

describe('the settings of an earlier run', () => {
  test('touch nothing where there was no such run', () => {
    assert.deepEqual(changed(null, { disabledAfterDays: 1 }), []);
  });

  test('touch no kind that it did not know yet', () => {
    const before = JSON.stringify({ 'token-stale': defaultRules.staleAfterDays });

    assert.deepEqual(changed(before, { disabledAfterDays: 1, ownerIdleDays: 30 }), []);
  });

  test('touch the kinds that it knew, though it did not know all', () => {
    const before = JSON.stringify({ 'token-stale': { ...defaultRules.staleAfterDays, mcp: [] } });

    assert.deepEqual(changed(before, { disabledAfterDays: 1 }), ['token-stale']);
  });
});
