import { isHTTPError, isNetworkError, isTimeoutError } from 'ky';
import { UnusableResponseError } from '../bounded-fetch.ts';
import type { Secret } from '../config/secret.ts';
import { CredentialRefusedError, NotFoundError, OmniError } from '../errors.ts';
import { explainNoResponse, explainStatus } from '../http-failure.ts';
import { checkClock } from '../rules/clock-check.ts';
import { printable } from '../text/visible.ts';
import { responseTimes } from './response-times.ts';

const credentialHint =
  'Set OMNI_API_TOKEN to an organization API key (Settings › API access) or to a personal token of an Organization Admin';
export const addressHint = 'Check OMNI_BASE_URL, and check that no proxy is responding in place of Omni';

/**
 * Returns an error with status and hint for whatever ky throws.
 *
 * @param action what the request is for, such as `listing tokens`
 * @param credential to remove from text that the response may have repeated
 */
export function toOmniError(error: unknown, action: string, credential: Secret, now: Date): OmniError {
  if (isHTTPError(error)) return fromStatus(error.response, action, credential, now);
  const failed = (what: string, hint: string): OmniError => new OmniError(`${action} failed: ${what}`, { hint });
  if (isTimeoutError(error)) {
    const hint = 'No action needed: the next run retries. If this persists, raise OMNI_TIMEOUT_SECONDS';
    return new OmniError(`${action} timed out`, { hint });
  }
  if (error instanceof UnusableResponseError) return failed(`the response has ${error.message}`, addressHint);
  if (isNetworkError(error)) {
    const { reason, hint } = explainNoResponse(error, 'OMNI_BASE_URL');
    return failed(`could not reach Omni (${credential.concealIn(reason)})`, hint);
  }
  return new OmniError(`${action} failed unexpectedly`, { cause: error });
}

/** @param problem which field is invalid and why, without any value of the response */
export function unexpectedShape(problem: string, action: string): OmniError {
  return new OmniError(`${action} failed: the response is not in the expected format: ${problem}`, {
    hint: 'Check for a newer version of this program, because Omni may have changed its API',
  });
}

function fromStatus({ status, headers }: Response, action: string, credential: Secret, now: Date): OmniError {
  const known = explainStatus(status);
  const failed = (detail: string, hint: string, Type = OmniError): OmniError =>
    new Type(`${action} failed with ${known.says}${detail}`, { status, hint });
  const contentType = headers.get('content-type') ?? '';
  const isWebPage = /text\/html/i.test(contentType);
  // Endpoints differ in which of these they send for a bad credential. The walk handles a 400 about a cursor.
  if ([400, 401, 403].includes(status) && !isWebPage) {
    const what = status === 400 ? 'the request or its credential' : 'the credential';
    return failed(`: Omni refused ${what}`, credentialHint, CredentialRefusedError);
  }
  const location = headers.get('location');
  if (status < 400 && location !== null) {
    const host = URL.parse(location)?.host ?? 'another path';
    const detail = `: refusing to follow a redirect to ${printable(credential.concealIn(host))}`;
    return failed(detail, 'Set OMNI_BASE_URL to the final address');
  }
  // A 404 can confirm a removal or a missing owner, so it counts only if it is clearly Omni's own.
  if (status === 404 && /json/i.test(contentType)) {
    const verdict = checkClock(responseTimes(headers, now));
    return verdict.kind === 'wrong'
      ? failed(`: ${verdict.reason}`, addressHint)
      : failed('', addressHint, NotFoundError);
  }
  if (status === 429) return failed('', 'Lower OMNI_REQUESTS_PER_MINUTE, or create a key that only this program uses');
  if (status >= 500 && status !== 511) {
    return failed('', 'No action needed: Omni returned a server error. The next run retries');
  }
  if (known.hint !== null) return failed('', known.hint);
  return failed(isWebPage ? ': the response is a web page, which Omni never sends' : '', addressHint);
}
