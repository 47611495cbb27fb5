import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createTask } from 'node-cron';
import { CronError, createCronSchedule, type Schedule } from '../../src/time/cron-schedule.ts';
import { msPerDay } from '../../src/time/duration.ts';

/** Returns the first ticks after an instant, in UTC and without the year: `03-29T01:30`. */
function ticks(schedule: Schedule, after: string, count: number): string[] {
  const found: string[] = [];
  for (let last = new Date(after); found.length < count; ) {
    last = schedule.next(last);
    found.push(last.toISOString().slice(5, 16));
  }
  return found;
}

describe('the ticks of an expression', () => {
  for (const expression of [
    '*/15 * * * *',
    '0 7 13 * 5',
    '30 4 L * *',
    '30 4 L-2 * *',
    '30 4 1W,15W,LW * *',
    '30 4 31W * *',
    '0 7 * * 1#2',
    '0 7 * * 5L',
    '0 7 * * 7#5,7L',
    '0 7 29 2 *',
    '15,45 9-17 * jan,jul mon',
    '50,10 30 6 1 */3 *',
    '@weekly',
  ]) {
    test(`"${expression}" are those of node-cron`, () => {
      const schedule = createCronSchedule(expression, 'UTC');
      const theirs = createTask(expression, () => {}, { timezone: 'UTC' }).getNextRuns(5);
      assert.equal(theirs.length, 5);
      // Starts a second before the first tick of node-cron, which counts from the time of the call.
      let last = new Date((theirs[0]?.getTime() ?? 0) - 1000);
      for (const tick of theirs) {
        last = schedule.next(last);
        assert.equal(last.toISOString(), tick.toISOString());
      }
    });
  }

  test('stay in the month when the nearest weekday would be in the one before', () => {
    assert.deepEqual(ticks(createCronSchedule('0 7 1W * *', 'UTC'), '2026-07-02T00:00Z', 1), ['08-03T07:00']);
  });

  test('come after the instant and never at it', () => {
    const daily = createCronSchedule('0 7 * * *', 'UTC');
    assert.deepEqual(ticks(daily, '2026-05-01T06:59:59.999Z', 2), ['05-01T07:00', '05-02T07:00']);
  });
});

describe('the longest time without a tick', () => {
  const gaps: [expression: string, days: number, from: string, to: string][] = [
    ['0 7 * * *', 1, '2026-11-28T06:00', '2026-11-29T06:00'],
    ['*/20 9,17 * * *', 1, '2026-11-28T16:40', '2026-11-29T08:00'],
    ['0 7 * * 1', 7, '2026-11-30T06:00', '2026-12-07T06:00'],
    ['0 7 L * *', 31, '2026-11-30T06:00', '2026-12-31T06:00'],
    ['0 7 31 * *', 61, '2027-03-31T05:00', '2027-05-31T05:00'],
    ['0 7 1 1,7 *', 184, '2027-07-01T05:00', '2028-01-01T06:00'],
    ['30 2 29 2 *', 1461, '2028-02-29T01:30', '2032-02-29T01:30'],
  ];
  for (const [expression, days, from, to] of gaps) {
    test(`of "${expression}" has ${days} days`, () => {
      const gap = createCronSchedule(expression, 'Europe/Berlin').longestGap(new Date('2026-11-28T12:00Z'));
      assert.deepEqual(
        [gap.days, gap.from.toISOString().slice(0, 16), gap.to.toISOString().slice(0, 16)],
        [days, from, to],
      );
    });
  }
});

describe('when the clock changes', () => {
  const changes: [name: string, expression: string, zone: string, after: string, expected: string[]][] = [
    [
      'a tick in the missing hour moves forward by an hour',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['03-29T01:30', '03-30T00:30'],
    ],
    [
      'several ticks in the missing hour stay apart',
      '0,20 2 * * *',
      'America/New_York',
      '2026-03-08T05:00Z',
      ['03-08T07:00', '03-08T07:20', '03-09T06:00'],
    ],
    [
      'a tick in a missing half hour moves forward by half an hour',
      '10 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T12:00Z',
      ['10-03T15:40', '10-04T15:10'],
    ],
    [
      'a tick at a missing midnight moves to one o’clock of the same day',
      '0 0 * * *',
      'America/Sao_Paulo',
      '2018-11-03T12:00Z',
      ['11-04T03:00', '11-05T02:00'],
    ],
    [
      'a day that the zone left out has no tick',
      '0 7 * * *',
      'Pacific/Apia',
      '2011-12-29T12:00Z',
      ['12-29T17:00', '12-30T17:00'],
    ],
    [
      'a tick in the repeated hour happens once',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['10-25T00:30', '10-26T01:30'],
    ],
    [
      'a tick of every hour happens twice in the repeated hour',
      '30 * * * *',
      'America/New_York',
      '2026-11-01T04:45Z',
      ['11-01T05:30', '11-01T06:30', '11-01T07:30'],
    ],
    [
      'a tick of every hour happens twice in a repeated hour before midnight',
      '30 * * * *',
      'America/Sao_Paulo',
      '2018-02-18T00:45Z',
      ['02-18T01:30', '02-18T02:30', '02-18T03:30'],
    ],
    [
      'a tick of every hour happens once when an hour is missing',
      '30 * * * *',
      'Europe/Berlin',
      '2026-03-29T00:00Z',
      ['03-29T00:30', '03-29T01:30'],
    ],
  ];
  for (const [name, expression, zone, after, expected] of changes) {
    test(`${name} (${zone})`, () => {
      assert.deepEqual(ticks(createCronSchedule(expression, zone), after, expected.length), expected);
    });
  }

  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Sao_Paulo');

  test('a daily time has one tick on each of 1200 days', () => {
    fc.assert(
      fc.property(zone, fc.nat(23), fc.nat(59), (timeZone, hour, minute) => {
        const schedule = createCronSchedule(`${minute} ${hour} * * *`, timeZone);
        const start = new Date('2014-01-02T00:00:00.000Z');
        let last = start;
        for (let count = 0; count < 1200; count += 1) {
          const next = schedule.next(last);
          const hours = (next.getTime() - last.getTime()) / 3_600_000;
          assert.ok(count === 0 || (hours >= 23 && hours <= 25), `${hours} hours until ${next.toISOString()}`);
          last = next;
        }
        assert.ok(Math.abs(last.getTime() - start.getTime() - 1200 * msPerDay) <= 2 * msPerDay);
      }),
      { numRuns: 8 },
    );
  });

  test('the next tick is the same for every instant before it', () => {
    const instant = fc.date({ min: new Date('2018-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    const expression = fc.constantFrom('30 2 * * *', '0 0 * * *', '*/10 * * * *', '0 3 * * 0');
    fc.assert(
      fc.property(expression, zone, instant, fc.double({ min: 0, max: 1, noNaN: true }), (text, place, after, part) => {
        const schedule = createCronSchedule(text, place);
        const tick = schedule.next(after);
        assert.ok(tick > after);
        const between = new Date(after.getTime() + Math.floor((tick.getTime() - after.getTime() - 1) * part));
        assert.equal(schedule.next(between).getTime(), tick.getTime());
      }),
    );
  });
});

describe('an expression is refused', () => {
  const refused: [expression: string, what: RegExp][] = [
    ['61 * * * *', /^minute 61 is not valid \(0-59\)$/],
    ['0 7 31 4,6 *', /^day of month 31 does not exist in that month$/],
    ['99 7 * * 9', /^minute 99 .*; day of week 9 is not valid \(0-7\)$/],
    ['0 7 * *', /^expected 5 or 6 fields but got 4$/],
    ['tomorrow', /./],
    // A 29 February that is a Tuesday comes every 28 years.
    ['0 7 29 2 2', /less than once in nine years/],
  ];
  for (const [expression, what] of refused) {
    test(`"${expression}"`, () => {
      assert.throws(
        () => createCronSchedule(expression, 'UTC'),
        (error) => error instanceof CronError && what.test(error.message),
      );
    });
  }
});
