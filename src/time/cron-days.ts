import type { ParsedFields } from 'node-cron';

/**
 * Returns whether a cron expression has ticks on a day. As in node-cron, month, day of month and day of week must all match.
 *
 * @param day its midnight, as a wall-clock time
 */
export function hasTicks({ dayOfMonth, month, dayOfWeek }: ParsedFields, day: number): boolean {
  const date = new Date(day);
  return (
    month.includes(date.getUTCMonth() + 1) &&
    (dayOfMonth.includes(date.getUTCDate()) || dayOfMonth.some((token) => dateOf(token, date) === date.getUTCDate())) &&
    (dayOfWeek.includes(date.getUTCDay()) || dayOfWeek.some((token) => namesWeekday(token, date)))
  );
}

/** Returns the number of days of a month. Its last day is the day before the first of the next month. */
function lastDateOf(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** Returns whether a date is, for example, the second Monday of its month (`1#2`), or the last one (`1L`). */
function namesWeekday(token: number | string, date: Date): boolean {
  const weekday = date.getUTCDay();
  const isLast = date.getUTCDate() + 7 > lastDateOf(date);
  return token === `${weekday}#${Math.ceil(date.getUTCDate() / 7)}` || (isLast && token === `${weekday}L`);
}

/**
 * Returns the date that a token means in the month of `day`: `L` (the last one), `L-2` (the second before it), `15W` or `LW`
 * (the nearest day from Monday to Friday in the same month). Returns null if the month has no such date.
 */
function dateOf(token: number | string, day: Date): number | null {
  if (typeof token === 'number') return token;
  const [, base = '', before = '0', nearest = ''] = /^(L|\d+)(?:-(\d+))?(W?)$/.exec(token) ?? [];
  const lastDate = lastDateOf(day);
  const date = (base === 'L' ? lastDate : Number(base)) - Number(before);
  if (nearest === '') return date;
  if (date > lastDate) return null;
  const weekday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), date)).getUTCDay();
  if (weekday === 6) return date === 1 ? 3 : date - 1;
  if (weekday === 0) return date === lastDate ? date - 2 : date + 1;
  return date;
}
