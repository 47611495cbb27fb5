import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConditionKind } from '../../src/rules/catalogue.ts';
import type { ConditionSubject } from '../../src/rules/condition-rule.ts';
import type { Finding, FindingContent } from '../../src/rules/finding.ts';
import { conditionFacts, findingAsOf } from '../../src/rules/judge.ts';
import type { FindingOwner } from '../../src/rules/owner.ts';
import type { OwnersToken, Token } from '../../src/rules/token.ts';
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
const held: OwnersToken = {
  id: token.id,
  name: token.name,
  type: 'personal',
  enabled: true,
  createdAt: token.createdAt,
};

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
    ['token-type-unknown', 0, null, {}],
  ];
  for (const [kind, level, disabledSince, detail] of table) {
    const state = disabledSince === null ? 'enabled' : 'disabled';
    test(`is ${Object.keys(detail).join(', ') || 'nothing more'} for ${kind} of a token that is ${state}`, () => {
      assert.deepEqual(conditionFacts(kind, level, ofToken(disabledSince), now), { kind, detail });
    });
  }
});

describe('what is said of a condition of an owner', () => {
  const table: [kind: ConditionKind, level: number, owner: FindingOwner, more: object][] = [
    ['owner-deactivated', 0, { ...jane, state: 'deactivated' }, {}],
    ['owner-missing', 0, { state: 'missing', userName: null, displayName: null, lastLogin: null }, {}],
    ['owner-idle', 90, jane, { ageDays: 91, thresholdDays: 90 }],
    ['owner-idle', 90, { ...jane, lastLogin: null }, { ageDays: null, thresholdDays: 90 }],
  ];
  for (const [kind, level, owner, more] of table) {
    const said = ['the owner, the count and the tokens', ...Object.keys(more)].join(', ');
    test(`is ${said} for ${kind}`, () => {
      const about: ConditionSubject = { kind: 'owner', owner, tokenCount: 7, tokens: [held] };

      const detail = { owner, tokenCount: 7, tokens: [held], ...more };
      assert.deepEqual(conditionFacts(kind, level, about, now), { kind, detail });
    });
  }
});

describe('a finding as of a later instant', () => {
  const later = new Date(now.getTime() + 10 * msPerDay);
  const header = { id: 1, runId: 1, severity: 'low', subject: { type: 'token', id: token.id }, owner: jane } as const;
  const aged = (content: FindingContent): Finding['detail'] =>
    findingAsOf({ ...header, token, ...content }, later).detail;

  test('has the ages of then', () => {
    const since = daysAgo(31.5);
    const transition = 'opened';
    const idle = { owner: jane, tokenCount: 1, tokens: [held], ageDays: 91, thresholdDays: 90 };

    assert.deepEqual(aged({ kind: 'token-stale', transition, detail: { ageDays: 200, thresholdDays: 180 } }), {
      ageDays: 210,
      thresholdDays: 180,
    });
    assert.deepEqual(
      aged({ kind: 'token-disabled-lingering', transition, detail: { since, ageDays: 31, thresholdDays: 30 } }),
      { since, ageDays: 41, thresholdDays: 30 },
    );
    assert.deepEqual(aged({ kind: 'owner-idle', transition, detail: idle }), { ...idle, ageDays: 101 });
  });

  test('has everything else as it was', () => {
    const renamed = { before: 'a', after: 'b' };

    assert.deepEqual(aged({ kind: 'token-renamed', transition: 'event', detail: renamed }), renamed);
    assert.equal(aged({ kind: 'token-stale', transition: 'resolved', detail: null }), null);
  });
});
