import type { Clock } from '../clock.ts';

/** Omni's limit covers a minute. The extra second allows for requests that arrive closer together than they were sent. */
const rateWindowMs = 61_000;

/** Keeps requests under the rate limit. */
export interface Pacer {
  /** Resolves when one more request may be sent, and counts it. Throws the signal's reason when it is aborted. */
  wait(signal: AbortSignal): Promise<void>;
  /** Holds back all requests for `ms`, because another client is using up the same limit. */
  pause(ms: number): void;
}

/**
 * Allows at most `requestsPerMinute` requests in any window of a minute. They are not spread evenly, so that
 * a small organisation is read without any wait.
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
