import type { Clock } from '../clock.ts';
import { rateWindowMs } from '../rules/rate-limit.ts';

export interface Pacer {
  /** Resolves when one more request keeps under the limit; rejects when the signal is aborted. */
  turn(signal: AbortSignal): Promise<void>;
  /** Holds back the next turn: somebody else is using up the same limit. */
  holdBack(ms: number): void;
}

/**
 * Keeps every window of a minute at `requestsPerMinute` or fewer. A small organisation is read in
 * one go; a large one takes what the limit makes it take.
 */
export function createPacer(requestsPerMinute: number, clock: Clock): Pacer {
  const recent: number[] = [];
  let heldBackUntilMs = 0;

  function waitMs(nowMs: number): number {
    const oldest = recent.length < requestsPerMinute ? undefined : recent[0];
    return Math.max(heldBackUntilMs - nowMs, oldest === undefined ? 0 : oldest + rateWindowMs - nowMs);
  }

  return {
    async turn(signal) {
      signal.throwIfAborted();
      for (let wait = waitMs(clock.monotonicMs()); wait > 0; wait = waitMs(clock.monotonicMs())) {
        await clock.sleep(wait, signal);
      }
      recent.push(clock.monotonicMs());
      if (recent.length > requestsPerMinute) recent.shift();
    },
    holdBack(ms) {
      heldBackUntilMs = Math.max(heldBackUntilMs, clock.monotonicMs() + ms);
    },
  };
}
