import { WrongClockError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { type AnswerTimes, checkClock } from '../rules/clock-check.ts';

/** The instant of a run, which is when the first page of the listing arrives. */
export interface RunInstant {
  at: Date;
  /** false: Omni sent no time, so nothing may expire or be pruned. */
  isChecked: boolean;
}

/** Compares our clock with Omni's during one run. */
export interface RunClock {
  /**
   * Checks the times of one page of a listing. Must be called for each page.
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
      // A later page can arrive while an earlier one is still being processed, so only the first is compared.
      const isChecked = requireRightClock(first === null ? times : { ...times, sentAt: null });
      if (first !== null) return;
      first = { at: times.arrivedAt, isChecked };
      if (!isChecked) log.warn('Omni sent no time (header Date), so nothing expires and nothing is pruned in this run');
    },
    instant() {
      if (first === null) throw new Error('no page of the listing has arrived yet');
      return first;
    },
  };
}

/**
 * Compares our clock with the times of an answer. Returns false if the answer has no time.
 *
 * @throws WrongClockError
 */
export function requireRightClock(times: AnswerTimes): boolean {
  const verdict = checkClock(times);
  if (verdict.kind !== 'wrong') return verdict.kind === 'checked';
  throw new WrongClockError(verdict.reason, {
    hint: 'Set the clock of this machine (NTP), and check that no proxy in between caches answers',
  });
}
