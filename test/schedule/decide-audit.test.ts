import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideAudit } from '../../src/schedule/decide-audit.ts';
import type { Attempt } from '../../src/store/runs.ts';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';
import { complete, decide, failed, interrupted, refused } from '../support/audit-decisions.ts';
import { msPerHour } from '../support/spans.ts';
import { remembering } from '../support/worker-simulation.ts';

const table: [name: string, attempts: Attempt[], now: string, decision: string][] = [
  ['the first start audits at once', [], '2026-05-01T12:00:00.000Z', 'schedule'],
  [
    'a restart a minute after the audit waits for the next tick',
    [complete('2026-05-01T12:00:00.000Z')],
    '2026-05-01T12:01:00.000Z',
    '2026-05-02T07:00:00.000Z',
  ],
  ['the tick itself is on schedule', [complete('2026-05-01T07:00:00.000Z')], '2026-05-02T07:00:00.000Z', 'schedule'],
  [
    'a tick that is seen a minute late is on schedule',
    [complete('2026-05-01T07:00:00.000Z')],
    '2026-05-02T07:01:00.000Z',
    'schedule',
  ],
  [
    'a tick that is seen later is caught up with',
    [complete('2026-05-01T07:00:00.000Z')],
    '2026-05-02T07:01:00.001Z',
    'catch-up',
  ],
  [
    'a millisecond before the tick waits',
    [complete('2026-05-01T07:00:00.000Z')],
    '2026-05-02T06:59:59.999Z',
    '2026-05-02T07:00:00.000Z',
  ],
  [
    'an audit by hand just before the tick does not take its place',
    [complete('2026-05-02T06:59:59.000Z'), complete('2026-05-01T07:00:00.000Z')],
    '2026-05-02T07:00:00.000Z',
    'schedule',
  ],
  [
    'a sleep of a month is made good once',
    [complete('2026-05-01T07:00:00.000Z')],
    '2026-06-01T12:00:00.000Z',
    'catch-up',
  ],
  [
    'what was caught up with is not due again',
    [complete('2026-06-01T12:00:00.000Z')],
    '2026-06-01T12:10:00.000Z',
    '2026-06-02T07:00:00.000Z',
  ],
  [
    'a failure is tried again after 5 minutes',
    [failed('2026-05-02T07:00:00.000Z')],
    '2026-05-02T07:00:10.000Z',
    '2026-05-02T07:05:00.000Z',
  ],
  ['after 5 minutes the retry is due', [failed('2026-05-02T07:00:00.000Z')], '2026-05-02T07:05:00.000Z', 'retry'],
  [
    'the 5 minutes begin when the failed audit ended',
    [failed('2026-05-02T07:00:00.000Z', '2026-05-02T08:00:00.000Z')],
    '2026-05-02T08:00:10.000Z',
    '2026-05-02T08:05:00.000Z',
  ],
  [
    'a second failure is tried again after 15 minutes',
    [failed('2026-05-02T07:05:00.000Z'), failed('2026-05-02T07:00:00.000Z')],
    '2026-05-02T07:05:10.000Z',
    '2026-05-02T07:20:00.000Z',
  ],
  [
    'a third failure is tried again after 45 minutes',
    [failed('2026-05-02T07:20:00.000Z'), failed('2026-05-02T07:05:00.000Z'), failed('2026-05-02T07:00:00.000Z')],
    '2026-05-02T07:20:10.000Z',
    '2026-05-02T08:05:00.000Z',
  ],
  [
    'a fourth failure is tried again after an hour',
    [
      '2026-05-02T08:05:00.000Z',
      '2026-05-02T07:20:00.000Z',
      '2026-05-02T07:05:00.000Z',
      '2026-05-02T07:00:00.000Z',
    ].map((startedAt) => failed(startedAt)),
    '2026-05-02T08:06:00.000Z',
    '2026-05-02T09:05:00.000Z',
  ],
  [
    'the failures of an earlier tick do not slow the retries of this one down',
    [failed('2026-05-02T07:00:00.000Z'), failed('2026-05-02T06:05:00.000Z'), failed('2026-05-01T07:00:00.000Z')],
    '2026-05-02T07:00:10.000Z',
    '2026-05-02T07:05:00.000Z',
  ],
  [
    'failures before a complete audit do not count',
    [failed('2026-05-02T10:00:00.000Z'), complete('2026-05-02T07:05:00.000Z'), failed('2026-05-02T07:00:00.000Z')],
    '2026-05-02T10:00:10.000Z',
    '2026-05-02T10:05:00.000Z',
  ],
  [
    'the next tick comes before an hourly retry that is later',
    [failed('2026-05-02T06:50:00.000Z'), failed('2026-05-02T06:30:00.000Z'), failed('2026-05-02T06:20:00.000Z')],
    '2026-05-02T06:51:00.000Z',
    '2026-05-02T07:00:00.000Z',
  ],
  [
    'a refused credential waits for the tick',
    [refused('2026-05-02T07:00:00.000Z')],
    '2026-05-02T12:00:00.000Z',
    '2026-05-03T07:00:00.000Z',
  ],
  [
    'a refused credential is asked again at the tick',
    [refused('2026-05-02T07:00:00.000Z')],
    '2026-05-03T07:00:00.000Z',
    'schedule',
  ],
  [
    'a credential that is refused at a retry waits for the tick too',
    [refused('2026-05-02T07:05:00.000Z'), failed('2026-05-02T07:00:00.000Z')],
    '2026-05-02T12:00:00.000Z',
    '2026-05-03T07:00:00.000Z',
  ],
  [
    'one interruption is made good at once',
    [interrupted('2026-05-02T07:00:00.000Z')],
    '2026-05-02T07:00:01.000Z',
    'retry',
  ],
  [
    'a second interruption waits 5 minutes',
    [interrupted('2026-05-02T07:00:10.000Z'), interrupted('2026-05-02T07:00:00.000Z')],
    '2026-05-02T07:00:11.000Z',
    '2026-05-02T07:05:10.000Z',
  ],
  [
    'an interruption after a failure counts as no failure of its own',
    [interrupted('2026-05-02T07:05:00.000Z'), failed('2026-05-02T07:00:00.000Z')],
    '2026-05-02T07:06:00.000Z',
    '2026-05-02T07:10:00.000Z',
  ],
  [
    'a clock that was set back by an hour audits at once',
    [complete('2026-05-02T07:00:00.000Z')],
    '2026-05-02T06:05:00.000Z',
    'catch-up',
  ],
  [
    'a clock that was set back by years audits at once',
    [complete('2036-05-02T07:00:00.000Z')],
    '2026-05-02T06:05:00.000Z',
    'catch-up',
  ],
  [
    'a clock that was set back by a few minutes changes nothing',
    [complete('2026-05-02T07:00:00.000Z')],
    '2026-05-02T06:55:00.000Z',
    '2026-05-03T07:00:00.000Z',
  ],
  [
    'after the audit that followed a set back clock, the schedule goes on',
    [complete('2026-05-02T06:05:00.000Z')],
    '2026-05-02T06:06:00.000Z',
    '2026-05-02T07:00:00.000Z',
  ],
  [
    'an audit that failed after the clock was set back is tried again after 5 minutes',
    [failed('2026-05-02T06:05:00.000Z'), complete('2036-05-02T07:00:00.000Z')],
    '2026-05-02T06:06:00.000Z',
    '2026-05-02T06:10:00.000Z',
  ],
];

describe('whether to audit now', () => {
  for (const [name, attempts, now, decision] of table) {
    test(name, () => {
      assert.equal(decide(attempts, now), decision);
    });
  }

  test('a yearly schedule audits at the first start, and then not before its tick', () => {
    const yearly = createCronSchedule('0 0 1 1 *', 'UTC');

    assert.equal(decide([], '2026-05-02T06:06:00.000Z', yearly), 'schedule');
    assert.equal(
      decide([complete('2026-05-02T06:06:00.000Z')], '2026-05-02T06:07:00.000Z', yearly),
      '2027-01-01T00:00:00.000Z',
    );
  });

  test('ten restarts of a crash loop, ten seconds apart, make two audits', () => {
    const yearly = createCronSchedule('0 0 1 1 *', 'UTC');
    const attempts: Attempt[] = [];
    for (let restart = 0; restart < 10; restart += 1) {
      const now = new Date(Date.parse('2026-05-02T07:00:00.000Z') + restart * 10_000);
      if (decideAudit(yearly, attempts, now).kind === 'audit') attempts.unshift(interrupted(now.toISOString()));
    }
    assert.equal(attempts.length, 2);
  });

  test('a crash loop of a whole day audits hourly at most', () => {
    const yearly = remembering(createCronSchedule('0 0 1 1 *', 'UTC'));
    const attempts: Attempt[] = [];
    const start = Date.parse('2026-05-02T07:00:00.000Z');
    for (let ms = 0; ms < 24 * msPerHour; ms += 10_000) {
      const now = new Date(start + ms);
      if (decideAudit(yearly, attempts, now).kind === 'audit') attempts.unshift(interrupted(now.toISOString()));
    }
    assert.ok(attempts.length >= 24 && attempts.length <= 28, `${attempts.length} audits`);
  });
});
