import ky, { isHTTPError, type KyInstance } from 'ky';
import { z } from 'zod';
import { createBoundedFetch } from '../bounded-fetch.ts';
import type { Clock } from '../clock.ts';
import type { OmniConfig } from '../config/settings.ts';
import { NotFoundError, OmniError } from '../errors.ts';
import { proxyStatus } from '../http-failure.ts';
import type { Logger } from '../logging.ts';
import { checkClock, type ResponseTimes } from '../rules/clock-check.ts';
import { printable } from '../text/visible.ts';
import { version } from '../version.ts';
import { addressHint, toOmniError, unexpectedShape } from './omni-errors.ts';
import { omniId } from './omni-fields.ts';
import { createPacer } from './pacer.ts';
import { responseTimes } from './response-times.ts';

/** Omni's HTTP interface: GET requests with our credential, paced and retried. */
export interface OmniHttp {
  /** Requests sent so far, retries included. */
  readonly requestCount: number;
  /** Why a request had to be repeated most recently; null if none had to be. */
  readonly lastProblem: string | null;
  /**
   * Sends one request and returns the response.
   *
   * @param path below the base URL, with its query
   * @param action what the request is for, such as `listing tokens`; error messages begin with it
   * @throws OmniError; the signal's reason when it is aborted.
   */
  get(path: string, action: string, signal: AbortSignal): Promise<OmniResponse>;
}

export interface OmniResponse {
  /** Not yet validated. */
  json: unknown;
  times: ResponseTimes;
}

export interface OmniHttpOptions {
  config: Pick<OmniConfig, 'baseUrl' | 'token' | 'requestsPerMinute' | 'timeoutMs'>;
  clock: Clock;
  log: Logger;
  /** The wait before the first retry; it doubles with each further retry. Default 1 s. */
  firstRetryDelayMs?: number;
}

/** A page of 100 tokens is about 25 KB. This leaves room for very long names. */
const maxBodyBytes = 16 * 1024 * 1024;
const maxRetries = 4;
/** If a server asks for a longer wait, we wait only this long. */
const maxRetryAfterMs = 120_000;
/** After a 429 we wait at least 5, 10, 20 and 40 s, which together outlast Omni's one-minute rate-limit window. */
const throttledDelayFactor = 5;
/** Above this total delay we log a line, because an operator may wonder why an audit takes so long. */
const noticeableDelayMs = 10_000;

export function createOmniHttp(options: OmniHttpOptions): OmniHttp {
  const { config, clock, log, firstRetryDelayMs = 1000 } = options;
  const pacer = createPacer(config.requestsPerMinute, clock);
  let requestCount = 0;
  let lastProblem: string | null = null;
  let delayedMs = 0;

  async function waitToSend(signal: AbortSignal): Promise<void> {
    await pacer.wait(signal);
    requestCount += 1;
  }

  /** Returns how long to wait before a retry: never less than our own backoff, whatever the response asks for. */
  function retryDelayMs(error: Error, retry: number): number {
    const backoffMs = firstRetryDelayMs * 2 ** (retry - 1);
    const response = isHTTPError(error) ? error.response : null;
    const ownMs =
      response?.status === 429
        ? throttledDelayFactor * backoffMs * (1 + Math.random() / 4)
        : backoffMs * (0.75 + Math.random() / 2);
    const askedMs = parseRetryAfter(response?.headers.get('retry-after') ?? '', clock.now()) ?? 0;
    return Math.max(ownMs, Math.min(askedMs, maxRetryAfterMs));
  }

  function logRetry(action: string, error: Error, retry: number, delayMs: number): void {
    const status = isHTTPError(error) ? error.response.status : null;
    log.debug({ action, status, retry, delayMs }, 'retrying a request to Omni');
    const wasNoticeable = delayedMs > noticeableDelayMs;
    delayedMs += delayMs;
    if (wasNoticeable || delayedMs <= noticeableDelayMs) return;
    log.info(
      { action, status, delayMs: delayedMs },
      'Omni is failing or rate-limiting requests; retries are slowing this audit down',
    );
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
      // The hook below waits instead, because ky would retry immediately after a Retry-After of 0.
      afterStatusCodes: [],
      delay: () => 0,
      retryOnTimeout: true,
      // A proxy whose login is wrong may lock the account after a few attempts.
      shouldRetry: ({ error }) => (proxyStatus(error) === 407 ? false : undefined),
    },
  });

  async function get(path: string, action: string, signal: AbortSignal): Promise<OmniResponse> {
    await waitToSend(signal);
    const request = http.get(path, {
      signal,
      hooks: {
        beforeRetry: [
          async ({ error, retryCount }) => {
            const delayMs = Math.round(retryDelayMs(error, retryCount));
            logRetry(action, error, retryCount, delayMs);
            lastProblem = toOmniError(error, action, config.token, clock.now()).message;
            // Pause all requests, not just this one: the request for the next page may already be queued.
            pacer.pause(delayMs);
            await waitToSend(signal);
          },
        ],
      },
    });
    const response = await request.catch((error: unknown) => {
      throw signal.aborted ? signal.reason : toOmniError(error, action, config.token, clock.now());
    });
    const times = responseTimes(response.headers, clock.now());
    const body = await response.arrayBuffer();
    try {
      const text = utf8.decode(body);
      const credential = config.token.reveal();
      // A name could repeat our own credential.
      return { json: JSON.parse(text.includes(credential) ? config.token.concealIn(text) : text), times };
    } catch (error) {
      const contentType = printable(config.token.concealIn(response.headers.get('content-type') ?? ''), 80);
      const kind = contentType === '' ? 'no content type' : JSON.stringify(contentType);
      const what = error instanceof SyntaxError ? `JSON (${kind})` : 'UTF-8';
      throw new OmniError(`${action} failed: the response is not ${what}`, { hint: addressHint });
    }
  }

  return {
    get requestCount() {
      return requestCount;
    },
    get lastProblem() {
      return lastProblem;
    },
    get,
  };
}

/** Converts a Retry-After, which is seconds or an HTTP date (RFC 9110 10.2.3), to milliseconds from now; null if it is neither. */
function parseRetryAfter(value: string, now: Date): number | null {
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const at = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at - now.getTime();
}

/**
 * Returns the JSON of a response that may not come from a cache. The walk checks its pages itself.
 *
 * @throws OmniError when the response is of another time.
 */
export function freshJson({ json, times }: OmniResponse, action: string): unknown {
  const verdict = checkClock(times);
  if (verdict.kind !== 'wrong') return json;
  throw new OmniError(`${action} failed: ${verdict.reason}`, { hint: addressHint });
}

/** JSON must be UTF-8 (RFC 8259 8.1). `response.text()` replaces invalid bytes with U+FFFD, which would look like a rename. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Returns an id as one segment of a path.
 *
 * @throws OmniError with status 400, as if Omni refused the id, when no spelling of it keeps its place in a URL: `..` is
 *   resolved even when it is escaped, and half of a surrogate pair cannot be encoded.
 */
export function pathSegment(id: string, action: string): string {
  if (id.isWellFormed() && !/^\.*$/.test(id)) return encodeURIComponent(id);
  throw new OmniError(`${action} failed: the id ${JSON.stringify(id)} cannot be part of a URL`, { status: 400 });
}

/** A handler for `catch`. Returns undefined for Omni's own 404 (never a valid JSON value), and rethrows everything else. */
export function undefinedIfNotFound(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

/**
 * Validates a response and returns it in the expected format.
 *
 * @throws OmniError that names the first invalid field and the id of its record, but no other value.
 */
export function parseResponse<T>(schema: z.ZodType<T>, response: unknown, action: string): T {
  const parsed = schema.safeParse(response);
  if (!parsed.success) throw unexpectedShape(describeProblem(parsed.error, response), action);
  return parsed.data;
}

/** Describes the first problem and where it is, such as `record 4 (id 0f8…): createdAt: expected …`. */
function describeProblem({ issues: [issue] }: z.ZodError, response: unknown): string {
  if (issue === undefined) return 'unknown problem';
  const [list, index, ...rest] = issue.path;
  const isInList = typeof list === 'string' && typeof index === 'number';
  const place = isInList
    ? [`record ${index + 1}${idOf(response, list, index)}`, rest.join('.')]
    : [issue.path.join('.')];
  return [...place.filter((part) => part !== ''), issue.message].join(': ');
}

/** Returns the id of a record, in brackets; empty if it cannot be read. */
function idOf(response: unknown, list: string, index: number): string {
  const parsed = z.looseObject({ [list]: z.array(z.unknown()) }).safeParse(response);
  const records: unknown = parsed.data?.[list];
  const record = Array.isArray(records) ? z.object({ id: omniId }).safeParse(records[index]).data : undefined;
  return record === undefined ? '' : ` (id ${record.id})`;
}
