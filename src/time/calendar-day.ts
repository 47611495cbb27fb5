import { createZone, type Zone } from './zone.ts';

/** Returns the day, as YYYY-MM-DD, of an instant in a time zone. */
export function dayIn(timeZone: string, instant: Date): string {
  return dayInZone(createZone(timeZone), instant);
}

/** Like `dayIn`, for a zone that exists. */
export function dayInZone(zone: Zone, instant: Date): string {
  return toText(new Date(zone.wallTime(instant)));
}

/** Returns the day `count` days after a day. A day that does not exist becomes a real one: 2026-02-30 becomes 2026-03-02. */
export function plusDays(day: string, count: number): string {
  const date = new Date(0);
  const [year = 0, month = 1, dayOfMonth = 1] = day.split('-').map(Number);
  date.setUTCFullYear(year, month - 1, dayOfMonth + count);
  return toText(date);
}

/** Returns the first instant after a day in a time zone. That is not midnight if the clock skips midnight. */
export function endOfDay(timeZone: string, day: string): Date {
  return endOfDayIn(createZone(timeZone), day);
}

/** Like `endOfDay`, for many days: a zone takes a lot of time and memory to create. */
export function endOfDayIn(zone: Zone, day: string): Date {
  return zone.firstInstant(Date.parse(plusDays(day, 1)));
}

function toText(date: Date): string {
  return date.toISOString().slice(0, 10);
}
