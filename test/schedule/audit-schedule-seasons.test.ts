import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';
import { complete, decide } from '../support/audit-decisions.ts';

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
