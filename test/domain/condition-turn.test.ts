import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConditionDifference, type ConditionTurn, conditionTurn } from '../../src/domain/condition-turn.ts';

type Row = [
  standing: number | null,
  judged: number | null,
  earlier: boolean,
  token: ConditionDifference['token'],
  rulesChanged: boolean,
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
  // The level is the same and only the severity differs.
  [90, 90, false, 'enabled', true, 'eased', 'settings-changed', null],
  [90, null, false, 'enabled', false, 'resolved', null, 'fixed'],
  [90, null, true, 'enabled', false, 'resolved', null, 'fixed'],
  [90, null, false, 'enabled', true, 'resolved', 'settings-changed', 'settings-changed'],
  [90, null, false, 'disabled', false, 'resolved', 'said-by-event', 'token-disabled'],
  [90, null, false, 'disabled', true, 'resolved', 'said-by-event', 'token-disabled'],
  [90, null, false, 'removed', false, 'resolved', 'said-by-event', 'token-removed'],
  [90, null, false, 'removed', true, 'resolved', 'said-by-event', 'token-removed'],
];

describe('a condition', () => {
  for (const [standingLevel, judgedLevel, hadEarlierInterval, token, rulesChanged, turn, silence, reason] of table) {
    const past = `${standingLevel ?? 'nothing'}${hadEarlierInterval ? ' and an earlier interval' : ''}`;
    const settings = rulesChanged ? 'changed' : 'unchanged';
    const heard = silence === null ? 'told' : `not told (${silence})`;
    test(`from ${past} to ${judgedLevel ?? 'nothing'}, token ${token}, rules ${settings}: ${turn}, ${heard}`, () => {
      const difference: ConditionDifference = {
        kind: 'token-stale',
        standingLevel,
        standingSeverity: standingLevel === null ? null : 'low',
        judgedLevel,
        judgedSeverity: judgedLevel === null ? null : 'low',
        hadEarlierInterval,
        token,
      };

      assert.deepEqual(conditionTurn(difference, rulesChanged), { turn, silence, reason });
    });
  }

  test('is worse when the same level weighs more, and eased when it weighs less', () => {
    const same = {
      kind: 'token-stale',
      standingLevel: 180,
      judgedLevel: 180,
      hadEarlierInterval: false,
      token: 'enabled',
    } as const;

    const graver = conditionTurn({ ...same, standingSeverity: 'low', judgedSeverity: 'medium' }, false);
    const milder = conditionTurn({ ...same, standingSeverity: 'medium', judgedSeverity: 'low' }, false);

    assert.deepEqual(graver, { turn: 'worsened', silence: null, reason: null });
    assert.deepEqual(milder, { turn: 'eased', silence: 'eased', reason: null });
  });

  test('that a disabled token can have as well is not resolved by the disabling', () => {
    const gone = {
      kind: 'token-type-unknown',
      standingLevel: 0,
      standingSeverity: 'medium',
      judgedLevel: null,
    } as const;

    const turn = conditionTurn({ ...gone, judgedSeverity: null, hadEarlierInterval: false, token: 'disabled' }, false);

    assert.deepEqual(turn, { turn: 'resolved', silence: null, reason: 'fixed' });
  });
});
