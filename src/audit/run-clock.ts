import { WrongClockError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { type AnswerTimes, checkClock } from '../rules/clock-check.ts';

/** The one instant of a run, taken when the first page of the listing arrives. */
export interface RunInstant {
  at: Date;
  /** false: Omni named no time, so nothing may expire or be pruned. */
  isChecked: boolean;
}

/** Compares our clock with Omni's during one run. */
export interface RunClock {
  /**
   * Takes the times of each page of a listing.
   *
   * @throws WrongClockError when the first page contradicts our clock, and when any page comes from a cache.
   */
  check(times: AnswerTimes): void;
  /** Throws before the first page. */
  instant(): RunInstant;
}

export function createRunClock(log: Logger): RunClock {
  let first: RunInstant | null = null;
  return {
    check(times) {
      // The answers of a long listing may wait for each other: only the first is compared.
      const isChecked = requireRightClock(first === null ? times : { ...times, sentAt: null });
      if (first !== null) return;
      first = { at: times.arrivedAt, isChecked };
      if (!isChecked) log.warn('Omni named no time (header Date): nothing expires and nothing is pruned in this run');
    },
    instant() {
      if (first === null) throw new Error('no page of the listing has arrived yet');
      return first;
    },
  };
}

/**
 * Returns whether Omni named a time to compare ours with.
 *
 * @throws WrongClockError
 */
export function requireRightClock(times: AnswerTimes): boolean {
  const verdict = checkClock(times);
  if (verdict.kind !== 'wrong') return verdict.kind === 'checked';
  throw new WrongClockError(verdict.reason, {
    hint: 'Nothing was concluded. Set the clock of this machine (NTP), and check that no proxy in between caches answers',
  });
}
