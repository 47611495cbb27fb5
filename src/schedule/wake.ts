import type { Clock } from '../clock.ts';

export interface Wake {
  /** Ends the sleep that is under way, or the next one at once. */
  now(): void;
  /** Resolves after `ms`, when woken, or when the signal is aborted; it never rejects. */
  sleep(ms: number): Promise<void>;
}

/** A sleep that others can end. */
export function createWake(clock: Clock, signal: AbortSignal): Wake {
  let alarm = new AbortController();
  return {
    now: () => alarm.abort(),
    async sleep(ms) {
      try {
        await clock.sleep(Math.max(0, ms), AbortSignal.any([signal, alarm.signal]));
      } catch (error) {
        if (!signal.aborted && !alarm.signal.aborted) throw error;
      }
      if (alarm.signal.aborted) alarm = new AbortController();
    },
  };
}
