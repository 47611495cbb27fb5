import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type OmniSimulator, startOmniSimulator } from '../../src/demo/omni-simulator.ts';
import { walkTokens } from '../../src/omni/token-listing.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { noAbort } from '../support/no-abort.ts';
import { apiToken, someOmniClient } from '../support/omni-client.ts';
import { someTokens } from '../support/tokens.ts';

const perMinute = 60;
/** Turns of the event loop without a request on its way, after which everybody waits for time to pass. */
const idleTurns = 100;
const stepMs = 250;

interface SimulatedWalk {
  omni: OmniSimulator;
  clock: FakeClock;
  /** Walks over all tokens, while time passes only when nobody has anything else to do. */
  walk(): Promise<{ tokenCount: number; tookMs: number; throttled: number }>;
}

async function simulate(context: TestContext, tokenCount: number): Promise<SimulatedWalk> {
  const clock = createFakeClock(undefined, { sleepless: true });
  const wakeUps: { atMs: number; wake(): void }[] = [];
  const omni = await startOmniSimulator({
    organisation: { tokens: someTokens(tokenCount).map((token) => ({ ...token })), users: [] },
    credentials: { [apiToken]: { keyScope: 'organization', orgRole: 'ORG_ADMIN' } },
    requestsPerMinute: perMinute,
    now: () => clock.now().getTime(),
  });
  context.after(() => omni.close());

  // What waits by a timer, such as ky before it repeats a request, waits for the same time.
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const pass = (ms: number): void => {
    clock.advance(ms);
    context.mock.timers.tick(ms);
    for (const sleeper of wakeUps.splice(0)) {
      if (sleeper.atMs <= clock.monotonicMs()) sleeper.wake();
      else wakeUps.push(sleeper);
    }
  };
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

  async function passTimeUntil(isOver: () => boolean): Promise<void> {
    for (let idle = 0; !isOver(); ) {
      await new Promise((resolve) => setImmediate(resolve));
      idle = onTheirWay > 0 ? 0 : idle + 1;
      if (idle % idleTurns === idleTurns - 1) pass(stepMs);
    }
  }

  return {
    omni,
    clock,
    async walk() {
      const client = someOmniClient(omni.baseUrl, { clock, requestsPerMinute: perMinute, firstRetryDelayMs: 1000 });
      let tokens = 0;
      let isOver = false;
      const walk = walkTokens(client, (page) => (tokens += page.length), noAbort).finally(() => (isOver = true));
      await Promise.all([walk, passTimeUntil(() => isOver)]);
      const throttled = omni.requests.filter(({ status }) => status === 429).length;
      return { tokenCount: tokens, tookMs: clock.monotonicMs(), throttled };
    },
  };
}

describe('10,000 tokens at 60 requests a minute', () => {
  test('are read in the time that 100 requests must take, and no 429 is provoked', async (context) => {
    const { walk, omni } = await simulate(context, 10_000);
    const { tokenCount, tookMs, throttled } = await walk();
    assert.deepEqual([tokenCount, throttled, omni.requests.length], [10_000, 0, 100]);
    // The first 60 at once, the others when the minute of the first is over.
    assert.ok(tookMs >= 60_000 && tookMs <= 63_000, `${tookMs} ms`);
  });

  test('are read to the end while somebody else uses up half of the limit', async (context) => {
    const { walk, omni } = await simulate(context, 10_000);
    const realFetch = fetch;
    omni.intercept = async ({ headers, url }) => {
      const isOurs = url?.startsWith('/api/v1/api-keys') ?? false;
      if (isOurs)
        await realFetch(`${omni.baseUrl}/api/v1/whoami`, { headers: { authorization: headers.authorization ?? '' } });
      return false;
    };
    const { tokenCount, tookMs, throttled } = await walk();
    assert.equal(tokenCount, 10_000);
    assert.ok(throttled > 0);
    // 100 of ours and as many of theirs are 200, of which 60 go through a minute.
    assert.ok(tookMs >= 3 * 60_000 && tookMs <= 12 * 60_000, `${tookMs} ms`);
  });
});
