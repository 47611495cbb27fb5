import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConditionKind, findingKinds, isConditionKind } from '../../src/rules/catalogue.ts';
import type { ConditionSubject } from '../../src/rules/condition-rule.ts';
import type { FindingOwner, HeldToken } from '../../src/rules/finding.ts';
import { conditionDetail } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';

const now = new Date('2026-11-23T07:00:00.000Z');

function daysAgo(days: number): string {
  return new Date(now.getTime() - days * msPerDay).toISOString();
}

const token: Token = {
  id: '6513270e-269e-4d37-b2a7-4de452e6b438',
  name: 'nightly export',
  type: 'personal',
  enabled: false,
  createdAt: daysAgo(200.5),
  membershipId: 'c3d4',
};
const jane: FindingOwner = {
  state: 'active',
  userName: 'jane@acme.example',
  displayName: 'Jane Doe',
  lastLogin: daysAgo(91.5),
};
const held: HeldToken = { id: token.id, name: token.name, type: 'personal', enabled: true, createdAt: token.createdAt };

function ofToken(disabledSince: string | null): ConditionSubject {
  return { kind: 'token', token, disabledSince };
}

describe('what is said of a condition of a token', () => {
  const table: [kind: ConditionKind, level: number, disabledSince: string | null, detail: object][] = [
    ['token-stale', 180, null, { ageDays: 200, thresholdDays: 180 }],
    // The age of the disabling and not that of the token.
    [
      'token-disabled-lingering',
      30,
      daysAgo(31.5),
      { since: '2026-10-22T19:00:00.000Z', ageDays: 31, thresholdDays: 30 },
    ],
    // It works again: nothing is left to count from.
    ['token-disabled-lingering', 30, null, {}],
    ['token-type-unknown', 0, null, {}],
  ];
  for (const [kind, level, disabledSince, detail] of table) {
    const state = disabledSince === null ? 'enabled' : 'disabled';
    test(`is ${Object.keys(detail).join(', ') || 'nothing more'} for ${kind} of a token that is ${state}`, () => {
      assert.deepEqual(conditionDetail(kind, level, ofToken(disabledSince), now), detail);
    });
  }
});

describe('what is said of a condition of an owner', () => {
  const table: [kind: ConditionKind, level: number, owner: FindingOwner, more: object][] = [
    ['owner-deactivated', 0, { ...jane, state: 'deactivated' }, {}],
    ['owner-missing', 0, { state: 'missing', userName: null, displayName: null, lastLogin: null }, {}],
    ['owner-idle', 90, jane, { ageDays: 91, thresholdDays: 90 }],
    ['owner-idle', 90, { ...jane, lastLogin: null }, { thresholdDays: 90 }],
  ];
  for (const [kind, level, owner, more] of table) {
    const said = ['the owner, the count and the tokens', ...Object.keys(more)].join(', ');
    test(`is ${said} for ${kind}`, () => {
      const about: ConditionSubject = { kind: 'owner', owner, tokenCount: 7, tokens: [held] };

      assert.deepEqual(conditionDetail(kind, level, about, now), { owner, tokenCount: 7, tokens: [held], ...more });
    });
  }
});

test('nothing is said of a subject of which nothing is known any more', () => {
  for (const kind of findingKinds.filter(isConditionKind)) assert.deepEqual(conditionDetail(kind, 90, null, now), {});
});
