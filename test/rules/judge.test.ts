import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConditionKind } from '../../src/rules/catalogue.ts';
import type { ConditionSubject } from '../../src/rules/condition-rule.ts';
import type { Finding, FindingContent } from '../../src/rules/finding.ts';
import { changedKinds, conditionFacts, createJudge, findingAsOf, type RuleSettings } from '../../src/rules/judge.ts';
import type { FindingOwner } from '../../src/rules/owner.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { defaultRules } from '../support/default-rules.ts';
import { someMorning } from '../support/fake-clock.ts';
import { someToken } from '../support/tokens.ts';

describe('changed settings', () => {
  const { staleAfterDays } = defaultRules;
  const { fingerprint } = createJudge(defaultRules);
  const table: [name: string, differences: Partial<RuleSettings>, kinds: string[]][] = [
    ['affect no kind if they are equal', { staleAfterDays: { ...staleAfterDays } }, []],
    [
      'affect stale tokens if a threshold of one type differs',
      { staleAfterDays: { ...staleAfterDays, organization: [60, 180, 365] } },
      ['token-stale'],
    ],
    [
      'affect stale tokens if one type is switched off',
      { staleAfterDays: { ...staleAfterDays, mcp: [] } },
      ['token-stale'],
    ],
    [
      'affect two kinds if two rules have other settings',
      { ownerIdleDays: 0, disabledAfterDays: 31 },
      ['owner-idle', 'token-disabled-lingering'],
    ],
  ];
  for (const [name, differences, kinds] of table) {
    test(name, () => {
      const other = createJudge({ ...defaultRules, ...differences }).fingerprint;
      assert.deepEqual([...changedKinds(fingerprint, other)].toSorted(), kinds);
      assert.deepEqual([...changedKinds(other, fingerprint)].toSorted(), kinds, 'and the same when changed back');
    });
  }

  test('affect only the kinds that the earlier run knew', () => {
    const earlier = JSON.stringify({ 'token-stale': { ...staleAfterDays, mcp: [] } });
    const current = createJudge({ ...defaultRules, disabledAfterDays: 1 }).fingerprint;
    assert.deepEqual([...changedKinds(earlier, current)], ['token-stale']);
    assert.deepEqual([...changedKinds(null, current)], []);
  });
});

function daysAgo(days: number): string {
  return new Date(someMorning.getTime() - days * msPerDay).toISOString();
}

const token = someToken(1, { enabled: false, createdAt: daysAgo(200.5) });
const disabledSince = daysAgo(31.5);
const jane: FindingOwner = {
  state: 'active',
  userName: 'jane@acme.example',
  displayName: 'Jane Doe',
  lastLogin: daysAgo(91.5),
  list: 'regular',
  role: null,
};
const unknown: FindingOwner = { ...jane, state: 'missing', userName: null, displayName: null, lastLogin: null };

describe('the facts of a finding', () => {
  const aboutToken: ConditionSubject = { kind: 'token', token, disabledSince, register: null };
  const ofOwner = (owner: FindingOwner) => ({ owner, tokenCount: 7, tokens: [token] });
  const aboutOwner = (owner: FindingOwner): ConditionSubject => ({ kind: 'owner', ...ofOwner(owner) });
  const table: [kind: ConditionKind, facts: string, level: number, about: ConditionSubject, detail: object][] = [
    ['token-stale', 'its age', 180, aboutToken, { ageDays: 200, thresholdDays: 180 }],
    [
      'token-disabled-lingering',
      'the time since it was disabled',
      30,
      aboutToken,
      { since: disabledSince, ageDays: 31, thresholdDays: 30 },
    ],
    ['token-type-unknown', 'nothing of their own', 0, aboutToken, {}],
    ['owner-deactivated', 'the owner and its tokens', 7, aboutOwner(jane), ofOwner(jane)],
    ['owner-missing', 'the owner and its tokens', 7, aboutOwner(unknown), ofOwner(unknown)],
    [
      'owner-idle',
      'the time since the last login',
      90,
      aboutOwner(jane),
      { ...ofOwner(jane), ageDays: 91, thresholdDays: 90 },
    ],
    [
      'owner-idle',
      'no time if the last login is unknown',
      90,
      aboutOwner({ ...jane, lastLogin: null }),
      { ...ofOwner({ ...jane, lastLogin: null }), ageDays: null, thresholdDays: 90 },
    ],
  ];
  for (const [kind, facts, level, about, detail] of table) {
    test(`of the kind ${kind} are ${facts}`, () => {
      assert.deepEqual(conditionFacts(kind, level, about, someMorning), { kind, detail });
    });
  }
});

describe('a finding as of a later instant', () => {
  const later = new Date(someMorning.getTime() + 10 * msPerDay);
  const header = {
    id: 1,
    runId: 1,
    severity: 'low',
    subject: { type: 'token', id: token.id },
    owner: jane,
    register: null,
  } as const;
  const asOfLater = (content: FindingContent): Finding['detail'] =>
    findingAsOf({ ...header, token, ...content }, later).detail;

  test('has aged with the time', () => {
    const transition = 'opened';
    const stale = { ageDays: 200, thresholdDays: 180 };
    const lingering = { since: disabledSince, ageDays: 31, thresholdDays: 30 };
    const idle = { owner: jane, tokenCount: 1, tokens: [token], ageDays: 91, thresholdDays: 90 };

    const aged = [
      asOfLater({ kind: 'token-stale', transition, detail: stale }),
      asOfLater({ kind: 'token-disabled-lingering', transition, detail: lingering }),
      asOfLater({ kind: 'owner-idle', transition, detail: idle }),
    ];
    assert.deepEqual(aged, [
      { ...stale, ageDays: 210 },
      { ...lingering, ageDays: 41 },
      { ...idle, ageDays: 101 },
    ]);
  });

  test('is otherwise unchanged', () => {
    const renamed = { before: 'a', after: 'b' };
    assert.deepEqual(asOfLater({ kind: 'token-renamed', transition: 'event', detail: renamed }), renamed);
    assert.equal(asOfLater({ kind: 'token-stale', transition: 'resolved', detail: null }), null);
  });
});
