import { msPerDay } from './duration.ts';

/**
 * A time zone. A wall-clock time is what the clock shows, as the milliseconds that `Date.UTC` returns for it.
 * So its UTC fields are the local ones, and adding a day to it changes only the date.
 */
export interface Zone {
  /** Returns the wall-clock time at an instant, in whole seconds. */
  wallTime(instant: Date): number;
  /** Returns the instants at which the clock shows that time, in order: none in a gap, two in a repeated hour. */
  instants(wallTime: number): Date[];
  /** Returns the first of these instants. Maps a time inside a DST gap forward by the length of the gap (02:30 becomes 03:30). */
  firstInstant(wallTime: number): Date;
}

/**
 * Creates a time zone of the IANA database, as the JavaScript engine knows it.
 *
 * @throws RangeError for an unknown name.
 */
export function createZone(timeZone: string): Zone {
  // Swedish dates have the form of ISO 8601.
  const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const offsets = new Map<number, number>();

  function wallTime(instantMs: number): number {
    return Date.parse(`${format.format(instantMs).replace(' ', 'T')}Z`);
  }

  /** Returns how far local time is ahead of UTC at an instant. */
  function offsetMs(instantMs: number): number {
    const known = offsets.get(instantMs);
    if (known !== undefined) return known;
    const wholeSecond = Math.floor(instantMs / 1000) * 1000;
    const offset = wallTime(wholeSecond) - wholeSecond;
    // Callers ask for the same days again and again. The cache is bounded because a worker runs for years.
    if (offsets.size > 1000) offsets.clear();
    offsets.set(instantMs, offset);
    return offset;
  }

  /** Returns the offsets a day before and a day after noon of that day. They differ if the clock changes in between. */
  function offsetsAround(wall: number): [before: number, after: number] {
    const noonMs = (Math.floor(wall / msPerDay) + 0.5) * msPerDay;
    return [offsetMs(noonMs - msPerDay), offsetMs(noonMs + msPerDay)];
  }

  function instants(wall: number): Date[] {
    const [before, after] = offsetsAround(wall);
    if (before === after) return [new Date(wall - before)];
    return [wall - Math.max(before, after), wall - Math.min(before, after)]
      .filter((instant) => instant + offsetMs(instant) === wall)
      .map((instant) => new Date(instant));
  }

  return {
    wallTime: (instant) => wallTime(instant.getTime()),
    instants,
    firstInstant: (wall) => instants(wall)[0] ?? new Date(wall - offsetsAround(wall)[0]),
  };
}
