import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { systemClock } from '../../src/clock.ts';
import { OmniError } from '../../src/errors.ts';
import { createOmniClient, type OmniClient, type OmniClientOptions } from '../../src/omni/client.ts';
import { Secret } from '../../src/secret.ts';
import { noAbort } from './no-abort.ts';

export const apiToken = 'omni_osk_NEVER-TO-BE-SEEN';

type Changes = Partial<OmniClientOptions['config']> & Partial<Omit<OmniClientOptions, 'config'>>;

/** The real client, that waits a millisecond where the product waits a second. */
export function someOmniClient(baseUrl: string, changes: Changes = {}): OmniClient {
  const { clock = systemClock, version = '9.8.7', firstRetryDelayMs = 1, ...config } = changes;
  return createOmniClient({
    config: { baseUrl, token: new Secret(apiToken), requestsPerMinute: 6000, timeoutMs: 10_000, ...config },
    clock,
    version,
    firstRetryDelayMs,
  });
}

/** What the questions of `askForTokens` are about, for their errors. */
const listing = { action: 'listing tokens', page: 7 };

/** One question, with what a URL has to escape. */
export function askForTokens(client: OmniClient, signal: AbortSignal = noAbort): Promise<unknown> {
  return client.getJson('api/v1/api-keys', { pageSize: 100, cursor: 'a b&c' }, listing, signal);
}

/** The error of such a question. */
export async function refusalOf(client: OmniClient): Promise<OmniError> {
  try {
    await askForTokens(client);
  } catch (error) {
    assert.ok(error instanceof OmniError, inspect(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the request succeeded' });
}
