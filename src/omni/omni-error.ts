import { isHTTPError, isNetworkError, isTimeoutError } from 'ky';
import { OversizedBodyError, rootMessage } from '../bounded-fetch.ts';
import { CredentialRefusedError, NotFoundError, OmniError } from '../errors.ts';

/** What was being done, for the message of an error. */
export interface RequestContext {
  /** Such as `listing tokens`. */
  action: string;
  /** Page of the listing, counted from 1. */
  page?: number;
}

const credentialHint =
  'OMNI_API_TOKEN must be an organization API key, or a personal token of an Organization Admin; make one in Omni under Settings > API access';
const addressHint = 'Check OMNI_BASE_URL, and whether a proxy answers in Omni’s place';

/**
 * Turns what the HTTP library throws into an error with status, page, cause and hint. `conceal`
 * takes the credential out of whatever is repeated of an answer.
 */
export function toOmniError(error: unknown, context: RequestContext, conceal: (words: string) => string): OmniError {
  if (isHTTPError(error)) return fromStatus(error.response, context, conceal);
  if (isTimeoutError(error)) {
    return fail('got no answer in time', context, {
      hint: 'Omni or the network is slow: raise OMNI_TIMEOUT_SECONDS, or wait for the next audit',
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

/** `contentType`: empty where there is none. */
export function notJson(contentType: string, context: RequestContext): OmniError {
  const kind = contentType === '' ? 'no content type' : JSON.stringify(contentType.slice(0, 80));
  return fail(`got an answer that is not JSON (${kind})`, context, { hint: addressHint });
}

/** JSON between systems is UTF-8 and nothing else (RFC 8259 8.1). */
export function notUtf8(context: RequestContext): OmniError {
  return fail('got an answer that is not UTF-8', context, { hint: addressHint });
}

/** `problem` names the place and what is wrong with it, never the whole body. */
export function unexpectedShape(problem: string, context: RequestContext): OmniError {
  return fail(`got an answer that breaks Omni’s format: ${problem}`, context, {
    hint: 'If this stays, Omni has changed its API: look for a newer version of this program',
  });
}

function fromStatus(response: Response, context: RequestContext, conceal: (words: string) => string): OmniError {
  const { status } = response;
  const answered = `was answered with ${status}`;
  // Which of the three a bad token gives differs by endpoint; a 400 may also mean a cursor, which the caller knows.
  const isOmni = !/text\/html/i.test(response.headers.get('content-type') ?? '');
  if ((status === 400 || status === 401 || status === 403) && isOmni) {
    const what = status === 400 ? 'the request or its credential' : 'the credential';
    return new CredentialRefusedError(describe(`${answered}: Omni refused ${what}`, context), {
      ...pageOf(context),
      status,
      hint: credentialHint,
    });
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
  // A removal or an orphan may rest on it: only what is surely Omni's own counts.
  if (status === 404 && /json/i.test(response.headers.get('content-type') ?? '')) {
    return new NotFoundError(describe(answered, context), { ...pageOf(context), status, hint: addressHint });
  }
  if (status >= 500) return fail(answered, context, { status, hint: 'Omni is failing; the next audit tries again' });
  return fail(isOmni ? answered : `${answered} and a web page, which Omni never sends`, context, {
    status,
    hint: addressHint,
  });
}

function redirectHost(response: Response): string {
  const location = response.headers.get('location') ?? '';
  return URL.canParse(location) ? new URL(location).host : 'another path';
}

function fail(
  what: string,
  context: RequestContext,
  options: { status?: number; hint?: string; cause?: unknown },
): OmniError {
  return new OmniError(describe(what, context), { ...options, ...pageOf(context) });
}

function describe(what: string, { action, page }: RequestContext): string {
  return page === undefined ? `${action} ${what}` : `${action}, page ${page}, ${what}`;
}

function pageOf({ page }: RequestContext): { page?: number } {
  return page === undefined ? {} : { page };
}
