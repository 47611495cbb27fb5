import { systemClock } from '../../src/clock.ts';
import { createOmniClient, type OmniClient, type OmniClientOptions } from '../../src/omni/client.ts';
import { Secret } from '../../src/secret.ts';

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
