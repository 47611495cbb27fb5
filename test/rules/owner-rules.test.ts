import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createJudge } from '../../src/rules/judge.ts';
import type { KnownOwner, OwnerState } from '../../src/rules/owner.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { defaultRules } from '../support/default-rules.ts';
import { someMorning } from '../support/fake-clock.ts';

function owner(state: OwnerState, daysSinceLogin: number | null): KnownOwner {
  const lastLogin =
    daysSinceLogin === null ? null : new Date(someMorning.getTime() - daysSinceLogin * msPerDay).toISOString();
  return { state, userName: 'jane@acme.example', displayName: 'Jane Doe', lastLogin, list: 'regular' };
}

const tokenCount = 6;
const deactivated = { kind: 'owner-deactivated', level: tokenCount, severity: 'critical' };
const missing = { kind: 'owner-missing', level: tokenCount, severity: 'critical' };
const idle = { kind: 'owner-idle', level: 90, severity: 'low' };

const table: [name: string, owner: KnownOwner, ownerIdleDays: number, judged: object[], undecided?: string[]][] = [
  ['who logged in recently has no condition', owner('active', 1), 90, []],
  [
    'who is deactivated has only that condition, with the number of tokens as its level',
    owner('deactivated', 4000),
    90,
    [deactivated],
  ],
  ['who is deactivated leaves nothing undecided without a login', owner('deactivated', null), 90, [deactivated]],
  [
    'who is missing has only that condition, with the number of tokens as its level',
    owner('missing', 4000),
    90,
    [missing],
  ],
  ['who is missing and was never known is missing', owner('missing', null), 90, [missing]],
  ['is not idle shortly before the limit', owner('active', 89.98), 90, []],
  ['is idle at the limit', owner('active', 90), 90, [idle]],
  ['is idle years later, at the same level', owner('active', 4000), 90, [idle]],
  ['is idle at the level that the settings define', owner('active', 30), 30, [{ ...idle, level: 30 }]],
  ['is not idle if a skewed clock puts the login in the future', owner('active', -400), 90, []],
  ['without a known login is undecided', owner('active', null), 90, [], ['owner-idle']],
  ['is never idle if the rule is off', owner('active', 4000), 0, []],
  ['without a known login is not idle if the rule is off', owner('active', null), 0, []],
];

describe('an owner', () => {
  for (const [name, account, ownerIdleDays, judged, undecided = []] of table) {
    test(name, () => {
      const verdict = createJudge({ ...defaultRules, ownerIdleDays }).owner(
        { membershipId: 'c3d4', owner: account, tokenCount },
        someMorning,
      );
      assert.deepEqual(verdict, { judged, undecided });
    });
  }
});
