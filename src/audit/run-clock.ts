import { WrongClockError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { checkClock, type ResponseTimes } from '../rules/clock-check.ts';

/** The instant of a run, which is when the first page of the listing arrives. */
export interface RunInstant {
  at: Date;
  /** false: Omni sent no `Date` header, so nothing may expire or be pruned. */
  isChecked: boolean;
}

/** Compares our clock with Omni's during one run. */
export interface RunClock {
  /**
   * Checks the times of one page of a listing. Must be called for each page.
   *
   * @throws WrongClockError when the first page contradicts our clock, and when any page comes from a cache.
   */
  check(times: ResponseTimes): void;
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
      if (!isChecked) log.warn('Omni sent no Date header, so nothing expires and nothing is pruned in this run');
    },
    instant() {
      if (first === null) throw new Error('no page of the listing has arrived yet');
      return first;
    },
  };
}

/**
 * Compares our clock with the times of a response. Returns false if the response has no `Date` header.
 *
 * @throws WrongClockError
 */
export function requireRightClock(times: ResponseTimes): boolean {
  const verdict = checkClock(times);
  if (verdict.kind !== 'wrong') return verdict.kind === 'checked';
  throw new WrongClockError(verdict.reason, {
    hint: 'Synchronise this machine’s clock (NTP), and check that no proxy caches Omni’s responses',
  });
}
