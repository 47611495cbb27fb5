import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { dayIn, endOfDay, plusDays } from '../../src/time/calendar-day.ts';

describe('a number of days after a day', () => {
  const table: [day: string, count: number, expected: string][] = [
    ['2026-05-01', 0, '2026-05-01'],
    ['2026-05-01', 1, '2026-05-02'],
    ['2026-04-30', 1, '2026-05-01'],
    ['2026-01-31', 1, '2026-02-01'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2026-02-28', 1, '2026-03-01'],
    ['2028-02-28', 1, '2028-02-29'],
    ['2028-02-29', 1, '2028-03-01'],
    ['2028-02-29', 365, '2029-02-28'],
    ['2028-02-29', 366, '2029-03-01'],
    ['2100-02-28', 1, '2100-03-01'],
    ['2026-05-01', 90, '2026-07-30'],
    ['2026-05-01', 400, '2027-06-05'],
    ['2026-03-01', -1, '2026-02-28'],
    ['0099-12-31', 1, '0100-01-01'],
  ];
  for (const [day, count, expected] of table) {
    test(`is ${expected} for ${day} and ${count}`, () => {
      assert.equal(plusDays(day, count), expected);
    });
  }

  for (const day of [
    '2026-02-29',
    '2026-02-30',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-05-00',
    '0000-00-00',
  ]) {
    test(`is another day for ${day} and 0, since there is no such day`, () => {
      assert.notEqual(plusDays(day, 0), day);
    });
  }

  test('is reached by as many single steps', () => {
    const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2150-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 400 }), (date, count) => {
        const start = date.toISOString().slice(0, 10);
        let stepped = start;
        for (let step = 0; step < count; step += 1) stepped = plusDays(stepped, 1);

        assert.equal(plusDays(start, count), stepped);
        assert.equal(plusDays(stepped, -count), start);
      }),
    );
  });
});

describe('the day of an instant', () => {
  const table: [timeZone: string, instant: string, day: string][] = [
    ['UTC', '2026-05-01T00:00:00.000Z', '2026-05-01'],
    ['UTC', '2026-05-01T23:59:59.999Z', '2026-05-01'],
    ['Europe/Berlin', '2026-04-30T21:59:59.999Z', '2026-04-30'],
    ['Europe/Berlin', '2026-04-30T22:00:00.000Z', '2026-05-01'],
    ['Europe/Berlin', '2025-12-31T23:00:00.000Z', '2026-01-01'],
    ['America/New_York', '2028-03-01T04:59:59.999Z', '2028-02-29'],
    ['Asia/Kolkata', '2026-04-30T18:30:00.000Z', '2026-05-01'],
    // Fourteen hours ahead and eleven behind: three days at one instant.
    ['Pacific/Kiritimati', '2026-05-01T10:30:00.000Z', '2026-05-02'],
    ['UTC', '2026-05-01T10:30:00.000Z', '2026-05-01'],
    ['Pacific/Pago_Pago', '2026-05-01T10:30:00.000Z', '2026-04-30'],
  ];
  for (const [timeZone, instant, day] of table) {
    test(`is ${day} in ${timeZone} at ${instant}`, () => {
      assert.equal(dayIn(timeZone, new Date(instant)), day);
    });
  }
});

describe('the end of a day', () => {
  const table: [what: string, timeZone: string, day: string, end: string][] = [
    ['is midnight', 'UTC', '2026-05-01', '2026-05-02T00:00:00.000Z'],
    ['is midnight of the year', 'UTC', '2026-12-31', '2027-01-01T00:00:00.000Z'],
    ['is midnight of the leap day', 'Europe/Berlin', '2028-02-29', '2028-02-29T23:00:00.000Z'],
    ['is midnight of a zone far ahead', 'Pacific/Kiritimati', '2026-05-01', '2026-05-01T10:00:00.000Z'],
    ['is midnight of a zone far behind', 'Pacific/Pago_Pago', '2026-05-01', '2026-05-02T11:00:00.000Z'],
    ['comes after 23 hours in spring', 'Europe/Berlin', '2026-03-29', '2026-03-29T22:00:00.000Z'],
    ['comes after 25 hours in autumn', 'Europe/Berlin', '2026-10-25', '2026-10-25T23:00:00.000Z'],
    ['comes after 24 hours and a half', 'Australia/Lord_Howe', '2026-04-05', '2026-04-05T13:30:00.000Z'],
    // Clocks go from 24:00 to 1:00, so that no clock ever shows the midnight.
    ['comes with the hour that is left out at midnight', 'America/Havana', '2026-03-07', '2026-03-08T05:00:00.000Z'],
    ['comes an hour early, after that hour', 'America/Havana', '2026-03-08', '2026-03-09T04:00:00.000Z'],
    ['comes with that hour elsewhere', 'Asia/Beirut', '2026-03-28', '2026-03-28T22:00:00.000Z'],
    // Clocks go from 1:00 back to 0:00: the first midnight counts.
    ['is the first of two midnights', 'America/Havana', '2026-10-31', '2026-11-01T04:00:00.000Z'],
    // Clocks go from 24:00 back to 23:00: only the second time the day is over.
    ['comes when its last hour is over twice', 'Asia/Beirut', '2026-10-24', '2026-10-24T22:00:00.000Z'],
    ['comes with the whole day that is left out', 'Pacific/Apia', '2011-12-29', '2011-12-30T10:00:00.000Z'],
    ['of a day that was left out is its beginning', 'Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
    ['comes with a day that was left out long ago', 'Pacific/Kiritimati', '1994-12-30', '1994-12-31T10:00:00.000Z'],
  ];
  for (const [what, timeZone, day, end] of table) {
    test(`${what} (${day}, ${timeZone})`, () => {
      assert.equal(endOfDay(timeZone, day).toISOString(), end);
    });
  }

  const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'UTC');
  const instant = fc.date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });

  test('lies after every instant of the day, in every zone', () => {
    fc.assert(
      fc.property(zone, instant, (timeZone, at) => {
        assert.ok(endOfDay(timeZone, dayIn(timeZone, at)) > at);
      }),
      { numRuns: 300 },
    );
  });

  test('is the first instant of the next day, in every zone', () => {
    fc.assert(
      fc.property(zone, instant, (timeZone, at) => {
        const day = dayIn(timeZone, at);
        const end = endOfDay(timeZone, day);

        assert.ok(dayIn(timeZone, new Date(end.getTime() - 1)) <= day);
        assert.ok(dayIn(timeZone, end) > day);
      }),
      { numRuns: 300 },
    );
  });
});

test('a time zone that nobody knows has no days', () => {
  assert.throws(() => dayIn('Europe/Nowhere', new Date(0)), RangeError);
  assert.throws(() => endOfDay('Europe/Nowhere', '2026-05-01'), RangeError);
});
