import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConditionDifference, type ConditionTurn, conditionTurn } from '../../src/domain/condition-turn.ts';
import { msPerDay } from '../../src/domain/time.ts';

type Row = [
  standing: number | null,
  judged: number | null,
  earlier: boolean,
  subjectState: ConditionDifference['subjectState'],
  settingsChanged: boolean,
  turn: ConditionTurn['turn'],
  silence: ConditionTurn['silence'],
  reason: ConditionTurn['reason'],
];

const table: Row[] = [
  [null, 90, false, 'enabled', false, 'opened', null, null],
  [null, 90, false, 'enabled', true, 'opened', 'settings-changed', null],
  [null, 90, true, 'enabled', false, 'reopened', null, null],
  [null, 90, true, 'enabled', true, 'reopened', 'settings-changed', null],
  [null, 0, false, 'disabled', false, 'opened', null, null],
  [90, 180, false, 'enabled', false, 'worsened', null, null],
  [90, 180, true, 'enabled', false, 'worsened', null, null],
  [90, 180, false, 'enabled', true, 'worsened', 'settings-changed', null],
  [180, 90, false, 'enabled', false, 'eased', 'eased', null],
  [180, 90, false, 'enabled', true, 'eased', 'settings-changed', null],
  [90, null, false, 'enabled', false, 'resolved', null, 'fixed'],
  [90, null, true, 'enabled', false, 'resolved', null, 'fixed'],
  [90, null, false, 'enabled', true, 'resolved', 'settings-changed', 'settings-changed'],
  [90, null, false, 'disabled', false, 'resolved', 'said-by-event', 'token-disabled'],
  [90, null, false, 'disabled', true, 'resolved', 'said-by-event', 'token-disabled'],
  [90, null, false, 'removed', false, 'resolved', 'said-by-event', 'token-removed'],
  [90, null, false, 'removed', true, 'resolved', 'said-by-event', 'token-removed'],
];

function decide(difference: Partial<ConditionDifference>, settingsChanged = false): ConditionTurn | null {
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
  return conditionTurn(whole, settingsChanged);
}

describe('a condition', () => {
  for (const [standingLevel, judgedLevel, hadEarlierInterval, subjectState, changed, turn, silence, reason] of table) {
    const past = `${standingLevel ?? 'nothing'}${hadEarlierInterval ? ' and an earlier interval' : ''}`;
    const settings = changed ? 'changed' : 'unchanged';
    const heard = silence === null ? 'told' : `not told (${silence})`;
    test(`from ${past} to ${judgedLevel ?? 'nothing'}, token ${subjectState}, settings ${settings}: ${turn}, ${heard}`, () => {
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

      assert.deepEqual(decide(difference, changed), { turn, silence, reason });
    });
  }

  const standsOn = { standingLevel: 180, judgedLevel: 180, msSinceTold: 30 * msPerDay };

  test('is worse when the same level weighs more, and eased when it weighs less', () => {
    const graver = decide({ ...standsOn, standingSeverity: 'low', judgedSeverity: 'medium' });
    const milder = decide({ ...standsOn, standingSeverity: 'medium', judgedSeverity: 'low' });

    assert.deepEqual(graver, { turn: 'worsened', silence: null, reason: null });
    assert.deepEqual(milder, { turn: 'eased', silence: 'eased', reason: null });
  });

  test('that settings make weigh more or less at the same level changes without being told', () => {
    const graver = decide({ ...standsOn, standingSeverity: 'low', judgedSeverity: 'medium' }, true);
    const milder = decide({ ...standsOn, standingSeverity: 'medium', judgedSeverity: 'low' }, true);

    assert.deepEqual(graver, { turn: 'worsened', silence: 'settings-changed', reason: null });
    assert.deepEqual(milder, { turn: 'eased', silence: 'settings-changed', reason: null });
  });

  test('that reaches a higher level and weighs less has worsened', () => {
    const turn = decide({ standingLevel: 90, judgedLevel: 180, standingSeverity: 'medium', judgedSeverity: 'low' });

    assert.deepEqual(turn, { turn: 'worsened', silence: null, reason: null });
  });

  test('that stands as it stood has no turn, whether settings changed or not', () => {
    const same = { ...standsOn, standingSeverity: 'low', judgedSeverity: 'low' } as const;

    assert.equal(decide(same), null);
    assert.equal(decide(same, true), null);
  });

  for (const kind of ['token-type-unknown', 'token-name-policy'] as const) {
    test(`${kind}, which a disabled token can have as well, is not resolved by the disabling`, () => {
      const turn = decide({ kind, standingLevel: 0, standingSeverity: 'medium', subjectState: 'disabled' });

      assert.deepEqual(turn, { turn: 'resolved', silence: null, reason: 'fixed' });
    });
  }
});
