import { loadConfig } from '../config/settings.ts';
import { UsageError } from '../errors.ts';
import { dayIn, endOfDay, plusDays } from '../time/calendar-day.ts';

// Every date of the command line. Days are meant in AUDIT_TIMEZONE. `name` is that of the option or argument.

const usage = 'give a day as 2026-03-03, or an instant as 2026-03-03T12:00Z or 2026-03-03T12:00+01:00';

/** For commands that can show a part of the past. */
export const periodOptions = { since: { type: 'string' }, until: { type: 'string' } } as const;

/** From an instant on, and before another one; UTC ISO-8601. undefined: without an end on that side. */
export interface Period {
  since: string | undefined;
  until: string | undefined;
}

/** From the beginning of the first day to the end of the last one. @throws UsageError */
export function periodOption(
  { since, until }: { since?: string | undefined; until?: string | undefined },
  env: NodeJS.ProcessEnv,
): Period {
  const period = {
    since: since === undefined ? undefined : parseWhen('--since', since, env).start.toISOString(),
    until: until === undefined ? undefined : parseWhen('--until', until, env).end.toISOString(),
  };
  if (period.since !== undefined && period.until !== undefined && period.since >= period.until) {
    throw new UsageError(`--until ${until}: that is before --since ${since}`);
  }
  return period;
}

/** An instant that has come, or the end of a day that has begun. @throws UsageError */
export function pastInstant(name: string, text: string, env: NodeJS.ProcessEnv): Date {
  const now = new Date();
  const { start, end, isDay } = parseWhen(name, text, env);
  if (start > now) throw new UsageError(`${name} ${text}: that has not come yet; it is ${now.toISOString()}`);
  // Of today, what there is of it.
  return new Date(Math.min(isDay ? end.getTime() - 1 : end.getTime(), now.getTime()));
}

const defaultAckDays = 90;
const maxAckDays = 400;

/** The last day of an acknowledgement, and the instant at which it is over. @throws UsageError */
export function lastDayOption(
  text: string | undefined,
  now: Date,
  env: NodeJS.ProcessEnv,
): { expiresOn: string; expiresAt: Date } {
  const { timeZone } = loadConfig(env, ['timeZone']);
  const today = dayIn(timeZone, now);
  const latest = plusDays(today, maxAckDays);
  const day =
    text === undefined
      ? plusDays(today, defaultAckDays)
      : parseDay(`--until ${JSON.stringify(text)}`, text, 'give a day as YYYY-MM-DD');
  if (day < today) throw new UsageError(`--until ${day}: that day is over; today is ${today}`);
  if (day > latest) throw new UsageError(`--until ${day}: ${maxAckDays} days at most, so ${latest} at the latest`);
  return { expiresOn: day, expiresAt: endOfDay(timeZone, day) };
}

/** A day from its beginning to its end, or an instant, which is both. */
function parseWhen(name: string, text: string, env: NodeJS.ProcessEnv): { start: Date; end: Date; isDay: boolean } {
  const what = `${name} ${JSON.stringify(text)}`;
  const [day = '', time] = text.split(/(?=T)/);
  parseDay(what, day, usage);
  if (time === undefined) {
    const { timeZone } = loadConfig(env, ['timeZone']);
    return { start: endOfDay(timeZone, plusDays(day, -1)), end: endOfDay(timeZone, day), isDay: true };
  }
  if (/^T[\d:.]+$/.test(time)) throw new UsageError(`${what}: add its time zone, as in ${text}Z or ${text}+01:00`);
  const instant = new Date(text);
  const isInstant = /^T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(time) && !Number.isNaN(instant.getTime());
  if (!isInstant) throw new UsageError(`${what}: ${usage}`);
  return { start: instant, end: instant, isDay: false };
}

function parseDay(what: string, day: string, help: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) throw new UsageError(`${what}: ${help}`);
  if (plusDays(day, 0) !== day) throw new UsageError(`${what}: there is no such day`);
  return day;
}
