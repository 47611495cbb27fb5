import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Attempt, decideAudit, type Schedule, type ScheduleDecision } from '../../src/domain/audit-schedule.ts';
import { msPerMinute } from '../../src/domain/time.ts';
import { createCronSchedule } from '../../src/schedule/cron-schedule.ts';
import { msPerHour } from '../support/spans.ts';
import { auditMs, remembering, simulateWorker, type WorkerStory } from '../support/worker-simulation.ts';

const daily = createCronSchedule('0 7 * * *', 'UTC');

/** It ended at once, unless told. */
function attempt(outcome: Attempt['outcome'], startedAt: string, endedAt = startedAt): Attempt {
  return { startedAt: new Date(startedAt), endedAt: new Date(endedAt), outcome, credentialRefused: false };
}

function complete(startedAt: string): Attempt {
  return attempt('complete', startedAt);
}

function failed(startedAt: string, endedAt?: string): Attempt {
  return attempt('failed', startedAt, endedAt);
}

function refused(startedAt: string): Attempt {
  return { ...failed(startedAt), credentialRefused: true };
}

function interrupted(startedAt: string): Attempt {
  return attempt('interrupted', startedAt);
}

/** `catch-up`, or the time that is waited for. */
function inShort(decision: ScheduleDecision): string {
  return decision.kind === 'audit' ? decision.trigger : decision.until.toISOString();
}

/** Attempts are given newest first. */
function decide(attempts: Attempt[], now: string, schedule: Schedule = daily): string {
  return inShort(decideAudit(schedule, attempts, new Date(now)));
}

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

interface Season {
  zone: string;
  expression: string;
  /** The last complete audit before the change. */
  from: string;
  /** Ticks that follow it. */
  ticks: string[];
}

const seasons: Season[] = [
  {
    zone: 'UTC',
    expression: '0 0 29 2 *',
    from: '2026-01-01T00:00:00.000Z',
    ticks: ['2028-02-29T00:00:00.000Z', '2032-02-29T00:00:00.000Z'],
  },
  {
    zone: 'UTC',
    expression: '0 0 29 2 *',
    from: '2096-03-01T00:00:00.000Z',
    ticks: ['2104-02-29T00:00:00.000Z'],
  },
  {
    zone: 'UTC',
    expression: '0 7 * * *',
    from: '2028-02-28T07:00:00.000Z',
    ticks: ['2028-02-29T07:00:00.000Z', '2028-03-01T07:00:00.000Z'],
  },
  {
    zone: 'Europe/Berlin',
    expression: '30 2 * * *',
    from: '2026-03-28T01:30:00.000Z',
    ticks: ['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z'],
  },
  {
    zone: 'Europe/Berlin',
    expression: '30 2 * * *',
    from: '2026-10-24T00:30:00.000Z',
    ticks: ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
  },
  {
    zone: 'America/New_York',
    expression: '30 2 * * *',
    from: '2026-03-07T07:30:00.000Z',
    ticks: ['2026-03-08T07:30:00.000Z', '2026-03-09T06:30:00.000Z'],
  },
  {
    zone: 'America/New_York',
    expression: '30 1 * * *',
    from: '2026-10-31T05:30:00.000Z',
    ticks: ['2026-11-01T05:30:00.000Z', '2026-11-02T06:30:00.000Z'],
  },
  {
    zone: 'Australia/Lord_Howe',
    expression: '15 2 * * *',
    from: '2026-10-02T15:45:00.000Z',
    ticks: ['2026-10-03T15:45:00.000Z', '2026-10-04T15:15:00.000Z'],
  },
  {
    zone: 'Australia/Lord_Howe',
    expression: '45 1 * * *',
    from: '2026-04-03T14:45:00.000Z',
    ticks: ['2026-04-04T14:45:00.000Z', '2026-04-05T15:15:00.000Z'],
  },
  {
    zone: 'Pacific/Apia',
    expression: '0 7 * * *',
    from: '2011-12-28T17:00:00.000Z',
    ticks: ['2011-12-29T17:00:00.000Z', '2011-12-30T17:00:00.000Z'],
  },
  {
    zone: 'America/Sao_Paulo',
    expression: '0 0 * * *',
    from: '2018-11-03T03:00:00.000Z',
    ticks: ['2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z'],
  },
];

describe('the ticks that audits follow when clocks change', () => {
  for (const { zone, expression, from, ticks } of seasons) {
    test(`"${expression}" in ${zone} after ${from.slice(0, 10)}`, () => {
      const schedule = createCronSchedule(expression, zone);
      let last = from;
      for (const tick of ticks) {
        const before = new Date(Date.parse(tick) - 1).toISOString();
        assert.equal(decide([complete(last)], before, schedule), tick);
        assert.equal(decide([complete(last)], tick, schedule), 'schedule');
        last = tick;
      }
    });
  }

  test('an hourly schedule audits in both hours when one is repeated', () => {
    const hourly = createCronSchedule('0 * * * *', 'Europe/Berlin');

    assert.equal(decide([complete('2026-10-25T00:00:00.000Z')], '2026-10-25T01:00:00.000Z', hourly), 'schedule');
    assert.equal(
      decide([complete('2026-10-25T00:00:00.000Z')], '2026-10-25T00:59:00.000Z', hourly),
      '2026-10-25T01:00:00.000Z',
    );
  });
});

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
