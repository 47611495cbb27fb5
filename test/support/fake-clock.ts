import type { Clock } from '../../src/clock.ts';

export interface FakeClock extends Clock {
  /** Lets time pass. */
  advance(ms: number): void;
  /** How long each sleep was to be. */
  readonly sleeps: number[];
}

export const someMorning = new Date('2026-03-01T07:00:00.000Z');

/**
 * A clock that moves only when told. A sleep takes no real time and moves it; with `endlessSleeps`, a
 * sleep never ends by itself.
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
