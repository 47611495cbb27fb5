import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOmniSimulator } from '../../src/demo/omni-simulator.ts';
import { noAbort } from '../support/no-abort.ts';
import { apiToken, someOmniApi } from '../support/omni-api.ts';
import { simulateTime } from '../support/simulated-time.ts';
import { someTokens } from '../support/tokens.ts';

test('reads 10,000 tokens to the end while somebody else uses half of the rate limit', async (context) => {
  const { clock, passDuring } = simulateTime(context);
  const omni = await startOmniSimulator({
    organisation: { tokens: someTokens(10_000).map((token) => ({ ...token })), users: [] },
    credentials: { [apiToken]: { keyScope: 'organization', orgRole: 'ORG_ADMIN' } },
    requestsPerMinute: 60,
    now: () => clock.now().getTime(),
  });
  context.after(() => omni.close());
  omni.intercept = async ({ headers, url }) => {
    const { authorization = '' } = headers;
    if (url?.startsWith('/api/v1/api-keys'))
      await fetch(`${omni.baseUrl}/api/v1/whoami`, { headers: { authorization } });
    return false;
  };
  const api = someOmniApi(omni.baseUrl, { clock, requestsPerMinute: 60, firstRetryDelayMs: 1000 });
  let tokenCount = 0;
  await passDuring(api.walkTokens((page) => (tokenCount += page.tokens.length), noAbort));

  assert.equal(tokenCount, 10_000);
  assert.ok(omni.requests.some(({ status }) => status === 429));
  // 100 requests of ours and as many of theirs are 200, and 60 a minute are allowed.
  const minutes = clock.monotonicMs() / 60_000;
  assert.ok(minutes >= 3 && minutes <= 12, `${minutes} minutes`);
});
