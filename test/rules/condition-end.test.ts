import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConditionKind } from '../../src/rules/catalogue.ts';
import type { SubjectState, TransitionDecision } from '../../src/rules/transitions.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { decide, type Situation } from '../support/decide-transition.ts';

const reported = { transition: 'resolved', suppressedBy: null, reason: 'fixed' } as const;
const replaced = { transition: 'resolved', suppressedBy: 'event', reason: 'fixed' } as const;
const suppressed = { transition: 'resolved', suppressedBy: 'flapping', reason: 'fixed' } as const;
const gone = { transition: 'resolved', suppressedBy: 'event', reason: 'token-removed' } as const;
const bySettings = { transition: 'resolved', suppressedBy: 'settings-changed', reason: 'settings-changed' } as const;

function end(
  kind: ConditionKind,
  subjectState: SubjectState,
  more: Partial<Situation> = {},
): TransitionDecision | null {
  return decide({ kind, subjectState, open: [30, 'low'], msSinceReported: 30 * msPerDay, ...more });
}

const table: [kind: ConditionKind, subjectState: SubjectState, transition: TransitionDecision][] = [
  ['token-stale', 'enabled', reported],
  ['token-stale', 'removed', gone],
  ['token-stale', 'disabled', { transition: 'resolved', suppressedBy: 'event', reason: 'token-disabled' }],
  // Its end is the token that works again, which is the graver news.
  ['token-disabled-lingering', 'enabled', replaced],
  ['token-disabled-lingering', 'removed', gone],
  ['token-disabled-lingering', 'disabled', reported],
  ['token-type-unknown', 'enabled', reported],
  ['owner-idle', 'active', reported],
  ['owner-idle', 'deactivated', replaced],
  ['owner-idle', 'missing', replaced],
  ['owner-idle', 'removed', gone],
  ['owner-deactivated', 'active', reported],
  ['owner-deactivated', 'missing', replaced],
  ['owner-deactivated', 'removed', gone],
  ['owner-missing', 'active', reported],
  ['owner-missing', 'deactivated', replaced],
  ['owner-missing', 'removed', gone],
];

describe('the end of a condition', () => {
  for (const [kind, subjectState, transition] of table) {
    const heard = transition.suppressedBy === null ? 'reported' : `suppressed (${transition.suppressedBy})`;
    test(`${kind} of a subject that is ${subjectState}: ${transition.reason}, ${heard}`, () => {
      assert.deepEqual(end(kind, subjectState), transition);
    });
  }

  test('is reported within the day in which its beginning was', () => {
    assert.deepEqual(end('owner-idle', 'active', { msSinceReported: 1 }), reported);
  });

  test('is suppressed when its beginning was suppressed', () => {
    assert.deepEqual(end('owner-idle', 'active', { isUnreported: true }), suppressed);
  });

  test('is suppressed when settings may have caused it', () => {
    assert.deepEqual(end('owner-idle', 'active', { settingsChanged: true }), bySettings);
    assert.deepEqual(end('owner-idle', 'active', { settingsChanged: true, isUnreported: true }), bySettings);
  });

  test('is put down to the removal, whatever else is true', () => {
    assert.deepEqual(end('owner-idle', 'removed', { settingsChanged: true, isUnreported: true }), gone);
  });
});
