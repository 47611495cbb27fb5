import { createTask, type ParsedFields, validateDetailed } from 'node-cron';
import { createZone, type LocalTime, type Zone } from './zone.ts';

/** When audits are due: the ticks of a cron expression in a time zone. */
export interface Schedule {
  /** Returns the first tick strictly after an instant. */
  next(after: Date): Date;
}

/** Says what is wrong with an expression, field by field. */
export class CronError extends Error {
  override name = 'CronError';
}

/** 29 February comes after eight years at the latest. */
const maxSearchDays = 9 * 366;

/**
 * Creates the schedule of a cron expression of five or six fields in a time zone. node-cron parses the
 * expression and matches days. The times of a day are computed here, because a daily audit must also
 * happen on the day on which its hour does not exist.
 *
 * Where the clock goes forward, a tick in the missing hour is moved forward by the gap. Where it goes
 * back, a tick in the repeated hour happens once, unless the expression names every hour.
 *
 * @throws CronError for an expression that is malformed or never due.
 */
export function createCronSchedule(expression: string, timeZone: string): Schedule {
  const { valid, fields, errors } = validateDetailed(expression);
  if (!valid || fields === undefined) {
    throw new CronError(errors.map(({ field, value, message }) => `${field} ${value ?? ''}: ${message}`).join('; '));
  }
  const zone = createZone(timeZone);
  const isMatchingDay = createDayMatcher(fields, timeZone, zone);
  const months = fields.month;
  const times = { hours: ascending(fields.hour), minutes: ascending(fields.minute), seconds: ascending(fields.second) };

  /** Returns the given day if it matches, else the first matching day after it. */
  function nextMatchingDay(from: Day): Day {
    let day = from;
    for (let searched = 0; searched < maxSearchDays; searched += 1) {
      if (months.includes(day.month) && isMatchingDay(day)) return day;
      day = nextDay(day);
    }
    throw new CronError('it is due too rarely, or never');
  }

  // Refuse what is due less often than every nine years: 29 February on a Monday comes every 28.
  for (let year = 2020; year < 2060; year += 8) nextMatchingDay({ year, month: 1, day: 1 });

  return {
    next(after) {
      let day = nextMatchingDay(zone.localDay(after));
      for (;;) {
        const tick = firstTickOfDay(day, times, zone, after);
        if (tick !== null) return tick;
        day = nextMatchingDay(nextDay(day));
      }
    },
  };
}

type Day = Pick<LocalTime, 'year' | 'month' | 'day'>;

interface Times {
  hours: number[];
  minutes: number[];
  seconds: number[];
}

/** Days are matched at noon, which exists everywhere on every day. */
function createDayMatcher(fields: ParsedFields, timeZone: string, zone: Zone): (day: Day) => boolean {
  const days = [fields.dayOfMonth, fields.month, fields.dayOfWeek].map((values) => values.join(',')).join(' ');
  const task = createTask(`0 0 12 ${days}`, () => {}, { timezone: timeZone });
  return (day) => zone.instants({ ...day, hour: 12, minute: 0, second: 0 }).some((noon) => task.match(noon));
}

function firstTickOfDay(day: Day, { hours, minutes, seconds }: Times, zone: Zone, after: Date): Date | null {
  const everyHour = hours.length === 24;
  let first: Date | null = null;
  for (const hour of hours) {
    for (const minute of minutes) {
      const starts = ticksOfMinute({ ...day, hour, minute, second: 0 }, zone, everyHour);
      for (const start of starts) {
        // Skip minutes that are over, or that cannot come before what was found.
        if (start.getTime() + 59_999 <= after.getTime() || (first !== null && start >= first)) continue;
        const second = seconds.find((value) => start.getTime() + value * 1000 > after.getTime());
        if (second === undefined) continue;
        const tick = new Date(start.getTime() + second * 1000);
        if (first === null || tick < first) first = tick;
      }
    }
  }
  return first;
}

function ticksOfMinute(time: LocalTime, zone: Zone, everyHour: boolean): Date[] {
  const instants = zone.instants(time);
  if (instants.length === 0) return everyHour ? [] : [zone.afterGap(time)];
  return everyHour ? instants : instants.slice(0, 1);
}

function nextDay({ year, month, day }: Day): Day {
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  return { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
