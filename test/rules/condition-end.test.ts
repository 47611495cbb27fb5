import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConditionKind } from '../../src/rules/catalogue.ts';
import { decideTransition, type SubjectState, type TransitionDecision } from '../../src/rules/transitions.ts';
import { msPerDay } from '../../src/time/duration.ts';

const told = { transition: 'resolved', suppressedBy: null, reason: 'fixed' } as const;
const replaced = { transition: 'resolved', suppressedBy: 'event', reason: 'fixed' } as const;
const heldBack = { transition: 'resolved', suppressedBy: 'flapping', reason: 'fixed' } as const;
const gone = { transition: 'resolved', suppressedBy: 'event', reason: 'token-removed' } as const;
const bySettings = { transition: 'resolved', suppressedBy: 'settings-changed', reason: 'settings-changed' } as const;

function end(
  kind: ConditionKind,
  subjectState: SubjectState,
  { isHeldBack = false, settingsChanged = false, msSinceTold = 30 * msPerDay } = {},
): TransitionDecision | null {
  return decideTransition(
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

const table: [kind: ConditionKind, subjectState: SubjectState, transition: TransitionDecision][] = [
  ['token-stale', 'enabled', told],
  ['token-stale', 'removed', gone],
  ['token-stale', 'disabled', { transition: 'resolved', suppressedBy: 'event', reason: 'token-disabled' }],
  // Its end is the token that works again, which is the graver news.
  ['token-disabled-lingering', 'enabled', replaced],
  ['token-disabled-lingering', 'removed', gone],
  ['token-disabled-lingering', 'disabled', told],
  ['token-type-unknown', 'enabled', told],
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
];

describe('the end of a condition', () => {
  for (const [kind, subjectState, transition] of table) {
    const heard = transition.suppressedBy === null ? 'told' : `not told (${transition.suppressedBy})`;
    test(`${kind} of a subject that is ${subjectState}: ${transition.reason}, ${heard}`, () => {
      assert.deepEqual(end(kind, subjectState), transition);
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
