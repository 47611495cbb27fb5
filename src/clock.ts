import { setTimeout as delay } from 'node:timers/promises';

/** The source of time. It is passed as an argument, so that the demo and the tests can replace it. */
export interface Clock {
  now(): Date;
  /** Milliseconds that never decrease, for measuring durations even when the wall clock is changed. */
  monotonicMs(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  // It rejects only when the signal is aborted.
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
};
