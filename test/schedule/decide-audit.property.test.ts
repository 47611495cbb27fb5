import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decideAudit } from '../../src/schedule/decide-audit.ts';
import type { Attempt } from '../../src/store/runs.ts';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { complete, daily } from '../support/audit-decisions.ts';
import { msPerHour } from '../support/spans.ts';
import { auditMs, remembering, simulateWorker, type WorkerStory } from '../support/worker-simulation.ts';

const places: [expression: string, zone: string, from: string][] = [
  ['0 7 * * *', 'UTC', '2028-01-15T00:00:00.000Z'],
  ['30 2 * * *', 'Europe/Berlin', '2026-02-15T00:00:00.000Z'],
  ['30 2 * * *', 'Europe/Berlin', '2026-10-01T00:00:00.000Z'],
  ['30 1,2 * * 1-6', 'America/New_York', '2026-02-15T00:00:00.000Z'],
  ['15 2 * * *', 'Australia/Lord_Howe', '2026-09-10T00:00:00.000Z'],
  ['45 1 * * *', 'Australia/Lord_Howe', '2026-03-10T00:00:00.000Z'],
  ['0 7 * * *', 'Pacific/Apia', '2011-12-10T00:00:00.000Z'],
  ['0 0 * * *', 'America/Sao_Paulo', '2018-10-10T00:00:00.000Z'],
  ['0 */6 * * *', 'America/Sao_Paulo', '2018-02-01T00:00:00.000Z'],
];

const lived: fc.Arbitrary<WorkerStory> = fc.record({
  outcomes: fc.array(fc.constantFrom('complete', 'complete', 'failed', 'refused', 'killed'), {
    minLength: 1,
    maxLength: 12,
  }),
  disturbances: fc.array(
    fc.record({
      afterMinutes: fc.integer({ min: 0, max: 4 * 24 * 60 }),
      kind: fc.constantFrom('restart', 'suspend'),
      minutes: fc.integer({ min: 1, max: 3 * 24 * 60 }),
    }),
    { maxLength: 40 },
  ),
});

describe('over two months of sleeps, restarts and failures', () => {
  for (const [expression, zone, from] of places) {
    const schedule = remembering(createCronSchedule(expression, zone));
    const start = new Date(from);
    const end = new Date(start.getTime() + 60 * 24 * msPerHour);

    test(`"${expression}" in ${zone} from ${from.slice(0, 7)}: no tick is skipped for good`, () => {
      fc.assert(
        fc.property(lived, (story) => {
          const { audits, absences } = simulateWorker(schedule, story, start, end);
          const starts = audits.map(({ startedAt }) => startedAt.getTime());
          for (let tick = schedule.next(start); tick < end; tick = schedule.next(tick)) {
            const awakeMs = presentFrom(tick.getTime(), absences);
            if (awakeMs + auditMs >= end.getTime()) break;
            const served = starts.some((at) => at >= tick.getTime() && at <= awakeMs + auditMs);
            assert.ok(served, `no audit for the tick of ${tick.toISOString()}`);
          }
        }),
        { numRuns: 4 },
      );
    });

    test(`"${expression}" in ${zone} from ${from.slice(0, 7)}: audits do not pile up`, () => {
      fc.assert(
        fc.property(lived, (story) => {
          const { audits } = simulateWorker(schedule, story, start, end);
          const starts = audits.map(({ startedAt }) => startedAt.getTime());
          let sinceMs = start.getTime();
          for (let tick = schedule.next(start); sinceMs < end.getTime(); tick = schedule.next(tick)) {
            const count = starts.filter((at) => at >= sinceMs && at < tick.getTime()).length;
            // The tick's own, one that makes an interruption good, the quick retries, and one an hour.
            const most = 5 + Math.ceil((tick.getTime() - sinceMs) / msPerHour);
            assert.ok(count <= most, `${count} audits before ${tick.toISOString()}`);
            sinceMs = tick.getTime();
          }
        }),
        { numRuns: 4 },
      );
    });
  }

  test('a worker whose audits are complete audits once for each tick and no more', () => {
    const schedule = remembering(daily);
    const start = new Date('2026-05-01T12:00:00.000Z');
    const end = new Date('2026-07-01T00:00:00.000Z');
    fc.assert(
      fc.property(lived, ({ disturbances }) => {
        const { audits } = simulateWorker(schedule, { outcomes: ['complete'], disturbances }, start, end);
        const served = audits.map(({ startedAt }) => schedule.next(startedAt).getTime());
        assert.equal(new Set(served).size, served.length);
      }),
      { numRuns: 10 },
    );
  });

  test('whatever the clock is set back by, an audit begins at once or the old one was minutes ago', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 * 365 * 24 * 60 }), (minutes) => {
        const last = complete('2026-05-02T07:00:00.000Z');
        const now = new Date(last.startedAt.getTime() - minutes * msPerMinute);
        const decision = decideAudit(daily, [last], now);
        assert.equal(decision.kind, minutes > 5 ? 'audit' : 'wait');
      }),
    );
  });

  test('it never waits for a time that has passed, nor beyond the next tick', () => {
    const instant = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true });
    const someAttempt = fc.record({
      startedAt: instant,
      endedAt: instant,
      outcome: fc.constantFrom('complete', 'failed', 'interrupted'),
      credentialRefused: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(someAttempt, { maxLength: 6 }), instant, (attempts, now) => {
        const newestFirst = attempts
          .map((each): Attempt => ({ ...each, endedAt: each.startedAt }))
          .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
        const decision = decideAudit(daily, newestFirst, now);
        if (decision.kind === 'audit') return;
        assert.ok(decision.until > now);
        // A clock may be five minutes behind the newest attempt.
        assert.ok(decision.until <= daily.next(new Date(now.getTime() + 5 * msPerMinute)));
      }),
    );
  });
});

/** The first instant from `ms` on at which the worker could decide. */
function presentFrom(ms: number, absences: readonly { from: Date; until: Date }[]): number {
  let present = ms;
  for (const { from, until } of absences) {
    if (from.getTime() <= present && present < until.getTime()) present = until.getTime();
  }
  return present;
}
