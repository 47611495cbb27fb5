import { createZone } from './zone.ts';

/** Returns the day, as YYYY-MM-DD, of an instant in a time zone. */
export function dayIn(timeZone: string, instant: Date): string {
  const { year, month, day } = createZone(timeZone).localDay(instant);
  return toText(new Date(Date.UTC(year, month - 1, day)));
}

/** Returns the day `count` days after a day. A day that does not exist, such as 2026-02-30, becomes another one. */
export function plusDays(day: string, count: number): string {
  const date = new Date(0);
  const [year = 0, month = 1, dayOfMonth = 1] = day.split('-').map(Number);
  date.setUTCFullYear(year, month - 1, dayOfMonth + count);
  return toText(date);
}

/** Returns the instant at which a day ends in a time zone. */
export function endOfDay(timeZone: string, day: string): Date {
  const zone = createZone(timeZone);
  const [year = 0, month = 1, dayOfMonth = 1] = plusDays(day, 1).split('-').map(Number);
  const midnight = { year, month, day: dayOfMonth, hour: 0, minute: 0, second: 0 };
  // Where the clock goes forward at midnight, the next day begins later.
  return zone.instants(midnight)[0] ?? zone.afterGap(midnight);
}

function toText(date: Date): string {
  return date.toISOString().slice(0, 10);
}
