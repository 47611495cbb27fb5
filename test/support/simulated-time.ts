import type { TestContext } from 'node:test';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

/** After this many iterations of the event loop without a pending request, everything must be waiting for time to pass. */
const idleIterationsPerStep = 100;
const stepMs = 250;

export interface SimulatedTime {
  clock: FakeClock;
  /** Returns the result of the work. Time passes only when nothing else can happen. */
  passDuring<T>(work: Promise<T>): Promise<T>;
}

/**
 * Simulates time for one test. The clock, `Date` and timers (such as the one of ky before a retry) share it.
 * Requests are real.
 */
export function simulateTime(context: TestContext): SimulatedTime {
  const clock = createFakeClock();
  const wakeUps: { atMs: number; wake(): void }[] = [];
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: clock.now() });
  clock.sleep = (ms) =>
    new Promise((wake) => {
      wakeUps.push({ atMs: clock.monotonicMs() + ms, wake });
    });
  const realFetch = globalThis.fetch;
  let pendingCount = 0;
  context.mock.method(globalThis, 'fetch', async (...request: Parameters<typeof fetch>) => {
    pendingCount += 1;
    try {
      return await realFetch(...request);
    } finally {
      pendingCount -= 1;
    }
  });

  function pass(ms: number): void {
    clock.advance(ms);
    context.mock.timers.tick(ms);
    for (const sleeper of wakeUps.splice(0)) {
      if (sleeper.atMs <= clock.monotonicMs()) sleeper.wake();
      else wakeUps.push(sleeper);
    }
  }

  return {
    clock,
    async passDuring(work) {
      let hasEnded = false;
      const end = (): void => {
        hasEnded = true;
      };
      work.then(end, end);
      for (let idle = 0; !hasEnded; ) {
        await new Promise((resolve) => setImmediate(resolve));
        idle = pendingCount > 0 ? 0 : idle + 1;
        if (idle % idleIterationsPerStep === idleIterationsPerStep - 1) pass(stepMs);
      }
      return await work;
    },
  };
}
