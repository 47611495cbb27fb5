import { isHTTPError, isNetworkError, isTimeoutError } from 'ky';
import { OversizedBodyError, rootMessage } from '../bounded-fetch.ts';
import { CredentialRefusedError, NotFoundError, OmniError } from '../errors.ts';

/** What a request is for, as an error names it. */
export interface RequestContext {
  /** Such as `listing tokens`. */
  action: string;
  /** Page of the walk, counted from 1. */
  page?: number;
}

const credentialHint =
  'OMNI_API_TOKEN must be an organization API key, or a personal token of an Organization Admin; create one in Omni under Settings > API access';
const addressHint = 'Check OMNI_BASE_URL, and whether a proxy answers in Omni’s place';

/**
 * What the HTTP library throws, as an error with status, page and hint.
 *
 * @param conceal takes the credential out of text that an answer may have repeated
 */
export function toOmniError(error: unknown, context: RequestContext, conceal: (text: string) => string): OmniError {
  if (isHTTPError(error)) return fromStatus(error.response, context, conceal);
  if (isTimeoutError(error)) {
    return fail('got no answer in time', context, {
      hint: 'Omni or the network is slow: raise OMNI_TIMEOUT_SECONDS, or wait for the next run',
    });
  }
  if (error instanceof OversizedBodyError) {
    return fail(`got an answer of ${error.message}`, context, { hint: addressHint });
  }
  if (isNetworkError(error)) {
    return fail(`could not reach Omni (${conceal(rootMessage(error))})`, context, {
      hint: 'Check OMNI_BASE_URL, DNS, firewall and proxy; a private certificate authority goes into NODE_EXTRA_CA_CERTS',
    });
  }
  return fail('failed unexpectedly', context, { cause: error });
}

/** @param contentType empty where the answer has none */
export function notJson(contentType: string, context: RequestContext): OmniError {
  const kind = contentType === '' ? 'no content type' : JSON.stringify(contentType.slice(0, 80));
  return fail(`got an answer that is not JSON (${kind})`, context, { hint: addressHint });
}

/** JSON between systems must be UTF-8 (RFC 8259 8.1). */
export function notUtf8(context: RequestContext): OmniError {
  return fail('got an answer that is not UTF-8', context, { hint: addressHint });
}

/** @param problem which field is wrong and how; no value of the answer */
export function unexpectedShape(problem: string, context: RequestContext): OmniError {
  return fail(`got an answer that breaks Omni’s format: ${problem}`, context, {
    hint: 'If this persists, Omni has changed its API: look for a newer version of this program',
  });
}

function fromStatus(response: Response, context: RequestContext, conceal: (text: string) => string): OmniError {
  const { status } = response;
  const answered = `was answered with ${status}`;
  const contentType = response.headers.get('content-type') ?? '';
  const isWebPage = /text\/html/i.test(contentType);
  // Which of these three a bad credential gets differs by endpoint. A 400 may also be about a cursor, as the walk knows.
  if ((status === 400 || status === 401 || status === 403) && !isWebPage) {
    const what = status === 400 ? 'the request or its credential' : 'the credential';
    const options = { status, hint: credentialHint };
    return fail(`${answered}: Omni refused ${what}`, context, options, CredentialRefusedError);
  }
  if (status === 429) {
    return fail(`${answered}: too many requests`, context, {
      status,
      hint: 'Others use the same key, or its limit is lower: lower OMNI_REQUESTS_PER_MINUTE or use a key of its own',
    });
  }
  if (status >= 300 && status < 400) {
    const host = conceal(redirectHost(response));
    return fail(`${answered}: a redirect to ${host}, which is not followed`, context, {
      status,
      hint: 'Set OMNI_BASE_URL to the final address',
    });
  }
  // A removal or a missing owner may rest on this 404, so only one that is surely Omni's own counts.
  if (status === 404 && /json/i.test(contentType)) {
    return fail(answered, context, { status, hint: addressHint }, NotFoundError);
  }
  if (status >= 500) {
    const hint = 'No action needed: Omni returned a server error. The next run retries';
    return fail(answered, context, { status, hint });
  }
  const what = isWebPage ? `${answered} and a web page, which Omni never sends` : answered;
  return fail(what, context, { status, hint: addressHint });
}

function redirectHost(response: Response): string {
  const location = response.headers.get('location') ?? '';
  return URL.canParse(location) ? new URL(location).host : 'another path';
}

function fail(
  what: string,
  { action, page }: RequestContext,
  options: { status?: number; hint?: string; cause?: unknown },
  Type: typeof OmniError = OmniError,
): OmniError {
  if (page === undefined) return new Type(`${action} ${what}`, options);
  return new Type(`${action}, page ${page}, ${what}`, { ...options, page });
}
