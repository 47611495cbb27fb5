import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decideAudit } from '../../src/schedule/decide-audit.ts';
import type { RecentRun } from '../../src/store/runs.ts';
import { createCronSchedule, type Schedule } from '../../src/time/cron-schedule.ts';
import { msPerHour } from '../support/spans.ts';
import { auditMs, simulateWorker, type WorkerStory, withCache } from '../support/worker-simulation.ts';

const daily = createCronSchedule('0 7 * * *', 'UTC');

/** Reads an instant of 2026 in UTC: `05-02 07:00`, or with seconds. */
function at(text: string): Date {
  return new Date(`2026-${text.replace(' ', 'T')}Z`);
}

/** A run that ended when it started, unless `endedAt` is given. */
function run(outcome: RecentRun['outcome'], startedAt: string, endedAt = startedAt): RecentRun {
  return { startedAt: at(startedAt), endedAt: at(endedAt), outcome, credentialRefused: false, clockWrong: false };
}

const complete = (startedAt: string) => run('complete', startedAt);
const failed = (startedAt: string, endedAt?: string) => run('failed', startedAt, endedAt);
const interrupted = (startedAt: string) => run('interrupted', startedAt);
const wrongClock = (startedAt: string) => ({ ...failed(startedAt), clockWrong: true });
const refused = (startedAt: string) => ({ ...failed(startedAt), credentialRefused: true });

/** Returns the trigger of an audit that is due, or the time until which to wait. Runs are given newest first. */
function decide(runs: readonly RecentRun[], now: string, schedule: Schedule = daily): string {
  const decision = decideAudit(schedule, runs, at(now));
  if (decision.kind === 'audit') return decision.trigger;
  return `wait until ${decision.until.toISOString().slice(5, 19).replace('T', ' ').replace(/:00$/, '')}`;
}

type Row = [name: string, runs: RecentRun[], now: string, decision: string];

const suites: Record<string, Row[]> = {
  'an audit': [
    ['starts at once if there is no earlier run', [], '05-01 12:00', 'schedule'],
    ['waits for the tick after a restart', [complete('05-01 12:00')], '05-01 12:01', 'wait until 05-02 07:00'],
    ['waits until the exact tick', [complete('05-01 07:00')], '05-02 06:59:59.999', 'wait until 05-02 07:00'],
    ['is on schedule at the tick', [complete('05-01 07:00')], '05-02 07:00', 'schedule'],
    ['is on schedule up to a minute after the tick', [complete('05-01 07:00')], '05-02 07:01', 'schedule'],
    ['is a catch-up later than that', [complete('05-01 07:00')], '05-02 07:01:00.001', 'catch-up'],
    ['is due at the tick even if one ran just before', [complete('05-02 06:59:59')], '05-02 07:00', 'schedule'],
    ['waits for the next tick after a catch-up', [complete('06-01 12:00')], '06-01 12:10', 'wait until 06-02 07:00'],
  ],
  'a failed audit': [
    ['is retried after 5 minutes', [failed('05-02 07:00')], '05-02 07:00:10', 'wait until 05-02 07:05'],
    [
      'is retried every five minutes while the clock is wrong',
      [wrongClock('05-02 07:10'), wrongClock('05-02 07:05'), wrongClock('05-02 07:00')],
      '05-02 07:15',
      'retry',
    ],
    ['is retried when the 5 minutes are over', [failed('05-02 07:00')], '05-02 07:05', 'retry'],
    [
      'is retried 5 minutes after it ended',
      [failed('05-02 07:00', '05-02 08:00')],
      '05-02 08:00:10',
      'wait until 05-02 08:05',
    ],
    [
      'is retried after 15 minutes if it is the second',
      ['07:05', '07:00'].map((time) => failed(`05-02 ${time}`)),
      '05-02 07:05:10',
      'wait until 05-02 07:20',
    ],
    [
      'is retried after 45 minutes if it is the third',
      ['07:20', '07:05', '07:00'].map((time) => failed(`05-02 ${time}`)),
      '05-02 07:20:10',
      'wait until 05-02 08:05',
    ],
    [
      'is retried after an hour if it is the fourth',
      ['08:05', '07:20', '07:05', '07:00'].map((time) => failed(`05-02 ${time}`)),
      '05-02 08:06',
      'wait until 05-02 09:05',
    ],
    [
      'is retried at the next tick if that comes sooner',
      ['06:50', '06:30', '06:20'].map((time) => failed(`05-02 ${time}`)),
      '05-02 06:51',
      'wait until 05-02 07:00',
    ],
    [
      'is retried after 5 minutes, whatever failed before its tick',
      [failed('05-02 07:00'), failed('05-02 06:05'), failed('05-01 07:00')],
      '05-02 07:00:10',
      'wait until 05-02 07:05',
    ],
    [
      'is retried after 5 minutes if an audit has completed since the last failure',
      [failed('05-02 10:00'), complete('05-02 07:05'), failed('05-02 07:00')],
      '05-02 10:00:10',
      'wait until 05-02 10:05',
    ],
    [
      'is not retried before the next tick if the credential was refused',
      [refused('05-02 07:05'), failed('05-02 07:00')],
      '05-02 12:00',
      'wait until 05-03 07:00',
    ],
  ],
  'an interrupted audit': [
    ['is retried at once', [interrupted('05-02 07:00')], '05-02 07:00:01', 'retry'],
    [
      'is retried after 5 minutes if it is the second',
      [interrupted('05-02 07:00:10'), interrupted('05-02 07:00')],
      '05-02 07:00:11',
      'wait until 05-02 07:05:10',
    ],
    [
      'does not count as a second failure after a failed one',
      [interrupted('05-02 07:05'), failed('05-02 07:00')],
      '05-02 07:06',
      'wait until 05-02 07:10',
    ],
  ],
  'a clock that was set back': [
    ['by hours or years leads to an audit at once', [complete('12-02 07:00')], '05-02 06:05', 'catch-up'],
    ['by five minutes changes nothing', [complete('05-02 07:00')], '05-02 06:55', 'wait until 05-03 07:00'],
    [
      'does not change the retries after that',
      [failed('05-02 06:05'), complete('12-02 07:00')],
      '05-02 06:06',
      'wait until 05-02 06:10',
    ],
  ],
};

for (const [subject, rows] of Object.entries(suites)) {
  describe(subject, () => {
    for (const [name, runs, now, decision] of rows) {
      test(name, () => {
        assert.equal(decide(runs, now), decision);
      });
    }
  });
}

test('a process that crashes every ten seconds for a day audits twice at once and then hourly', () => {
  const yearly = withCache(createCronSchedule('0 0 1 1 *', 'UTC'));
  const runs: RecentRun[] = [];
  const start = at('05-02 07:00').getTime();
  for (let ms = 0; ms < 24 * msPerHour; ms += 10_000) {
    const now = new Date(start + ms);
    if (decideAudit(yearly, runs, now).kind === 'audit') {
      runs.unshift({
        startedAt: now,
        endedAt: now,
        outcome: 'interrupted',
        credentialRefused: false,
        clockWrong: false,
      });
    }
    if (ms === 100_000) assert.equal(runs.length, 2);
  }
  assert.ok(runs.length >= 24 && runs.length <= 28, `${runs.length} audits`);
});

describe('over two months of suspensions, restarts and failures', () => {
  const stories: fc.Arbitrary<WorkerStory> = fc.record({
    outcomes: fc.array(fc.constantFrom('complete', 'complete', 'failed', 'refused', 'killed'), {
      minLength: 1,
      maxLength: 12,
    }),
    disturbances: fc.array(
      fc.record({
        afterMinutes: fc.nat(4 * 24 * 60),
        kind: fc.constantFrom('restart', 'suspend'),
        minutes: fc.integer({ min: 1, max: 3 * 24 * 60 }),
      }),
      { maxLength: 40 },
    ),
  });
  const places: [expression: string, zone: string, from: string][] = [
    ['0 7 * * *', 'UTC', '2028-01-15T00:00:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-01T00:00:00.000Z'],
    ['30 1,2 * * 1-6', 'America/New_York', '2026-02-15T00:00:00.000Z'],
  ];
  for (const [expression, zone, from] of places) {
    test(`every tick of "${expression}" in ${zone} gets an audit, and audits do not pile up`, () => {
      const schedule = withCache(createCronSchedule(expression, zone));
      const start = new Date(from);
      const endMs = start.getTime() + 60 * 24 * msPerHour;
      fc.assert(
        fc.property(stories, (story) => {
          const { audits, absences } = simulateWorker(schedule, story, start, new Date(endMs));
          const starts = audits.map(({ startedAt }) => startedAt.getTime());
          let previousMs = start.getTime();
          for (let tick = schedule.next(start); ; tick = schedule.next(tick)) {
            const tickMs = tick.getTime();
            const latestMs = presentFrom(tickMs, absences) + auditMs;
            if (latestMs >= endMs) break;
            assert.ok(
              starts.some((ms) => ms >= tickMs && ms <= latestMs),
              `no audit for ${tick.toISOString()}`,
            );
            // The audit of the tick itself, one after an interruption, three quick retries, and then one an hour.
            const maxCount = 5 + Math.ceil((tickMs - previousMs) / msPerHour);
            const count = starts.filter((ms) => ms >= previousMs && ms < tickMs).length;
            assert.ok(count <= maxCount, `${count} audits before ${tick.toISOString()}`);
            previousMs = tickMs;
          }
        }),
        { numRuns: 6 },
      );
    });
  }
});

/** Returns the first instant from `ms` on at which the worker could decide. */
function presentFrom(ms: number, absences: readonly { from: Date; until: Date }[]): number {
  let present = ms;
  for (const { from, until } of absences) {
    if (from.getTime() <= present && present < until.getTime()) present = until.getTime();
  }
  return present;
}
