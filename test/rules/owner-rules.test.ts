import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RuleSettings } from '../../src/rules/judge.ts';
import { createJudge, type Verdict } from '../../src/rules/judge.ts';
import type { Holding, KnownOwner, OwnerState } from '../../src/rules/owner.ts';
import { msPerDay } from '../../src/time/duration.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const settings: RuleSettings = {
  staleAfterDays: { organization: [1], personal: [1], mcp: [1] },
  disabledAfterDays: 1,
  ownerIdleDays: 90,
};

function owner(state: OwnerState, daysSinceLogin: number | null): KnownOwner {
  const lastLogin = daysSinceLogin === null ? null : new Date(now.getTime() - daysSinceLogin * msPerDay).toISOString();
  return { state, userName: 'jane@acme.example', displayName: 'Jane Doe', lastLogin };
}

function judge(holding: Partial<Holding>, differences: Partial<RuleSettings> = {}): Verdict {
  const whole = { membershipId: 'c3d4', owner: owner('active', 1), tokenCount: 1, ...holding };
  return createJudge({ ...settings, ...differences }).owner(whole, now);
}

const deactivated = { kind: 'owner-deactivated', level: 1, severity: 'critical' };
const missing = { kind: 'owner-missing', level: 1, severity: 'critical' };
const idle = { kind: 'owner-idle', level: 90, severity: 'low' };

type Row = [
  name: string,
  holding: Partial<Holding>,
  differences: Partial<RuleSettings>,
  judged: object[],
  undecided?: string[],
];

const table: Row[] = [
  ['who is active and logged in lately has no condition', {}, {}, []],
  ['who is deactivated is one', { owner: owner('deactivated', 1) }, {}, [deactivated]],
  ['who is missing is one', { owner: owner('missing', 1) }, {}, [missing]],
  ['who is missing and was never known is one', { owner: owner('missing', null) }, {}, [missing]],
  ['is not idle a moment before the limit', { owner: owner('active', 89.98) }, {}, []],
  ['is idle at the limit', { owner: owner('active', 90) }, {}, [idle]],
  ['is idle years later, at the same level', { owner: owner('active', 4000) }, {}, [idle]],
  [
    'is idle at the level that the limit sets',
    { owner: owner('active', 30) },
    { ownerIdleDays: 30 },
    [{ ...idle, level: 30 }],
  ],
  ['is not idle where a skewed clock has put the log-in into the future', { owner: owner('active', -400) }, {}, []],
  [
    'without a known log-in, like an embed user, gives nothing and is left undecided',
    { owner: owner('active', null) },
    {},
    [],
    ['owner-idle'],
  ],
  ['is never idle where the rule is off', { owner: owner('active', 4000) }, { ownerIdleDays: 0 }, []],
  [
    'without a known log-in is decided where the rule is off',
    { owner: owner('active', null) },
    { ownerIdleDays: 0 },
    [],
  ],
  ['who is deactivated is not idle besides', { owner: owner('deactivated', 4000) }, {}, [deactivated]],
  [
    'who is deactivated leaves nothing undecided for want of a log-in',
    { owner: owner('deactivated', null) },
    {},
    [deactivated],
  ],
  ['who is missing is not idle besides', { owner: owner('missing', 4000) }, {}, [missing]],
  [
    'is as grave as it holds tokens',
    { owner: owner('deactivated', 4000), tokenCount: 6 },
    {},
    [{ ...deactivated, level: 6 }],
  ],
];

describe('an owner', () => {
  for (const [name, holding, differences, judged, undecided = []] of table) {
    test(name, () => {
      assert.deepEqual(judge(holding, differences), { judged, undecided });
    });
  }
});
