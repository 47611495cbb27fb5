import { msPerDay, msPerMinute } from '../../../src/time/duration.ts';

/** An expression in plain words, so that its ticks can be worked out without reading it. */
export interface CalendarCase {
  expression: string;
  zone: string;
  /** Which days have the tick, by the calendar on the wall; `weekday` counts from Sunday, 0. */
  days: (day: { month: number; dayOfMonth: number; weekday: number }) => boolean;
  /** Minutes from midnight; `hourly`: at this minute of every hour. */
  at: number | { hourly: number };
}

/**
 * The ticks of whole years, by a way of its own: the day is stepped through on a calendar without
 * zones, and the engine is asked only how far the wall is ahead of UTC. A time that the wall never
 * shows comes as much later as the clock was put forward; one that it shows twice comes once.
 */
export function ticksBetween({ zone, days, at }: CalendarCase, from: Date, until: Date): Date[] {
  const aheadMs = createOffsets(zone);
  const ticks: number[] = [];
  const isMeant = (wallMs: number): boolean => {
    const wall = new Date(wallMs);
    return days({ month: wall.getUTCMonth() + 1, dayOfMonth: wall.getUTCDate(), weekday: wall.getUTCDay() });
  };
  if (typeof at === 'number') {
    const firstDay = Math.floor(from.getTime() / msPerDay) * msPerDay;
    for (let day = firstDay - msPerDay; day <= until.getTime() + msPerDay; day += msPerDay) {
      if (!isMeant(day)) continue;
      const wallMs = day + at * msPerMinute;
      const before = wallMs - aheadMs(wallMs - msPerDay);
      const after = wallMs - aheadMs(wallMs + msPerDay);
      const shows = [before, after].filter((ms) => ms + aheadMs(ms) === wallMs);
      ticks.push(shows.length === 0 ? before : Math.min(...shows));
    }
  } else {
    for (let ms = from.getTime(); ms <= until.getTime(); ms += 15 * msPerMinute) {
      const wallMs = ms + aheadMs(ms);
      if (new Date(wallMs).getUTCMinutes() === at.hourly && isMeant(wallMs)) ticks.push(ms);
    }
  }
  return ticks.filter((ms) => ms > from.getTime() && ms <= until.getTime()).map((ms) => new Date(ms));
}

/** How far the wall is ahead of UTC, as the engine writes it: `GMT+10:30`. */
function createOffsets(zone: string): (instantMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const known = new Map<number, number>();
  return (instantMs) => {
    // Clocks are changed at the quarter of an hour, if not at the hour.
    const quarter = Math.floor(instantMs / (15 * msPerMinute));
    const found = known.get(quarter);
    if (found !== undefined) return found;
    const text = format.format(quarter * 15 * msPerMinute);
    const [, sign = '+', hours = 0, minutes = 0] = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(text) ?? [];
    const ahead = (Number(hours) * 60 + Number(minutes)) * msPerMinute * (sign === '-' ? -1 : 1);
    known.set(quarter, ahead);
    return ahead;
  };
}

const everyDay = (): boolean => true;

/** Both changes of the clock, ends of months and years, a leap year, and a zone that never changes. */
export const calendarCases: CalendarCase[] = [
  { expression: '30 2 * * *', zone: 'Europe/Berlin', days: everyDay, at: 150 },
  { expression: '0 3 * * 0', zone: 'Europe/Berlin', days: ({ weekday }) => weekday === 0, at: 180 },
  { expression: '0 7 31 * *', zone: 'Europe/Berlin', days: ({ dayOfMonth }) => dayOfMonth === 31, at: 420 },
  { expression: '30 1 * * *', zone: 'America/New_York', days: everyDay, at: 90 },
  { expression: '59 23 31 12 *', zone: 'America/New_York', days: lastDayOfYear, at: 1439 },
  { expression: '0 2 8 3 *', zone: 'America/New_York', days: isDay(3, 8), at: 120 },
  { expression: '10 2 * * *', zone: 'Australia/Lord_Howe', days: everyDay, at: 130 },
  { expression: '45 1 * * 0', zone: 'Australia/Lord_Howe', days: ({ weekday }) => weekday === 0, at: 105 },
  {
    expression: '45 * * 4,10 0,6',
    zone: 'Australia/Lord_Howe',
    days: ({ month, weekday }) => (month === 4 || month === 10) && (weekday === 0 || weekday === 6),
    at: { hourly: 45 },
  },
  { expression: '0 0 29 2 *', zone: 'Asia/Kolkata', days: isDay(2, 29), at: 0 },
  { expression: '0 0 1 1 *', zone: 'Asia/Kolkata', days: isDay(1, 1), at: 0 },
  { expression: '30 23 30 * *', zone: 'Asia/Kolkata', days: ({ dayOfMonth }) => dayOfMonth === 30, at: 1410 },
];

function isDay(month: number, dayOfMonth: number): CalendarCase['days'] {
  return (day) => day.month === month && day.dayOfMonth === dayOfMonth;
}

function lastDayOfYear(day: { month: number; dayOfMonth: number }): boolean {
  return day.month === 12 && day.dayOfMonth === 31;
}
