import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HealthFacts, judgeHealth } from '../../src/history/health.ts';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';

const msPerMinute = 60_000;
const now = new Date('2026-05-02T12:00:00.000Z');

function minutesAgo(minutes: number): Date {
  return new Date(now.getTime() - minutes * msPerMinute);
}

function judge(facts: Partial<HealthFacts>, at = now, expression = '0 7 * * *'): string[] {
  return judgeHealth(
    {
      databaseCreatedAt: new Date('2026-01-01T00:00:00.000Z'),
      lastCompleteAt: new Date('2026-05-02T07:00:00.000Z'),
      mailWaitingSince: null,
      parkedCount: 0,
      ...facts,
    },
    {
      schedule: createCronSchedule(expression, 'UTC'),
      deadlineMs: 60 * msPerMinute,
      overdueMs: 30 * msPerMinute,
    },
    at,
  );
}

describe('a worker is healthy', () => {
  const healthy: [name: string, facts: Partial<HealthFacts>, at?: Date][] = [
    ['when the audit of the last tick is complete', {}],
    ['until deadline and tolerance after the next tick are over', {}, new Date('2026-05-03T08:30:00.000Z')],
    ['with a fresh database for as long', { databaseCreatedAt: minutesAgo(90), lastCompleteAt: null }],
    ['while mail has waited for an hour', { mailWaitingSince: minutesAgo(60) }],
    [
      'with an audit by hand before the tick',
      { lastCompleteAt: new Date('2026-05-02T06:59:00.000Z') },
      minutesAgo(240),
    ],
  ];
  for (const [name, facts, at] of healthy) {
    test(name, () => {
      assert.deepEqual(judge(facts, at), []);
    });
  }

  test('with a yearly schedule months after its audit', () => {
    assert.deepEqual(judge({ lastCompleteAt: new Date('2026-01-01T00:00:00.000Z') }, now, '0 0 1 1 *'), []);
  });

  test('with a last audit from the future, as long as the clock was set back a moment ago', () => {
    assert.deepEqual(judge({ lastCompleteAt: minutesAgo(-60) }), []);
  });
});

describe('a worker is not healthy', () => {
  const unhealthy: [name: string, facts: Partial<HealthFacts>, reason: RegExp, at?: Date][] = [
    [
      'once deadline and tolerance after a tick are over',
      {},
      /^no audit has completed since 2026-05-02T07:00:00.000Z; one was due at 2026-05-03T07:00:00.000Z$/,
      new Date('2026-05-03T08:30:00.001Z'),
    ],
    [
      'when the tick before last was missed too',
      { lastCompleteAt: new Date('2026-04-20T07:00:00.000Z') },
      /one was due at 2026-04-21T07:00:00.000Z/,
    ],
    [
      'with a database that is older and saw no complete audit',
      { databaseCreatedAt: minutesAgo(91), lastCompleteAt: null },
      /^no audit has ever completed, and the database has existed since 2026-05-02T10:29:00.000Z$/,
    ],
    [
      'when mail has waited for more than an hour',
      { mailWaitingSince: new Date(minutesAgo(60).getTime() - 1) },
      /^mail has been waiting since 2026-05-02T10:59:59.999Z; run `mail` to see why$/,
    ],
    ['when a delivery is parked', { parkedCount: 1 }, /^1 delivery is parked; run `mail` to see why$/],
    ['when deliveries are parked', { parkedCount: 3 }, /^3 deliveries are parked; run `mail` to see why$/],
  ];
  for (const [name, facts, reason, at] of unhealthy) {
    test(name, () => {
      const reasons = judge(facts, at);
      assert.equal(reasons.length, 1, reasons.join('\n'));
      assert.match(reasons[0] ?? '', reason);
    });
  }

  test('for every reason at once', () => {
    const facts = { lastCompleteAt: null, mailWaitingSince: minutesAgo(120), parkedCount: 2 };
    assert.equal(judge(facts).length, 3);
  });

  test('when audits fail since a clock was set back by years', () => {
    const facts = { lastCompleteAt: new Date('2036-05-02T07:00:00.000Z') };
    assert.equal(judge(facts, new Date('2026-06-02T12:00:00.000Z')).length, 1);
  });
});
