import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createTask } from 'node-cron';
import { CronError, createCronSchedule } from '../../src/time/cron-schedule.ts';
import { msPerDay } from '../../src/time/duration.ts';

/** The ticks after an instant. */
function ticks(expression: string, zone: string, after: string, count: number): string[] {
  const schedule = createCronSchedule(expression, zone);
  const found: string[] = [];
  for (let last = new Date(after); found.length < count; ) {
    last = schedule.next(last);
    found.push(last.toISOString());
  }
  return found;
}

const expressions = [
  '0 7 * * *',
  '*/15 * * * *',
  '0 7 * * 1-5',
  '0 7 13 * 5',
  '30 4 L * *',
  '30 4 15W * *',
  '30 4 LW * *',
  '0 7 * * 1#2',
  '0 7 * * 5L',
  '0 7 29 2 *',
  '15,45 9-17 * jan,jul mon',
  '5 30 6 1 */3 *',
  '*/20 * * * * *',
  '@hourly',
  '@daily',
  '@weekly',
  '@monthly',
  '@yearly',
];

describe('the ticks of an expression', () => {
  for (const expression of expressions) {
    test(`"${expression}" are those of node-cron`, () => {
      const schedule = createCronSchedule(expression, 'UTC');
      const task = createTask(expression, () => {}, { timezone: 'UTC' });
      const theirs = task.getNextRuns(5);
      assert.equal(theirs.length, 5);
      // From a second before its first run on, so that a second that passes meanwhile makes no difference.
      let last = new Date((theirs[0]?.getTime() ?? 0) - 1000);
      for (const run of theirs) {
        last = schedule.next(last);
        assert.equal(last.toISOString(), run.toISOString());
      }
    });
  }

  test('need the day of the month AND the day of the week', () => {
    assert.deepEqual(ticks('0 7 13 * 5', 'UTC', '2026-01-01T00:00:00.000Z', 3), [
      '2026-02-13T07:00:00.000Z',
      '2026-03-13T07:00:00.000Z',
      '2026-11-13T07:00:00.000Z',
    ]);
  });

  test('know the last day, the nearest weekday and the second Monday of a month', () => {
    assert.deepEqual(ticks('0 7 L * *', 'UTC', '2028-02-01T00:00:00.000Z', 2), [
      '2028-02-29T07:00:00.000Z',
      '2028-03-31T07:00:00.000Z',
    ]);
    // 15 August 2026 is a Saturday.
    assert.deepEqual(ticks('0 7 15W 8 *', 'UTC', '2026-08-01T00:00:00.000Z', 1), ['2026-08-14T07:00:00.000Z']);
    assert.deepEqual(ticks('0 7 * 8 1#2', 'UTC', '2026-08-01T00:00:00.000Z', 1), ['2026-08-10T07:00:00.000Z']);
  });

  test('come after the instant, never at it', () => {
    assert.deepEqual(ticks('0 7 * * *', 'UTC', '2026-05-01T06:59:59.999Z', 2), [
      '2026-05-01T07:00:00.000Z',
      '2026-05-02T07:00:00.000Z',
    ]);
  });

  test('know seconds', () => {
    assert.deepEqual(ticks('50,10 59 23 31 12 *', 'UTC', '2026-01-01T00:00:00.000Z', 3), [
      '2026-12-31T23:59:10.000Z',
      '2026-12-31T23:59:50.000Z',
      '2027-12-31T23:59:10.000Z',
    ]);
  });

  test('follow the zone and not UTC', () => {
    assert.deepEqual(ticks('0 7 * * *', 'Asia/Kolkata', '2026-05-01T00:00:00.000Z', 1), ['2026-05-01T01:30:00.000Z']);
    assert.deepEqual(ticks('0 7 * * 1', 'Pacific/Kiritimati', '2026-05-01T00:00:00.000Z', 1), [
      '2026-05-03T17:00:00.000Z',
    ]);
  });
});

interface Change {
  name: string;
  expression: string;
  zone: string;
  after: string;
  expected: string[];
}

const changes: Change[] = [
  {
    name: 'a tick in the missing hour comes as much later that day',
    expression: '30 2 * * *',
    zone: 'Europe/Berlin',
    after: '2026-03-28T12:00:00.000Z',
    expected: ['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z'],
  },
  {
    name: 'several ticks in the missing hour stay apart',
    expression: '0,20 2 * * *',
    zone: 'America/New_York',
    after: '2026-03-08T05:00:00.000Z',
    expected: ['2026-03-08T07:00:00.000Z', '2026-03-08T07:20:00.000Z', '2026-03-09T06:00:00.000Z'],
  },
  {
    name: 'a missing half hour moves a tick by half an hour',
    expression: '10 2 * * *',
    zone: 'Australia/Lord_Howe',
    after: '2026-10-03T12:00:00.000Z',
    expected: ['2026-10-03T15:40:00.000Z', '2026-10-04T15:10:00.000Z'],
  },
  {
    name: 'a missing midnight moves a tick to one o’clock of the same day',
    expression: '0 0 * * *',
    zone: 'America/Sao_Paulo',
    after: '2018-11-03T12:00:00.000Z',
    expected: ['2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z'],
  },
  {
    name: 'a day that does not exist has no tick',
    expression: '0 7 * * *',
    zone: 'Pacific/Apia',
    after: '2011-12-29T12:00:00.000Z',
    expected: ['2011-12-29T17:00:00.000Z', '2011-12-30T17:00:00.000Z'],
  },
  {
    name: 'a fixed hour that is repeated has one tick',
    expression: '30 2 * * *',
    zone: 'Europe/Berlin',
    after: '2026-10-24T12:00:00.000Z',
    expected: ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
  },
  {
    name: 'a repeated half hour has one tick',
    expression: '45 1 * * *',
    zone: 'Australia/Lord_Howe',
    after: '2026-04-04T12:00:00.000Z',
    expected: ['2026-04-04T14:45:00.000Z', '2026-04-05T15:15:00.000Z'],
  },
  {
    name: 'every hour has a tick when one is repeated',
    expression: '30 * * * *',
    zone: 'America/New_York',
    after: '2026-11-01T04:45:00.000Z',
    expected: ['2026-11-01T05:30:00.000Z', '2026-11-01T06:30:00.000Z', '2026-11-01T07:30:00.000Z'],
  },
  {
    name: 'every hour has a tick when one before midnight is repeated',
    expression: '30 * * * *',
    zone: 'America/Sao_Paulo',
    after: '2018-02-18T00:45:00.000Z',
    expected: ['2018-02-18T01:30:00.000Z', '2018-02-18T02:30:00.000Z', '2018-02-18T03:30:00.000Z'],
  },
  {
    name: 'every hour has a tick when one is missing',
    expression: '30 * * * *',
    zone: 'Europe/Berlin',
    after: '2026-03-29T00:00:00.000Z',
    expected: ['2026-03-29T00:30:00.000Z', '2026-03-29T01:30:00.000Z'],
  },
];

describe('when clocks change', () => {
  for (const { name, expression, zone, after, expected } of changes) {
    test(`${name} (${zone})`, () => {
      assert.deepEqual(ticks(expression, zone, after, expected.length), expected);
    });
  }

  for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'Asia/Tehran']) {
    test(`a daily time has one tick on each of 1200 days (${zone})`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), (hour, minute) => {
          const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
          const schedule = createCronSchedule(`${minute} ${hour} * * *`, zone);
          const days = new Set<string>();
          let last = new Date('2014-01-02T00:00:00.000Z');
          for (let count = 0; count < 1200; count += 1) {
            last = schedule.next(last);
            days.add(day.format(last));
          }
          assert.equal(days.size, 1200);
          // 1200 days after 2 January 2014, where the first one may be that day or the day before.
          const end = Date.parse('2014-01-02T00:00:00.000Z') + 1200 * msPerDay;
          assert.ok(Math.abs(last.getTime() - end) <= 2 * msPerDay, last.toISOString());
        }),
        { numRuns: 2 },
      );
    });
  }

  test('next is later than the instant, and nothing lies between', () => {
    const instant = fc.date({ min: new Date('2018-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'America/Sao_Paulo',
    );
    const expression = fc.constantFrom(
      '30 2 * * *',
      '45 1 * * *',
      '0 0 * * *',
      '*/10 * * * *',
      '0 7 1 * *',
      '0 3 * * 0',
    );
    fc.assert(
      fc.property(expression, zone, instant, fc.double({ min: 0, max: 1, noNaN: true }), (text, place, after, part) => {
        const schedule = createCronSchedule(text, place);
        const tick = schedule.next(after);
        assert.ok(tick > after);
        const between = new Date(after.getTime() + Math.floor((tick.getTime() - after.getTime() - 1) * part));
        assert.equal(schedule.next(between).getTime(), tick.getTime());
      }),
      { numRuns: 100 },
    );
  });
});

describe('an expression is refused', () => {
  const refused: [expression: string, what: RegExp][] = [
    ['61 * * * *', /minute 61/],
    ['* 24 * * *', /hour 24/],
    ['0 7 30 2 *', /dayOfMonth/],
    ['0 7 31 4,6 *', /dayOfMonth/],
    ['0 7 * * 9', /dayOfWeek 9/],
    ['0 7 * *', /./],
    ['', /./],
    ['@reboot', /./],
    ['tomorrow', /./],
  ];
  for (const [expression, what] of refused) {
    test(`"${expression}"`, () => {
      assert.throws(
        () => createCronSchedule(expression, 'UTC'),
        (error) => error instanceof CronError && what.test(error.message),
      );
    });
  }

  test('when it comes due so seldom that a worker would meet a time without a next tick', () => {
    // A 29 February that is a Tuesday: 1972, 2000, 2028, 2056.
    assert.throws(() => createCronSchedule('0 7 29 2 2', 'UTC'), CronError);
  });

  test('in a zone that does not exist', () => {
    assert.throws(() => createCronSchedule('0 7 * * *', 'Europe/Atlantis'), RangeError);
  });
});
