import { msPerMinute } from '../time/duration.ts';

/** When one response of Omni was sent and when it arrived. */
export interface ResponseTimes {
  /** By our own clock. */
  arrivedAt: Date;
  /** Its `Date` header, by Omni's clock; null if it is missing or unreadable. */
  sentAt: Date | null;
  /** Its `Age` header: how long it waited in a cache; 0 if there is none. */
  ageSeconds: number;
}

/** `unchecked`: Omni sent no `Date` header. `wrong`: `reason` names both times, or the age of a cached response. */
export type ClockVerdict = { kind: 'checked' } | { kind: 'unchecked' } | { kind: 'wrong'; reason: string };

const maxDifferenceMs = 5 * msPerMinute;

/**
 * Compares our clock with Omni's. Ages, expiry dates and retention depend on our clock, so we must conclude nothing
 * while it is wrong. A cached response is rejected, because it shows neither Omni's current time nor its current
 * tokens.
 */
export function checkClock({ arrivedAt, sentAt, ageSeconds }: ResponseTimes): ClockVerdict {
  if (ageSeconds > 0) {
    return { kind: 'wrong', reason: `the response is ${ageSeconds} s old and comes from a cache (Age header)` };
  }
  if (sentAt === null) return { kind: 'unchecked' };
  if (Math.abs(arrivedAt.getTime() - sentAt.getTime()) <= maxDifferenceMs) return { kind: 'checked' };
  return {
    kind: 'wrong',
    reason: `this machine’s clock says ${arrivedAt.toISOString()}, but Omni’s response is dated ${sentAt.toISOString()}`,
  };
}
