import { loadConfig } from '../config/config.ts';
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
  const { timeZone } = loadConfig(env, ['timeZone']);
  const toInstant = (name: string, text: string | undefined, daysBefore: number): string | undefined => {
    if (text === undefined) return undefined;
    const when = parseWhen(name, text);
    return (when instanceof Date ? when : endOfDay(timeZone, plusDays(when, -daysBefore))).toISOString();
  };
  const period = { since: toInstant('--since', since, 1), until: toInstant('--until', until, 0) };
  if (period.since !== undefined && period.until !== undefined && period.since >= period.until) {
    throw new UsageError(`--until ${until}: that is before --since ${since}`);
  }
  return period;
}

/** An instant that has come, or the end of a day that has begun. @throws UsageError */
export function pastInstant(name: string, text: string, env: NodeJS.ProcessEnv): Date {
  const { timeZone } = loadConfig(env, ['timeZone']);
  const when = parseWhen(name, text);
  const now = new Date();
  if (when instanceof Date) {
    if (when > now) throw new UsageError(`${name} ${text}: that instant has not come yet`);
    return when;
  }
  const today = dayIn(timeZone, now);
  if (when > today) throw new UsageError(`${name} ${text}: that day has not come yet; today is ${today}`);
  // Of today, what there is of it.
  return new Date(Math.min(endOfDay(timeZone, when).getTime() - 1, now.getTime()));
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

/** A day as YYYY-MM-DD, or an instant. */
function parseWhen(name: string, text: string): string | Date {
  const what = `${name} ${JSON.stringify(text)}`;
  const [day = '', time] = text.split(/(?=T)/);
  parseDay(what, day, usage);
  if (time === undefined) return day;
  if (/^T[\d:.]+$/.test(time)) throw new UsageError(`${what}: add its time zone, as in ${text}Z or ${text}+01:00`);
  const instant = new Date(text);
  const isInstant = /^T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(time) && !Number.isNaN(instant.getTime());
  if (!isInstant) throw new UsageError(`${what}: ${usage}`);
  return instant;
}

function parseDay(what: string, day: string, help: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) throw new UsageError(`${what}: ${help}`);
  if (plusDays(day, 0) !== day) throw new UsageError(`${what}: there is no such day`);
  return day;
}
