import { type CronFieldError, createTask, type ParsedFields, validateDetailed } from 'node-cron';
import { earliest, msPerDay, msPerMinute } from './duration.ts';
import { createZone, type Zone } from './zone.ts';

/** When audits are due: the ticks of a cron expression in a time zone. */
export interface Schedule {
  /** Returns the first tick strictly after an instant. */
  next(after: Date): Date;
}

/** An expression that is malformed or never due. The message names each wrong field. */
export class CronError extends Error {
  override name = 'CronError';
  /** True if the expression can be parsed but never runs, or too rarely. */
  readonly isWellFormed: boolean;

  constructor(message: string, { isWellFormed }: { isWellFormed: boolean }) {
    super(message);
    this.isWellFormed = isWellFormed;
  }
}

/** What error messages call each field, and the numbers that it accepts. */
const fieldNames = new Map([
  ['second', ['second', '0-59']],
  ['minute', ['minute', '0-59']],
  ['hour', ['hour', '0-23']],
  ['dayOfMonth', ['day of month', '1-31']],
  ['month', ['month', '1-12']],
  ['dayOfWeek', ['day of week', '0-7']],
]);

/** Returns a problem in plain words. node-cron would say "61 is a invalid expression for minute". */
function describeProblem({ field, value, message }: CronFieldError): string {
  const [name, range] = fieldNames.get(field) ?? [];
  // A problem of the whole expression, such as "expected 5 or 6 fields but got 2".
  if (name === undefined) return message;
  return /impossible/.test(message)
    ? `${name} ${value} does not exist in that month`
    : `${name} ${value} is not valid (${range})`;
}

/** The next 29 February can be eight years away, as from 2096 to 2104. */
const maxSearchDays = 9 * 366;

/**
 * Creates the schedule of a cron expression of five or six fields in a time zone. node-cron parses the
 * expression and matches days. The times of a day are computed here, because a daily audit must also
 * run on the day on which its hour does not exist.
 *
 * When the clock goes forward, a tick in the missing hour moves forward by the gap. When it goes back, a
 * tick in the repeated hour happens once, unless the expression names every hour.
 *
 * @throws CronError for an expression that is malformed or never due.
 */
export function createCronSchedule(expression: string, timeZone: string): Schedule {
  const { valid, fields, errors } = validateDetailed(expression);
  if (!valid || fields === undefined) {
    throw new CronError(errors.map(describeProblem).join('; '), { isWellFormed: false });
  }
  const zone = createZone(timeZone);
  const isMatchingDay = createDayMatcher(fields, timeZone, zone);

  /** Returns the given day if it matches, else the first matching day after it. */
  function nextMatchingDay(from: number): number {
    for (let day = from; day < from + maxSearchDays * msPerDay; day += msPerDay) {
      if (isMatchingDay(day)) return day;
    }
    throw new CronError('it never runs, or runs less than once in nine years', { isWellFormed: true });
  }

  // Refuse an expression that is due less often than every nine years. A Monday, 29 February comes every 28 years.
  for (let year = 2020; year < 2060; year += 8) nextMatchingDay(Date.UTC(year, 0, 1));

  return {
    next(after) {
      let day = nextMatchingDay(Math.floor(zone.wallTime(after) / msPerDay) * msPerDay);
      for (;;) {
        const tick = firstTickOfDay(day, fields, zone, after);
        if (tick !== null) return tick;
        day = nextMatchingDay(day + msPerDay);
      }
    },
  };
}

/** Creates a matcher for days, given as the wall-clock time of their midnight. Matches at noon, which exists on every day. */
function createDayMatcher(fields: ParsedFields, timeZone: string, zone: Zone): (day: number) => boolean {
  const days = [fields.dayOfMonth, fields.month, fields.dayOfWeek].map((values) => values.join(',')).join(' ');
  const task = createTask(`0 0 12 ${days}`, () => {}, { timezone: timeZone });
  return (day) =>
    fields.month.includes(new Date(day).getUTCMonth() + 1) && task.match(zone.firstInstant(day + msPerDay / 2));
}

/** Returns the first tick of a day that is later than an instant; null if there is none. */
function firstTickOfDay(day: number, { hour, minute, second }: ParsedFields, zone: Zone, after: Date): Date | null {
  const isEveryHour = hour.length === 24;
  const minuteStarts = hour.flatMap((h) =>
    minute.flatMap((m) => {
      const wallTime = day + (h * 60 + m) * msPerMinute;
      return isEveryHour ? zone.instants(wallTime) : [zone.firstInstant(wallTime)];
    }),
  );
  const ticks = minuteStarts.map((start) => {
    const remaining = second.filter((s) => start.getTime() + s * 1000 > after.getTime());
    return remaining.length === 0 ? null : new Date(start.getTime() + Math.min(...remaining) * 1000);
  });
  return earliest(ticks);
}
