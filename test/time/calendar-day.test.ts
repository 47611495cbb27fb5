import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { dayIn, endOfDay, plusDays } from '../../src/time/calendar-day.ts';
import { ageInDays } from '../../src/time/duration.ts';

describe('adding days to a day', () => {
  const table: [day: string, count: number, expected: string][] = [
    ['2026-12-31', 1, '2027-01-01'],
    ['2028-02-28', 1, '2028-02-29'],
    ['2100-02-28', 1, '2100-03-01'],
    ['2026-05-01', 400, '2027-06-05'],
    ['2026-03-01', -1, '2026-02-28'],
    ['0099-12-31', 1, '0100-01-01'],
    ['2026-02-30', 0, '2026-03-02'],
    ['2026-13-01', 0, '2027-01-01'],
  ];
  for (const [day, count, expected] of table) {
    test(`gives ${expected} for ${day} and ${count}`, () => {
      assert.equal(plusDays(day, count), expected);
    });
  }
});

describe('the day of an instant', () => {
  const table: [timeZone: string, instant: string, day: string][] = [
    ['UTC', '2026-05-01T23:59:59.999Z', '2026-05-01'],
    ['Europe/Berlin', '2026-04-30T21:59:59.999Z', '2026-04-30'],
    ['Europe/Berlin', '2026-04-30T22:00:00.000Z', '2026-05-01'],
    ['Pacific/Kiritimati', '2026-05-01T10:30:00.000Z', '2026-05-02'],
    ['Pacific/Pago_Pago', '2026-05-01T10:30:00.000Z', '2026-04-30'],
  ];
  for (const [timeZone, instant, day] of table) {
    test(`is ${day} in ${timeZone} at ${instant}`, () => {
      assert.equal(dayIn(timeZone, new Date(instant)), day);
    });
  }
});

describe('the end of a day', () => {
  const table: [name: string, timeZone: string, day: string, end: string][] = [
    ['is midnight', 'Europe/Berlin', '2028-02-29', '2028-02-29T23:00:00.000Z'],
    ['comes after 25 hours in autumn', 'Europe/Berlin', '2026-10-25', '2026-10-25T23:00:00.000Z'],
    // The clock goes from 24:00 to 1:00, so it never shows midnight.
    ['is 1:00 when the hour after midnight is missing', 'America/Havana', '2026-03-07', '2026-03-08T05:00:00.000Z'],
    // The clock goes from 1:00 back to 0:00.
    ['is the first of two midnights', 'America/Havana', '2026-10-31', '2026-11-01T04:00:00.000Z'],
    // The clock goes from 24:00 back to 23:00.
    ['comes after the repeated last hour', 'Asia/Beirut', '2026-10-24', '2026-10-24T22:00:00.000Z'],
    ['skips a day that the zone left out', 'Pacific/Apia', '2011-12-29', '2011-12-30T10:00:00.000Z'],
    ['of a day that the zone left out is its beginning', 'Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
  ];
  for (const [name, timeZone, day, end] of table) {
    test(`${name} (${day}, ${timeZone})`, () => {
      assert.equal(endOfDay(timeZone, day).toISOString(), end);
    });
  }

  test('is the first instant after the day, in every zone', () => {
    const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
    const instant = fc.date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(zone, instant, (timeZone, at) => {
        const day = dayIn(timeZone, at);
        const end = endOfDay(timeZone, day);
        assert.ok(end > at);
        assert.ok(dayIn(timeZone, new Date(end.getTime() - 1)) <= day);
        assert.ok(dayIn(timeZone, end) > day);
      }),
      { numRuns: 300 },
    );
  });
});

test('an unknown time zone is a RangeError', () => {
  assert.throws(() => dayIn('Europe/Nowhere', new Date(0)), RangeError);
});

test('an age in days is rounded down, and is 0 for a date that a skewed clock puts into the future', () => {
  const since = '2026-05-01T07:00:00.000Z';
  const ages = ['2026-05-03T06:59:59.999Z', '2026-05-03T07:00:00.000Z', '2026-04-01T00:00:00.000Z'];
  assert.deepEqual(
    ages.map((now) => ageInDays(since, new Date(now))),
    [1, 2, 0],
  );
});
