import { setTimeout as delay } from 'node:timers/promises';

/** Time as an argument: the demo and the tests bring their own. */
export interface Clock {
  now(): Date;
  /** Milliseconds that only ever grow, for measuring spans while the wall clock may be set. */
  monotonicMs(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  // Only the signal makes it reject.
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
};
