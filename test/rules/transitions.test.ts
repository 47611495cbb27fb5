import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JudgedCondition } from '../../src/rules/condition-rule.ts';
import { findDifferences, type OpenInterval, type TransitionDecision } from '../../src/rules/transitions.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { decide, type Situation } from '../support/decide-transition.ts';

type Row = [
  open: number | null,
  judged: number | null,
  earlier: boolean,
  subjectState: Situation['subjectState'],
  settingsChanged: boolean,
  transition: TransitionDecision['transition'],
  suppressedBy: TransitionDecision['suppressedBy'],
  reason: TransitionDecision['reason'],
];

const table: Row[] = [
  [null, 90, false, 'enabled', false, 'opened', null, null],
  [null, 90, false, 'enabled', true, 'opened', 'settings-changed', null],
  [null, 90, true, 'enabled', false, 'reopened', null, null],
  [null, 90, true, 'enabled', true, 'reopened', 'settings-changed', null],
  [null, 0, false, 'disabled', false, 'opened', null, null],
  [90, 180, false, 'enabled', false, 'escalated', null, null],
  [90, 180, true, 'enabled', false, 'escalated', null, null],
  [90, 180, false, 'enabled', true, 'escalated', 'settings-changed', null],
  [180, 90, false, 'enabled', false, 'eased', 'eased', null],
  [180, 90, false, 'enabled', true, 'eased', 'settings-changed', null],
  [90, null, false, 'enabled', false, 'resolved', null, 'fixed'],
  [90, null, true, 'enabled', false, 'resolved', null, 'fixed'],
  [90, null, false, 'enabled', true, 'resolved', 'settings-changed', 'settings-changed'],
  [90, null, false, 'disabled', false, 'resolved', 'event', 'token-disabled'],
  [90, null, false, 'disabled', true, 'resolved', 'event', 'token-disabled'],
  [90, null, false, 'removed', false, 'resolved', 'event', 'token-removed'],
  [90, null, false, 'removed', true, 'resolved', 'event', 'token-removed'],
];

describe('a condition', () => {
  for (const [
    open,
    judged,
    hadEarlierInterval,
    subjectState,
    settingsChanged,
    transition,
    suppressedBy,
    reason,
  ] of table) {
    const past = `${open ?? 'nothing'}${hadEarlierInterval ? ' and an earlier interval' : ''}`;
    const settings = settingsChanged ? 'changed' : 'unchanged';
    const heard = suppressedBy === null ? 'reported' : `suppressed (${suppressedBy})`;
    test(`from ${past} to ${judged ?? 'nothing'}, token ${subjectState}, settings ${settings}: ${transition}, ${heard}`, () => {
      const decision = decide({
        open: open === null ? null : [open, 'low'],
        judged: judged === null ? null : [judged, 'low'],
        hadEarlierInterval,
        // Long ago, so that nothing comes and goes too fast.
        msSinceReported: hadEarlierInterval || open !== null ? 30 * msPerDay : null,
        subjectState,
        settingsChanged,
      });
      assert.deepEqual(decision, { transition, suppressedBy, reason });
    });
  }

  test('has escalated when the same level weighs more, and eased when it weighs less', () => {
    const escalated = { transition: 'escalated', suppressedBy: null, reason: null };
    const eased = { transition: 'eased', suppressedBy: 'eased', reason: null };
    assert.deepEqual(decide({ open: [180, 'low'], judged: [180, 'medium'] }), escalated);
    assert.deepEqual(decide({ open: [180, 'medium'], judged: [180, 'low'] }), eased);
  });

  test('that settings make weigh more or less at the same level changes without being reported', () => {
    const suppressed = { suppressedBy: 'settings-changed', reason: null };
    const settingsChanged = true;
    assert.deepEqual(decide({ open: [180, 'low'], judged: [180, 'medium'], settingsChanged }), {
      transition: 'escalated',
      ...suppressed,
    });
    assert.deepEqual(decide({ open: [180, 'medium'], judged: [180, 'low'], settingsChanged }), {
      transition: 'eased',
      ...suppressed,
    });
  });

  test('that reaches a higher level and weighs less has escalated', () => {
    const decision = decide({ open: [90, 'medium'], judged: [180, 'low'] });
    assert.deepEqual(decision, { transition: 'escalated', suppressedBy: null, reason: null });
  });

  test('that stays as it was has no transition, whether settings changed or not', () => {
    for (const settingsChanged of [false, true]) {
      assert.equal(decide({ open: [180, 'low'], judged: [180, 'low'], settingsChanged }), null);
    }
  });

  test('that a disabled token can have as well is not resolved by the disabling', () => {
    const decision = decide({ kind: 'token-type-unknown', open: [0, 'medium'], subjectState: 'disabled' });
    assert.deepEqual(decision, { transition: 'resolved', suppressedBy: null, reason: 'fixed' });
  });
});

describe('the differences between a verdict and what is open', () => {
  const stale: JudgedCondition = { kind: 'token-stale', level: 90, severity: 'low' };
  const unknown: JudgedCondition = { kind: 'token-type-unknown', level: 0, severity: 'medium' };
  const openStale: OpenInterval = { ...stale, id: 7, isUnreported: false };

  test('are none where both are alike, and none of what cannot be judged', () => {
    assert.deepEqual(findDifferences([openStale], { judged: [stale], undecided: [] }), []);
    assert.deepEqual(findDifferences([openStale], { judged: [], undecided: ['token-stale'] }), []);
  });

  test('are what is found and not open, and what is open and not found', () => {
    assert.deepEqual(findDifferences([openStale], { judged: [unknown], undecided: [] }), [
      { kind: 'token-type-unknown', open: null, judged: unknown },
      { kind: 'token-stale', open: openStale, judged: null },
    ]);
  });

  test('are what is open at another level or severity, or was not reported yet', () => {
    for (const differences of [{ level: 180 }, { severity: 'medium' }, { isUnreported: true }] as const) {
      const open = { ...openStale, ...differences };
      assert.deepEqual(findDifferences([open], { judged: [stale], undecided: [] }), [
        { kind: 'token-stale', open, judged: stale },
      ]);
    }
  });
});
