import type { TestContext } from 'node:test';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

/** Turns of the event loop without a request on its way, after which everybody waits for time to pass. */
const idleTurns = 100;
const stepMs = 250;

export interface SimulatedTime {
  clock: FakeClock;
  /** Answers what the work comes to, while time passes only when nobody has anything else to do. */
  passDuring<T>(work: Promise<T>): Promise<T>;
}

/**
 * One time for the clock, for timers such as that of ky before it repeats a request, and for `Date`,
 * with real requests in it, for as long as the test lasts.
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
  let onTheirWay = 0;
  context.mock.method(globalThis, 'fetch', async (...request: Parameters<typeof fetch>) => {
    onTheirWay += 1;
    try {
      return await realFetch(...request);
    } finally {
      onTheirWay -= 1;
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
      let isOver = false;
      const end = (): void => {
        isOver = true;
      };
      work.then(end, end);
      for (let idle = 0; !isOver; ) {
        await new Promise((resolve) => setImmediate(resolve));
        idle = onTheirWay > 0 ? 0 : idle + 1;
        if (idle % idleTurns === idleTurns - 1) pass(stepMs);
      }
      return await work;
    },
  };
}
