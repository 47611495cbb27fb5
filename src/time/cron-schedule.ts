import { type CronFieldError, type ParsedFields, validateDetailed } from 'node-cron';
import { hasTicks } from './cron-days.ts';
import { earliest, msPerDay, msPerMinute } from './duration.ts';
import { createZone, type Zone } from './zone.ts';

/** When audits are due: the ticks of a cron expression in a time zone. */
export interface Schedule {
  /** Returns the first tick strictly after an instant. */
  next(after: Date): Date;
}

export interface CronSchedule extends Schedule {
  /**
   * Returns the longest row of days without a tick that begins in the nine years after an instant; the first one, if
   * several are equally long. `from` is the last tick before it, `to` the first tick after it, and `days` the number of
   * calendar days from one to the other: 1 when every day has a tick. Takes a few milliseconds.
   */
  longestGap(after: Date): { days: number; from: Date; to: Date };
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
 * Creates the schedule of a cron expression of five or six fields in a time zone. node-cron parses the expression. The
 * rest is computed here, because a daily audit must also run on the day on which its hour does not exist, and because
 * node-cron needs a fifth of a millisecond to match one day.
 *
 * When the clock goes forward, a tick in the missing hour moves forward by the gap. When it goes back, a
 * tick in the repeated hour happens once, unless the expression names every hour.
 *
 * @throws CronError for an expression that is malformed or never due.
 */
export function createCronSchedule(expression: string, timeZone: string): CronSchedule {
  const { valid, fields, errors } = validateDetailed(expression);
  if (!valid || fields === undefined) {
    throw new CronError(errors.map(describeProblem).join('; '), { isWellFormed: false });
  }
  const zone = createZone(timeZone);

  // Refuse an expression that is due less often than every nine years. A Monday, 29 February comes every 28 years.
  for (let year = 2020; year < 2060; year += 8) nextDay(fields, Date.UTC(year, 0, 1));

  return {
    next(after) {
      let day = nextDay(fields, dayOf(zone.wallTime(after)));
      for (;;) {
        const tick = firstTickOfDay(day, fields, zone, after);
        if (tick !== null) return tick;
        day = nextDay(fields, day + msPerDay);
      }
    },
    longestGap(after) {
      const first = nextDay(fields, dayOf(zone.wallTime(after)));
      let [from, to] = [first, first];
      for (let last = first, next = first; last < first + maxSearchDays * msPerDay; last = next) {
        next = nextDay(fields, last + msPerDay);
        if (next - last > to - from) [from, to] = [last, next];
      }
      const lastTick = new Date(Math.max(...minuteStarts(from, fields, zone)) + Math.max(...fields.second) * 1000);
      const days = (to - from) / msPerDay;
      return { days, from: lastTick, to: firstTickOfDay(to, fields, zone, lastTick) ?? lastTick };
    },
  };
}

/** Returns the midnight of the day of a wall-clock time. */
function dayOf(wallTime: number): number {
  return Math.floor(wallTime / msPerDay) * msPerDay;
}

/** Returns the given day if it has ticks, else the first one after it that does. Days are the wall-clock times of their midnights. */
function nextDay(fields: ParsedFields, from: number): number {
  for (let day = from; day < from + maxSearchDays * msPerDay; day += msPerDay) {
    if (hasTicks(fields, day)) return day;
  }
  throw new CronError('it never runs, or runs less than once in nine years', { isWellFormed: true });
}

/** Returns the first tick of a day that is later than an instant; null if there is none. */
function firstTickOfDay(day: number, fields: ParsedFields, zone: Zone, after: Date): Date | null {
  const ticks = minuteStarts(day, fields, zone).map((start) => {
    const remaining = fields.second.filter((second) => start + second * 1000 > after.getTime());
    return remaining.length === 0 ? null : new Date(start + Math.min(...remaining) * 1000);
  });
  return earliest(ticks);
}

/** Returns the start of each minute of a day that has ticks, in milliseconds since 1970. */
function minuteStarts(day: number, { hour, minute }: ParsedFields, zone: Zone): number[] {
  const isEveryHour = hour.length === 24;
  return hour.flatMap((h) =>
    minute.flatMap((m) => {
      const wallTime = day + (h * 60 + m) * msPerMinute;
      const instants = isEveryHour ? zone.instants(wallTime) : [zone.firstInstant(wallTime)];
      return instants.map((instant) => instant.getTime());
    }),
  );
}
