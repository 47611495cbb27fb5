import type { Clock } from '../clock.ts';

/** The window in which Omni counts: its minute, and a second because requests do not arrive at the intervals at which they leave. */
const rateWindowMs = 61_000;

/** Keeps requests under the rate limit. */
export interface Pacer {
  /** Resolves when one more request may leave, and counts it. Throws the signal's reason when it is aborted. */
  wait(signal: AbortSignal): Promise<void>;
  /** Lets nothing leave for so long: somebody else is using up the same limit. */
  pause(ms: number): void;
}

/**
 * Lets at most `requestsPerMinute` requests leave in any window of a minute. A small organisation is
 * read at once; a large one takes as long as the limit makes it take.
 */
export function createPacer(requestsPerMinute: number, clock: Clock): Pacer {
  const recentMs: number[] = [];
  let pausedUntilMs = 0;

  function msToWait(): number {
    const nowMs = clock.monotonicMs();
    const oldestMs = recentMs.length < requestsPerMinute ? undefined : recentMs[0];
    return Math.max(pausedUntilMs - nowMs, oldestMs === undefined ? 0 : oldestMs + rateWindowMs - nowMs);
  }

  return {
    async wait(signal) {
      signal.throwIfAborted();
      for (let ms = msToWait(); ms > 0; ms = msToWait()) {
        await clock.sleep(ms, signal);
        signal.throwIfAborted();
      }
      recentMs.push(clock.monotonicMs());
      if (recentMs.length > requestsPerMinute) recentMs.shift();
    },
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonicMs() + ms);
    },
  };
}
