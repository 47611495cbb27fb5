import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type OmniSimulator, startOmniSimulator } from '../../src/demo/omni-simulator.ts';
import { noAbort } from '../support/no-abort.ts';
import { apiToken, someOmniApi } from '../support/omni-api.ts';
import { simulateTime } from '../support/simulated-time.ts';
import { someTokens } from '../support/tokens.ts';

const perMinute = 60;

interface SimulatedWalk {
  omni: OmniSimulator;
  /** Walks over all tokens in a simulated time. */
  walk(): Promise<{ tokenCount: number; tookMs: number; throttled: number }>;
}

async function simulate(context: TestContext, tokenCount: number): Promise<SimulatedWalk> {
  const { clock, passDuring } = simulateTime(context);
  const omni = await startOmniSimulator({
    organisation: { tokens: someTokens(tokenCount).map((token) => ({ ...token })), users: [] },
    credentials: { [apiToken]: { keyScope: 'organization', orgRole: 'ORG_ADMIN' } },
    requestsPerMinute: perMinute,
    now: () => clock.now().getTime(),
  });
  context.after(() => omni.close());
  return {
    omni,
    async walk() {
      const api = someOmniApi(omni.baseUrl, { clock, requestsPerMinute: perMinute, firstRetryDelayMs: 1000 });
      let tokens = 0;
      await passDuring(api.walkTokens((page) => (tokens += page.tokens.length), noAbort));
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
