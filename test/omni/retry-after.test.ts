import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '../../src/logging.ts';
import { createFakeClock, someMorning } from '../support/fake-clock.ts';
import { sendJson, startHttpServer } from '../support/http-server.ts';
import { recordLog } from '../support/log-lines.ts';
import { askForTokens, someOmniHttp } from '../support/omni-api.ts';

/** Returns when each request arrived, in seconds, at a server that answers the first ones with this status. */
async function arrivals(
  refusals: number,
  status: number,
  headers: Record<string, string>,
  log = createLogger('silent'),
) {
  const clock = createFakeClock();
  const seconds: number[] = [];
  await using server = await startHttpServer((response, count) => {
    seconds.push(clock.monotonicMs() / 1000);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    sendJson(response, {}, count <= refusals ? status : 200);
  });
  await askForTokens(someOmniHttp(server.baseUrl, { clock, log, firstRetryDelayMs: 1000 }));
  return seconds;
}

const waits = (seconds: number[]): number[] => seconds.slice(1).map((at, index) => at - (seconds[index] ?? 0));

describe('after a 429', () => {
  for (const value of ['0', '-5', 'soon', '1.5', '', 'Thu, 01 Jan 1970 00:00:00 GMT', undefined]) {
    test(`the waits are at least 5, 10, 20 and 40 s with the Retry-After ${JSON.stringify(value)}`, async () => {
      const headers: Record<string, string> = value === undefined ? {} : { 'retry-after': value };
      const waited = waits(await arrivals(4, 429, headers));
      assert.equal(waited.length, 4);
      for (const [index, least] of [5, 10, 20, 40].entries()) assert.ok((waited[index] ?? 0) >= least, `${waited}`);
    });
  }

  test('a longer Retry-After is respected, up to two minutes', async () => {
    assert.deepEqual(waits(await arrivals(1, 429, { 'retry-after': '30' })), [30]);
    assert.deepEqual(waits(await arrivals(1, 429, { 'retry-after': '86400' })), [120]);
  });
});

test('a date in Retry-After is respected after a 503 too', async () => {
  const until = new Date(someMorning.getTime() + 20_000).toUTCString();
  assert.deepEqual(waits(await arrivals(1, 503, { 'retry-after': until })), [20]);
});

test('each retry is a debug line, and a delay of more than ten seconds one line for operators', async () => {
  const { log, lines } = recordLog('debug');
  await arrivals(4, 429, {}, log);
  assert.equal(lines.filter(({ level }) => level === 'debug').length, 4);
  assert.equal(lines.filter(({ level }) => level === 'info').length, 1);
});
