import { loadConfig } from '../config/settings.ts';
import { UsageError } from '../errors.ts';
import { dayIn, endOfDay, plusDays } from '../time/calendar-day.ts';

// All dates on the command line. Days are in AUDIT_TIMEZONE. `name` is the name of the option or argument, for errors.

const usage = 'use a day such as 2026-03-03, or a time such as 2026-03-03T12:00Z or 2026-03-03T12:00+01:00';

/** The options of commands that list what happened in a period. */
export const periodOptions = { since: { type: 'string' }, until: { type: 'string' } } as const;

/** From `since` inclusive to `until` exclusive, as ISO 8601 in UTC. undefined: open on that side. */
export interface Period {
  since: string | undefined;
  until: string | undefined;
}

/** Returns the period from the start of the first day to the end of the last day. @throws UsageError */
export function periodOption(
  { since, until }: { since?: string | undefined; until?: string | undefined },
  env: NodeJS.ProcessEnv,
): Period {
  const period = {
    since: since === undefined ? undefined : parseWhen('--since', since, env).start.toISOString(),
    until: until === undefined ? undefined : parseWhen('--until', until, env).end.toISOString(),
  };
  if (period.since !== undefined && period.until !== undefined && period.since >= period.until) {
    throw new UsageError(`--until ${until} is not later than --since ${since}`);
  }
  return period;
}

/** Returns an instant in the past. A day means its end, or now if it has not ended yet. @throws UsageError */
export function pastInstant(name: string, text: string, env: NodeJS.ProcessEnv): Date {
  const now = new Date();
  const { start, end, isDay } = parseWhen(name, text, env);
  if (start > now) throw new UsageError(`${name} ${text}: this is in the future; it is now ${now.toISOString()}`);
  return new Date(Math.min(isDay ? end.getTime() - 1 : end.getTime(), now.getTime()));
}

const defaultAckDays = 90;
const maxAckDays = 400;

/** Returns the last day of an acknowledgement, and the instant at which that day ends. @throws UsageError */
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
      : parseDay(`--until ${JSON.stringify(text)}`, text, 'use the form YYYY-MM-DD');
  if (day < today) throw new UsageError(`--until ${day}: this day is in the past; today is ${today}`);
  if (day > latest)
    throw new UsageError(
      `--until ${day}: an acknowledgement lasts at most ${maxAckDays} days; use ${latest} or earlier`,
    );
  return { expiresOn: day, expiresAt: endOfDay(timeZone, day) };
}

/** Parses a day into its start and end, or an instant, which is both. @throws UsageError */
function parseWhen(name: string, text: string, env: NodeJS.ProcessEnv): { start: Date; end: Date; isDay: boolean } {
  const what = `${name} ${JSON.stringify(text)}`;
  const [day = '', time] = text.split(/(?=T)/);
  parseDay(what, day, usage);
  if (time === undefined) {
    const { timeZone } = loadConfig(env, ['timeZone']);
    return { start: endOfDay(timeZone, plusDays(day, -1)), end: endOfDay(timeZone, day), isDay: true };
  }
  if (/^T[\d:.]+$/.test(time)) throw new UsageError(`${what}: add a time zone, as in ${text}Z or ${text}+01:00`);
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
