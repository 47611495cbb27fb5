import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JudgedCondition } from '../../src/rules/condition-rule.ts';
import type { Suppression } from '../../src/rules/finding.ts';
import type { Severity } from '../../src/rules/severity.ts';
import { type OpenInterval, staysUnreported, type TransitionDecision } from '../../src/rules/transitions.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { decide, type Situation } from '../support/decide-transition.ts';
import { msPerHour } from '../support/spans.ts';

const reported: TransitionDecision = { transition: 'reopened', suppressedBy: null, reason: null };
const suppressed: TransitionDecision = { transition: 'reopened', suppressedBy: 'flapping', reason: null };

const comeBack: Partial<Situation> = {
  kind: 'owner-idle',
  judged: [90, 'low'],
  hadEarlierInterval: true,
  msSinceReported: 1,
  subjectState: 'active',
};

/** Came back before, which was not reported, and is still there. */
const waiting: Partial<Situation> = { ...comeBack, open: [90, 'low'], isUnreported: true };

describe('a condition that comes back', () => {
  const table: [name: string, msSinceReported: number | null, severity: Severity, decision: TransitionDecision][] = [
    ['at once is suppressed', 0, 'low', suppressed],
    ['within a day is suppressed', msPerDay - 1, 'low', suppressed],
    ['within a day is suppressed, however high its severity, as long as it is not critical', 1, 'high', suppressed],
    ['after a day is reported', msPerDay, 'low', reported],
    ['and was never reported is reported', null, 'low', reported],
    ['and was last reported by a clock years ahead is reported', -700 * msPerDay, 'low', reported],
    ['at once is reported when it is critical', 0, 'critical', reported],
  ];
  for (const [name, msSinceReported, severity, decision] of table) {
    test(name, () => {
      assert.deepEqual(decide({ ...comeBack, msSinceReported, judged: [90, severity] }), decision);
    });
  }

  test('by changed settings is suppressed for that reason, and for good', () => {
    const decision = decide({ ...comeBack, settingsChanged: true });
    assert.deepEqual(decision, { transition: 'reopened', suppressedBy: 'settings-changed', reason: null });
  });

  test('is reported when it is there for the first time, though its kind was reported a moment ago', () => {
    const decision = decide({ ...comeBack, hadEarlierInterval: false });
    assert.deepEqual(decision, { transition: 'opened', suppressedBy: null, reason: null });
  });
});

describe('a condition whose return was suppressed', () => {
  test('has no transition as long as the day lasts', () => {
    assert.equal(decide({ ...waiting, msSinceReported: msPerDay - 1 }), null);
  });

  test('is reported once the day is over, if it stays', () => {
    assert.deepEqual(decide({ ...waiting, msSinceReported: msPerDay }), reported);
  });

  test('is reported once the day is over, though settings changed that did not touch it', () => {
    assert.deepEqual(decide({ ...waiting, msSinceReported: msPerDay, settingsChanged: true }), reported);
  });

  test('is reported at once when it escalates', () => {
    const escalated = { transition: 'escalated', suppressedBy: null, reason: null };
    assert.deepEqual(decide({ ...waiting, judged: [180, 'low'] }), escalated);
    assert.deepEqual(decide({ ...waiting, judged: [90, 'medium'] }), escalated);
  });

  test('eases without being reported', () => {
    const decision = decide({ ...waiting, judged: [30, 'low'], msSinceReported: msPerDay });
    assert.deepEqual(decision, { transition: 'eased', suppressedBy: 'eased', reason: null });
  });

  test('ends without being reported', () => {
    const decision = decide({ ...waiting, judged: null });
    assert.deepEqual(decision, { transition: 'resolved', suppressedBy: 'flapping', reason: 'fixed' });
  });
});

describe('whether the opening of a condition is still to be reported', () => {
  const interval: OpenInterval = { id: 1, kind: 'owner-idle', level: 90, severity: 'low', isUnreported: true };
  const judged: JudgedCondition = { kind: 'owner-idle', level: 90, severity: 'low' };

  function stays(open: OpenInterval | null, suppressedBy: Suppression | null | undefined, found = true): boolean {
    const decision = suppressedBy === undefined ? null : { transition: 'eased' as const, suppressedBy, reason: null };
    return staysUnreported({ kind: 'owner-idle', open, judged: found ? judged : null }, decision);
  }

  test('it is, when its return was suppressed just now, or nothing was decided yet', () => {
    assert.equal(stays(null, 'flapping'), true);
    assert.equal(stays(interval, undefined), true);
  });

  test('it is, though it changed in a way that is not reported either', () => {
    assert.deepEqual([stays(interval, 'eased'), stays(interval, 'settings-changed')], [true, true]);
  });

  test('it is not, once anything about it was reported, nor when it has ended', () => {
    assert.deepEqual([stays(interval, null), stays(interval, 'event', false)], [false, false]);
  });

  test('it is not, when it was reported before, or is not to be for another reason', () => {
    const reportedBefore = { ...interval, isUnreported: false };
    assert.deepEqual([stays(reportedBefore, 'eased'), stays(null, 'settings-changed')], [false, false]);
  });
});

test('a condition that comes and goes at every hour is reported once a day at the most', () => {
  let reportedAt: number | null = null;
  let isOpen = false;
  let isUnreported = false;
  const openings: number[] = [];
  for (let hour = 0; hour < 100; hour += 1) {
    const isThere = hour % 2 === 0;
    const decision = decide({
      ...comeBack,
      open: isOpen ? [90, 'low'] : null,
      judged: isThere ? [90, 'low'] : null,
      hadEarlierInterval: hour > 0,
      isUnreported,
      msSinceReported: reportedAt === null ? null : (hour - reportedAt) * msPerHour,
    });
    assert.notEqual(decision, null);
    isUnreported = decision?.suppressedBy === 'flapping' && isThere;
    isOpen = isThere;
    if (decision?.suppressedBy !== null) continue;
    reportedAt = hour;
    if (isThere) openings.push(hour);
  }
  // Reported at 0, and its end at 1; a day after that, the first hour in which it is there again; and so on.
  assert.deepEqual(openings, [0, 26, 52, 78]);
});
