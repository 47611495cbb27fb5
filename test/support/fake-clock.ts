import type { Clock } from '../../src/clock.ts';

export interface FakeClock extends Clock {
  /** Moves the clock forward, or back if `ms` is negative. */
  advance(ms: number): void;
  /** The length of each sleep. */
  readonly sleeps: number[];
}

export const someMorning = new Date('2026-03-01T07:00:00.000Z');

/**
 * Creates a clock that moves only when a test advances it or something sleeps. A sleep takes no real time; with
 * `endlessSleeps`, only the abort of its signal ends it.
 */
export function createFakeClock(start: Date = someMorning, { endlessSleeps = false } = {}): FakeClock {
  let elapsedMs = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => new Date(start.getTime() + elapsedMs),
    monotonicMs: () => elapsedMs,
    advance(ms) {
      elapsedMs += ms;
    },
    sleep(ms, signal) {
      sleeps.push(ms);
      const wakeUpMs = elapsedMs + ms;
      return new Promise((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (endlessSleeps) return;
        setImmediate(() => {
          if (!signal.aborted) elapsedMs = Math.max(elapsedMs, wakeUpMs);
          resolve();
        });
      });
    },
  };
}
