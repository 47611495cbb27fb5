import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mailsForRun } from '../../src/domain/mail-policy.ts';
import { msPerDay } from '../../src/domain/token.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const msPerMinute = 60_000;

function earlier(ms: number): Date {
  return new Date(now.getTime() - ms);
}

const quiet = { isBaseline: false, toldCount: 0, lastSummaryAt: earlier(msPerDay), reminderDays: 7 };

describe('a complete run', () => {
  test('that is the first mails the baseline and nothing else, with or without findings', () => {
    const first = { ...quiet, isBaseline: true, lastSummaryAt: null };

    assert.deepEqual(mailsForRun(first, now), ['baseline']);
    assert.deepEqual(mailsForRun({ ...first, toldCount: 3 }, now), ['baseline']);
  });

  test('that has news mails a digest', () => {
    assert.deepEqual(mailsForRun({ ...quiet, toldCount: 1 }, now), ['digest']);
  });

  test('without news mails nothing before a summary is due', () => {
    assert.deepEqual(mailsForRun(quiet, now), []);
  });

  test('without news mails a summary once it is due, so that silence always means trouble', () => {
    assert.deepEqual(mailsForRun({ ...quiet, lastSummaryAt: earlier(7 * msPerDay) }, now), ['summary']);
  });

  test('that is some minutes early still mails its summary, and one that is hours early does not', () => {
    const minutesEarly = { ...quiet, lastSummaryAt: earlier(7 * msPerDay - 5 * msPerMinute) };
    const hoursEarly = { ...quiet, lastSummaryAt: earlier(7 * msPerDay - 120 * msPerMinute) };

    assert.deepEqual(mailsForRun(minutesEarly, now), ['summary']);
    assert.deepEqual(mailsForRun(hoursEarly, now), []);
  });

  test('mails a summary where none was ever made', () => {
    assert.deepEqual(mailsForRun({ ...quiet, lastSummaryAt: null }, now), ['summary']);
  });

  test('mails no summary where reminders are off', () => {
    const off = { ...quiet, reminderDays: 0, lastSummaryAt: null };

    assert.deepEqual(mailsForRun(off, now), []);
    assert.deepEqual(mailsForRun({ ...off, toldCount: 1 }, now), ['digest']);
  });
});
