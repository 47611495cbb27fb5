import { msPerDay } from './duration.ts';

/** A local time as a wall clock shows it. Months count from 1. */
export interface LocalTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

export interface Zone {
  localDay(instant: Date): Pick<LocalTime, 'year' | 'month' | 'day'>;
  /** The instants at which the wall clock shows that time, in order: none in a gap, two in a repeated hour. */
  instants(time: LocalTime): Date[];
  /** Maps a local time inside a DST gap forward by the length of the gap (02:30 becomes 03:30). */
  afterGap(time: LocalTime): Date;
}

/**
 * A time zone of the IANA database, as the JavaScript engine knows it.
 *
 * @throws RangeError for an unknown name.
 */
export function createZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsets = new Map<number, number>();

  function local(instantMs: number): LocalTime {
    const parts = format.formatToParts(instantMs);
    const part = (type: Intl.DateTimeFormatPartTypes): number =>
      Number(parts.find((each) => each.type === type)?.value);
    return {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
      second: part('second'),
    };
  }

  /** How far local time is ahead of UTC at an instant. */
  function offsetMs(instantMs: number): number {
    const known = offsets.get(instantMs);
    if (known !== undefined) return known;
    const wholeSecond = Math.floor(instantMs / 1000) * 1000;
    const offset = asUtc(local(wholeSecond)) - wholeSecond;
    // The same days are asked for again and again. Bounded, because a worker runs for years.
    if (offsets.size > 1000) offsets.clear();
    offsets.set(instantMs, offset);
    return offset;
  }

  /** The offsets in force around a day: one, or two when the clock changes near it. */
  function candidateOffsets(time: LocalTime): number[] {
    const noonMs = Date.UTC(time.year, time.month - 1, time.day, 12);
    return [...new Set([offsetMs(noonMs - msPerDay), offsetMs(noonMs + msPerDay)])];
  }

  return {
    localDay: (instant) => {
      const { year, month, day } = local(instant.getTime());
      return { year, month, day };
    },
    instants(time) {
      const candidates = candidateOffsets(time);
      const instants = candidates.map((offset) => asUtc(time) - offset);
      const real =
        candidates.length === 1 ? instants : instants.filter((instant) => instant + offsetMs(instant) === asUtc(time));
      return real.toSorted((a, b) => a - b).map((instant) => new Date(instant));
    },
    afterGap(time) {
      const [before] = candidateOffsets(time);
      return new Date(asUtc(time) - (before ?? 0));
    },
  };
}

function asUtc({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
