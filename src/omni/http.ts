import ky, { isHTTPError, type KyInstance } from 'ky';
import type { z } from 'zod';
import { createBoundedFetch } from '../bounded-fetch.ts';
import type { Clock } from '../clock.ts';
import type { OmniConfig } from '../config/settings.ts';
import { NotFoundError, OmniError } from '../errors.ts';
import { version } from '../version.ts';
import { addressHint, toOmniError, unexpectedShape } from './omni-errors.ts';
import { createPacer } from './pacer.ts';

/** Omni's HTTP interface: GET requests with our credential, paced and retried. */
export interface OmniHttp {
  /** Requests sent so far, retries included. */
  readonly requestCount: number;
  /**
   * Requests one answer and returns its JSON, not yet validated.
   *
   * @param path below the base URL, with its query
   * @param action what the request is for, such as `listing tokens`; error messages begin with it
   * @throws OmniError; the signal's reason when it is aborted.
   */
  getJson(path: string, action: string, signal: AbortSignal): Promise<unknown>;
}

export interface OmniHttpOptions {
  config: Pick<OmniConfig, 'baseUrl' | 'token' | 'requestsPerMinute' | 'timeoutMs'>;
  clock: Clock;
  /** The wait before the first retry; it doubles with each further retry. Default 1 s. */
  firstRetryDelayMs?: number;
}

/** A page of 100 tokens has about 25 KB. This leaves room for very long names. */
const maxBodyBytes = 16 * 1024 * 1024;
const maxRetries = 4;
const maxRetryDelayMs = 60_000;
/** If a server asks for a longer wait, we retry after this one. */
const maxRetryAfterMs = 120_000;
/** Without a Retry-After, waits of 5, 10, 20 and 40 s outlast the minute of Omni's rate limit. */
const throttledDelayFactor = 5;

export function createOmniHttp(options: OmniHttpOptions): OmniHttp {
  const { config, clock, firstRetryDelayMs = 1000 } = options;
  const pacer = createPacer(config.requestsPerMinute, clock);
  const backoffMs = (attempt: number): number => firstRetryDelayMs * 2 ** (attempt - 1);
  let requestCount = 0;

  async function waitToSend(signal: AbortSignal): Promise<void> {
    await pacer.wait(signal);
    requestCount += 1;
  }

  const http: KyInstance = ky.create({
    // Not ky's `baseUrl`, which would drop the last segment of a path in the base URL.
    prefix: config.baseUrl,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${config.token.reveal()}`,
      'user-agent': `omni-token-audit/${version}`,
    },
    // Following a redirect would send the token to another address.
    redirect: 'manual',
    fetch: createBoundedFetch(maxBodyBytes),
    timeout: config.timeoutMs,
    // The signal of each request enforces the deadline of the whole run.
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
    async getJson(path, action, signal) {
      await waitToSend(signal);
      const answer = http.get(path, {
        signal,
        hooks: {
          beforeRetry: [
            ({ error, retryCount }) => {
              const isThrottled = isHTTPError(error) && error.response.status === 429;
              if (isThrottled && !error.response.headers.has('retry-after')) {
                pacer.pause(throttledDelayFactor * backoffMs(retryCount));
              }
              return waitToSend(signal);
            },
          ],
        },
      });
      const response = await answer.catch((error: unknown) => {
        throw signal.aborted ? signal.reason : toOmniError(error, action, config.token);
      });
      const body = await response.arrayBuffer();
      try {
        return JSON.parse(utf8.decode(body));
      } catch (error) {
        const contentType = config.token.concealIn(response.headers.get('content-type') ?? '').slice(0, 80);
        const kind = contentType === '' ? 'no content type' : JSON.stringify(contentType);
        const what = error instanceof SyntaxError ? `JSON (${kind})` : 'UTF-8';
        throw new OmniError(`${action} failed: the answer is not ${what}`, { hint: addressHint });
      }
    },
  };
}

/** JSON must be UTF-8 (RFC 8259 8.1). `response.text()` replaces invalid bytes with U+FFFD, which would look like a rename. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** For `catch`: returns undefined, which is never valid JSON, for Omni's own 404. Rethrows everything else. */
export function undefinedIfNotFound(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

/**
 * Validates an answer and returns it in the expected format.
 *
 * @throws OmniError that names the first invalid field, without any value of the answer.
 */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, action: string): T {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw unexpectedShape(describeProblem(parsed.error), action);
  return parsed.data;
}

/** Returns the place and reason of the first problem, such as `record 4: createdAt: expected …`. */
function describeProblem({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return 'unknown problem';
  const [first, index, ...rest] = issue.path;
  const place =
    first === 'records' && typeof index === 'number' ? [`record ${index + 1}`, rest.join('.')] : [issue.path.join('.')];
  return [...place.filter((part) => part !== ''), issue.message].join(': ');
}
