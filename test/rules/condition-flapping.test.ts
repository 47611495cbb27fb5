import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Severity } from '../../src/rules/severity.ts';
import { type ConditionDifference, decideTransition, type TransitionDecision } from '../../src/rules/transitions.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { msPerHour } from '../support/spans.ts';

const told: TransitionDecision = { transition: 'reopened', suppressedBy: null, reason: null };
const heldBack: TransitionDecision = { transition: 'reopened', suppressedBy: 'flapping', reason: null };

const comeBack: ConditionDifference = {
  kind: 'owner-idle',
  standingLevel: null,
  standingSeverity: null,
  judgedLevel: 90,
  judgedSeverity: 'low',
  hadEarlierInterval: true,
  isHeldBack: false,
  msSinceTold: 1,
  subjectState: 'active',
};

/** Came back before, which was not told, and is still there. */
const waiting: ConditionDifference = { ...comeBack, standingLevel: 90, standingSeverity: 'low', isHeldBack: true };

describe('a condition that comes back', () => {
  const table: [name: string, msSinceTold: number | null, severity: Severity, transition: TransitionDecision][] = [
    ['at once is held back', 0, 'low', heldBack],
    ['within a day is held back', msPerDay - 1, 'low', heldBack],
    ['within a day is held back, however high its severity, as long as it is not critical', 1, 'high', heldBack],
    ['after a day is told', msPerDay, 'low', told],
    ['and was never told is told', null, 'low', told],
    ['within a moment is told when it is critical', 0, 'critical', told],
    ['is held back where the clock was set back by less than a day', -(msPerDay - 1), 'low', heldBack],
    ['is told where the clock was set back by a day or more', -msPerDay, 'low', told],
    ['is told where the clock was set back by a year', -365 * msPerDay, 'low', told],
  ];
  for (const [name, msSinceTold, judgedSeverity, transition] of table) {
    test(name, () => {
      assert.deepEqual(decideTransition({ ...comeBack, msSinceTold, judgedSeverity }, false), transition);
    });
  }

  test('by changed settings is not held back but silent for good', () => {
    const transition = decideTransition(comeBack, true);

    assert.deepEqual(transition, { transition: 'reopened', suppressedBy: 'settings-changed', reason: null });
  });

  test('is told when it is there for the first time, though something of its kind was told a moment ago', () => {
    const transition = decideTransition({ ...comeBack, hadEarlierInterval: false }, false);

    assert.deepEqual(transition, { transition: 'opened', suppressedBy: null, reason: null });
  });
});

describe('a condition that was held back', () => {
  test('says nothing as long as the day lasts', () => {
    assert.equal(decideTransition({ ...waiting, msSinceTold: msPerDay - 1 }, false), null);
  });

  test('is told once the day is over, if it stays', () => {
    assert.deepEqual(decideTransition({ ...waiting, msSinceTold: msPerDay }, false), told);
  });

  test('is told once the day is over, though settings changed that did not touch it', () => {
    assert.deepEqual(decideTransition({ ...waiting, msSinceTold: msPerDay }, true), told);
  });

  test('is told at once when it worsens', () => {
    const worse = decideTransition({ ...waiting, judgedLevel: 180 }, false);
    const graver = decideTransition({ ...waiting, judgedSeverity: 'medium' }, false);

    assert.deepEqual(worse, { transition: 'escalated', suppressedBy: null, reason: null });
    assert.deepEqual(graver, { transition: 'escalated', suppressedBy: null, reason: null });
  });

  test('eases without being told', () => {
    const transition = decideTransition({ ...waiting, judgedLevel: 30, msSinceTold: msPerDay }, false);

    assert.deepEqual(transition, { transition: 'eased', suppressedBy: 'eased', reason: null });
  });

  test('ends without being told', () => {
    const transition = decideTransition({ ...waiting, judgedLevel: null, judgedSeverity: null }, false);

    assert.deepEqual(transition, { transition: 'resolved', suppressedBy: 'flapping', reason: 'fixed' });
  });
});

test('a condition that comes and goes at every hour is told once a day at the most', () => {
  let toldAt: number | null = null;
  let isOpen = false;
  let isHeldBack = false;
  const openings: number[] = [];
  for (let hour = 0; hour < 100; hour += 1) {
    const isThere = hour % 2 === 0;
    const transition = decideTransition(
      {
        ...comeBack,
        standingLevel: isOpen ? 90 : null,
        standingSeverity: isOpen ? 'low' : null,
        judgedLevel: isThere ? 90 : null,
        judgedSeverity: isThere ? 'low' : null,
        hadEarlierInterval: hour > 0,
        isHeldBack,
        msSinceTold: toldAt === null ? null : (hour - toldAt) * msPerHour,
      },
      false,
    );
    assert.notEqual(transition, null);
    isHeldBack = transition?.suppressedBy === 'flapping' && isThere;
    isOpen = isThere;
    if (transition?.suppressedBy !== null) continue;
    toldAt = hour;
    if (isThere) openings.push(hour);
  }

  // Told at 0, and its end at 1; a day after that, the first hour in which it is there again; and so on.
  assert.deepEqual(openings, [0, 26, 52, 78]);
});
