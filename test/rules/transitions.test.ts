import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConditionDifference, decideTransition, type TransitionDecision } from '../../src/rules/transitions.ts';
import { msPerDay } from '../../src/time/duration.ts';

type Row = [
  standing: number | null,
  judged: number | null,
  earlier: boolean,
  subjectState: ConditionDifference['subjectState'],
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

function decide(difference: Partial<ConditionDifference>, settingsChanged = false): TransitionDecision | null {
  const whole: ConditionDifference = {
    kind: 'token-stale',
    standingLevel: null,
    standingSeverity: null,
    judgedLevel: null,
    judgedSeverity: null,
    hadEarlierInterval: false,
    isHeldBack: false,
    msSinceTold: null,
    subjectState: 'enabled',
    ...difference,
  };
  return decideTransition(whole, settingsChanged);
}

describe('a condition', () => {
  for (const [
    standingLevel,
    judgedLevel,
    hadEarlierInterval,
    subjectState,
    changed,
    transition,
    suppressedBy,
    reason,
  ] of table) {
    const past = `${standingLevel ?? 'nothing'}${hadEarlierInterval ? ' and an earlier interval' : ''}`;
    const settings = changed ? 'changed' : 'unchanged';
    const heard = suppressedBy === null ? 'told' : `not told (${suppressedBy})`;
    test(`from ${past} to ${judgedLevel ?? 'nothing'}, token ${subjectState}, settings ${settings}: ${transition}, ${heard}`, () => {
      const difference: Partial<ConditionDifference> = {
        standingLevel,
        standingSeverity: standingLevel === null ? null : 'low',
        judgedLevel,
        judgedSeverity: judgedLevel === null ? null : 'low',
        hadEarlierInterval,
        // Told long ago, so that nothing comes and goes too fast.
        msSinceTold: hadEarlierInterval || standingLevel !== null ? 30 * msPerDay : null,
        subjectState,
      };

      assert.deepEqual(decide(difference, changed), { transition, suppressedBy, reason });
    });
  }

  const standsOn = { standingLevel: 180, judgedLevel: 180, msSinceTold: 30 * msPerDay };

  test('is worse when the same level weighs more, and eased when it weighs less', () => {
    const graver = decide({ ...standsOn, standingSeverity: 'low', judgedSeverity: 'medium' });
    const milder = decide({ ...standsOn, standingSeverity: 'medium', judgedSeverity: 'low' });

    assert.deepEqual(graver, { transition: 'escalated', suppressedBy: null, reason: null });
    assert.deepEqual(milder, { transition: 'eased', suppressedBy: 'eased', reason: null });
  });

  test('that settings make weigh more or less at the same level changes without being told', () => {
    const graver = decide({ ...standsOn, standingSeverity: 'low', judgedSeverity: 'medium' }, true);
    const milder = decide({ ...standsOn, standingSeverity: 'medium', judgedSeverity: 'low' }, true);

    assert.deepEqual(graver, { transition: 'escalated', suppressedBy: 'settings-changed', reason: null });
    assert.deepEqual(milder, { transition: 'eased', suppressedBy: 'settings-changed', reason: null });
  });

  test('that reaches a higher level and weighs less has worsened', () => {
    const transition = decide({
      standingLevel: 90,
      judgedLevel: 180,
      standingSeverity: 'medium',
      judgedSeverity: 'low',
    });

    assert.deepEqual(transition, { transition: 'escalated', suppressedBy: null, reason: null });
  });

  test('that stands as it stood has no transition, whether settings changed or not', () => {
    const same = { ...standsOn, standingSeverity: 'low', judgedSeverity: 'low' } as const;

    assert.equal(decide(same), null);
    assert.equal(decide(same, true), null);
  });

  test('token-type-unknown, which a disabled token can have as well, is not resolved by the disabling', () => {
    const kind = 'token-type-unknown';
    const transition = decide({ kind, standingLevel: 0, standingSeverity: 'medium', subjectState: 'disabled' });

    assert.deepEqual(transition, { transition: 'resolved', suppressedBy: null, reason: 'fixed' });
  });
});
