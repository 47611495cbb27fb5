import type { Clock } from '../clock.ts';

export interface Wake {
  /** Ends the current sleep, or the next one as soon as it begins. */
  now(): void;
  /** Resolves after `ms`, when woken, or when the signal is aborted. Never rejects. */
  sleep(ms: number): Promise<void>;
}

/** Creates a sleep that others can end. */
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
