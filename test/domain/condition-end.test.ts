import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConditionTurn, conditionTurn, type SubjectState } from '../../src/domain/condition-turn.ts';
import type { ConditionKind } from '../../src/domain/finding-catalogue.ts';
import { msPerDay } from '../../src/domain/time.ts';

const told = { turn: 'resolved', silence: null, reason: 'fixed' } as const;
const replaced = { turn: 'resolved', silence: 'said-by-event', reason: 'fixed' } as const;
const heldBack = { turn: 'resolved', silence: 'flapping', reason: 'fixed' } as const;
const gone = { turn: 'resolved', silence: 'said-by-event', reason: 'token-removed' } as const;
const bySettings = { turn: 'resolved', silence: 'settings-changed', reason: 'settings-changed' } as const;

function end(
  kind: ConditionKind,
  subjectState: SubjectState,
  { isHeldBack = false, settingsChanged = false, msSinceTold = 30 * msPerDay } = {},
): ConditionTurn | null {
  return conditionTurn(
    {
      kind,
      standingLevel: 30,
      standingSeverity: 'low',
      judgedLevel: null,
      judgedSeverity: null,
      hadEarlierInterval: false,
      isHeldBack,
      msSinceTold,
      subjectState,
    },
    settingsChanged,
  );
}

const table: [kind: ConditionKind, subjectState: SubjectState, turn: ConditionTurn][] = [
  ['token-stale', 'enabled', told],
  ['token-stale', 'removed', gone],
  ['token-stale', 'disabled', { turn: 'resolved', silence: 'said-by-event', reason: 'token-disabled' }],
  // Its end is the token that works again, which is the graver news.
  ['token-disabled-lingering', 'enabled', replaced],
  ['token-disabled-lingering', 'removed', gone],
  ['token-disabled-lingering', 'disabled', told],
  ['token-type-unknown', 'enabled', told],
  ['token-name-policy', 'enabled', told],
  ['token-name-policy', 'removed', gone],
  ['owner-idle', 'active', told],
  ['owner-idle', 'deactivated', replaced],
  ['owner-idle', 'missing', replaced],
  ['owner-idle', 'removed', gone],
  ['owner-deactivated', 'active', told],
  ['owner-deactivated', 'missing', replaced],
  ['owner-deactivated', 'removed', gone],
  ['owner-missing', 'active', told],
  ['owner-missing', 'deactivated', replaced],
  ['owner-missing', 'removed', gone],
  // Fewer tokens are fewer, whatever else happened to their owner.
  ['owner-many-tokens', 'active', told],
  ['owner-many-tokens', 'deactivated', told],
  ['owner-many-tokens', 'missing', told],
  ['owner-many-tokens', 'removed', gone],
];

describe('the end of a condition', () => {
  for (const [kind, subjectState, turn] of table) {
    const heard = turn.silence === null ? 'told' : `not told (${turn.silence})`;
    test(`${kind} of a subject that is ${subjectState}: ${turn.reason}, ${heard}`, () => {
      assert.deepEqual(end(kind, subjectState), turn);
    });
  }

  test('is told within the day in which its beginning was', () => {
    assert.deepEqual(end('owner-idle', 'active', { msSinceTold: 1 }), told);
  });

  test('is not told when its beginning was held back', () => {
    assert.deepEqual(end('owner-idle', 'active', { isHeldBack: true }), heldBack);
  });

  test('is not told when settings may have caused it', () => {
    assert.deepEqual(end('owner-idle', 'active', { settingsChanged: true }), bySettings);
    assert.deepEqual(end('owner-idle', 'active', { settingsChanged: true, isHeldBack: true }), bySettings);
  });

  test('is put down to the removal, whatever else is true', () => {
    assert.deepEqual(end('owner-idle', 'removed', { settingsChanged: true, isHeldBack: true }), gone);
  });
});
