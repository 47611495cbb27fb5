import { loadConfig } from '../config/config.ts';
import { UsageError } from '../errors.ts';
import { endOfDay, plusDays } from '../time/calendar-day.ts';

/**
 * A day as YYYY-MM-DD, or an instant.
 *
 * @param name of the option or argument, for errors
 * @throws UsageError for what is neither
 */
export function parseWhen(name: string, text: string): string | Date {
  const what = `${name} ${JSON.stringify(text)}`;
  const [day, time = ''] = text.split(/(?=T)/);
  if (day === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day)) throw new UsageError(`${what}: ${usage}`);
  if (plusDays(day, 0) !== day) throw new UsageError(`${what}: there is no such day`);
  if (time === '') return day;
  if (/^T[\d:.]+$/.test(time)) throw new UsageError(`${what}: add its time zone, as in ${text}Z or ${text}+01:00`);
  const instant = new Date(text);
  const isInstant = /^T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(time) && !Number.isNaN(instant.getTime());
  if (!isInstant) throw new UsageError(`${what}: ${usage}`);
  return instant;
}

const usage = 'give a day as 2026-03-03, or an instant as 2026-03-03T12:00Z or 2026-03-03T12:00+01:00';

/** For commands that can look at a part of the past. */
export const periodOptions = { since: { type: 'string' }, until: { type: 'string' } } as const;

/** From an instant on and before another, both UTC ISO-8601; undefined: without an end on that side. */
export interface Period {
  since: string | undefined;
  until: string | undefined;
}

/** Days are meant as a whole, in AUDIT_TIMEZONE. @throws UsageError */
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
