import ky, { isHTTPError, type KyInstance } from 'ky';
import { createBoundedFetch } from '../bounded-fetch.ts';
import type { Clock } from '../clock.ts';
import type { OmniConfig } from '../config/config.ts';
import { notJson, notUtf8, type RequestContext, toOmniError } from './omni-error.ts';
import { createPacer } from './pacer.ts';

/** Asks Omni, and only ever with GET. */
export interface OmniClient {
  /** Requests sent so far, repeated ones included. */
  readonly requestCount: number;
  /**
   * The parsed JSON of one answer, not yet validated.
   *
   * @throws OmniError; the signal's reason when it is aborted.
   */
  getJson(
    path: string,
    query: Record<string, string | number>,
    context: RequestContext,
    signal: AbortSignal,
  ): Promise<unknown>;
}

export interface OmniClientOptions {
  config: Pick<OmniConfig, 'baseUrl' | 'token' | 'requestsPerMinute' | 'timeoutMs'>;
  clock: Clock;
  version: string;
  /** The wait before the first repetition; each further one is twice as long. Default 1 s. */
  firstRetryDelayMs?: number;
}

/** A page of 100 tokens is some 25 KB; names of any length still fit. */
const maxBodyBytes = 16 * 1024 * 1024;
const maxRetries = 4;
const maxRetryDelayMs = 60_000;
/** A server that asks for more is asked again earlier, and then fails the run. */
const maxRetryAfterMs = 120_000;
/** Without a Retry-After, the waits 5, 10, 20 and 40 s outlast the minute that Omni counts in. */
const throttledDelayFactor = 5;

export function createOmniClient(options: OmniClientOptions): OmniClient {
  const { config, clock, version, firstRetryDelayMs = 1000 } = options;
  const pacer = createPacer(config.requestsPerMinute, clock);
  const conceal = (words: string): string => config.token.concealIn(words);
  const backoffMs = (attempt: number): number => firstRetryDelayMs * 2 ** (attempt - 1);
  let requestCount = 0;

  async function takeTurn(signal: AbortSignal): Promise<void> {
    await pacer.turn(signal);
    requestCount += 1;
  }

  const http: KyInstance = ky.create({
    // The base URL has no trailing slash and may have a path, so a prefix and not a `baseUrl`.
    prefix: config.baseUrl,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${config.token.reveal()}`,
      'user-agent': `omni-token-audit/${version}`,
    },
    // A redirect would carry the token to wherever it points.
    redirect: 'manual',
    fetch: createBoundedFetch(maxBodyBytes),
    timeout: config.timeoutMs,
    // The deadline of the whole run comes with the signal of each request.
    totalTimeout: false,
    retry: {
      limit: maxRetries,
      methods: ['get'],
      statusCodes: [408, 429, ...Array.from({ length: 100 }, (_, index) => 500 + index)],
      afterStatusCodes: [429, 503],
      maxRetryAfter: maxRetryAfterMs,
      backoffLimit: maxRetryDelayMs,
      delay: backoffMs,
      jitter: (delay) => delay * (0.75 + Math.random() / 2),
      retryOnTimeout: true,
    },
  });

  return {
    get requestCount() {
      return requestCount;
    },
    async getJson(path, query, context, signal) {
      await takeTurn(signal);
      // As part of the path: from `searchParams`, ky would make every request twice.
      const answer = http.get(withQuery(path, query), {
        signal,
        hooks: {
          beforeRetry: [
            ({ error, retryCount }) => {
              const throttled = isHTTPError(error) && error.response.status === 429;
              if (throttled && !error.response.headers.has('retry-after')) {
                pacer.holdBack(throttledDelayFactor * backoffMs(retryCount));
              }
              return takeTurn(signal);
            },
          ],
        },
      });
      const response = await answer.catch((error: unknown) => {
        throw signal.aborted ? signal.reason : toOmniError(error, context, conceal);
      });
      const text = decode(await response.arrayBuffer(), context);
      try {
        return JSON.parse(text);
      } catch {
        throw notJson(conceal(response.headers.get('content-type') ?? ''), context);
      }
    },
  };
}

function withQuery(path: string, query: Record<string, string | number>): string {
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** `fetch` would put a sign of its own in the place of broken bytes, and a name that has one would count as renamed. */
function decode(body: ArrayBuffer, context: RequestContext): string {
  try {
    return utf8.decode(body);
  } catch {
    throw notUtf8(context);
  }
}
