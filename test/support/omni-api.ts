import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { systemClock } from '../../src/clock.ts';
import { Secret } from '../../src/config/secret.ts';
import { OmniError } from '../../src/errors.ts';
import { createLogger } from '../../src/logging.ts';
import type { OmniApi } from '../../src/omni/api.ts';
import { createOmniApi } from '../../src/omni/create-omni-api.ts';
import { createOmniHttp, type OmniHttp, type OmniHttpOptions } from '../../src/omni/http.ts';
import { noAbort } from './no-abort.ts';

export const apiToken = 'omni_osk_NEVER-TO-BE-SEEN';

type Changes = Partial<OmniHttpOptions['config']> & Partial<Omit<OmniHttpOptions, 'config'>>;

/** Returns the real API. Its first retry waits a millisecond instead of a second. */
export function someOmniApi(baseUrl: string, changes: Changes = {}): OmniApi {
  return createOmniApi(someOmniHttp(baseUrl, changes));
}

/** Returns the HTTP layer below that API. */
export function someOmniHttp(baseUrl: string, changes: Changes = {}): OmniHttp {
  const { clock = systemClock, log = createLogger('silent'), firstRetryDelayMs = 1, ...config } = changes;
  return createOmniHttp({
    config: { baseUrl, token: new Secret(apiToken), requestsPerMinute: 6000, timeoutMs: 10_000, ...config },
    clock,
    log,
    firstRetryDelayMs,
  });
}

/** What `askForTokens` says that it is doing. Errors begin with it. */
const listing = 'listing tokens, page 7,';

/** Sends one request. Its query has escaped characters. */
export async function askForTokens(http: OmniHttp, signal: AbortSignal = noAbort): Promise<unknown> {
  return (await http.get('api/v1/api-keys?pageSize=100&cursor=a+b%26c', listing, signal)).json;
}

/** Sends the same request, which must fail, and returns its error. */
export async function errorOf(http: OmniHttp): Promise<OmniError> {
  try {
    await askForTokens(http);
  } catch (error) {
    assert.ok(error instanceof OmniError, inspect(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the request succeeded' });
}
