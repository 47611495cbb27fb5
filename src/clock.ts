import { setTimeout as delay } from 'node:timers/promises';

/** Time as an argument: the demo and the tests bring their own. */
export interface Clock {
  now(): Date;
  /** Milliseconds that only ever grow, for measuring spans while the wall clock may be set. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
