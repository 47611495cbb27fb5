import { isHTTPError, isNetworkError, isTimeoutError } from 'ky';
import { OversizedBodyError, rootMessage } from '../bounded-fetch.ts';
import type { Secret } from '../config/secret.ts';
import { CredentialRefusedError, NotFoundError, OmniError } from '../errors.ts';

const credentialHint =
  'OMNI_API_TOKEN must be an organization API key, or a personal token of an Organization Admin; create one in Omni under Settings > API access';
export const addressHint = 'Check OMNI_BASE_URL, and whether a proxy answers in Omni’s place';

/**
 * What the HTTP library throws, as an error with status and hint.
 *
 * @param action what the request is for, such as `listing tokens`
 * @param credential is taken out of text that an answer may have repeated
 */
export function toOmniError(error: unknown, action: string, credential: Secret): OmniError {
  if (isHTTPError(error)) return fromStatus(error.response, action, credential);
  const failed = (what: string, hint: string): OmniError => new OmniError(`${action} ${what}`, { hint });
  if (isTimeoutError(error)) {
    return failed(
      'got no answer in time',
      'Omni or the network is slow: raise OMNI_TIMEOUT_SECONDS, or wait for the next run',
    );
  }
  if (error instanceof OversizedBodyError) return failed(`got an answer of ${error.message}`, addressHint);
  if (isNetworkError(error)) {
    return failed(
      `could not reach Omni (${credential.concealIn(rootMessage(error))})`,
      'Check OMNI_BASE_URL, DNS, firewall and proxy; a private certificate authority goes into NODE_EXTRA_CA_CERTS',
    );
  }
  return new OmniError(`${action} failed unexpectedly`, { cause: error });
}

/** @param problem which field is wrong and how; no value of the answer */
export function unexpectedShape(problem: string, action: string): OmniError {
  return new OmniError(`${action} got an answer that breaks Omni’s format: ${problem}`, {
    hint: 'If this persists, Omni has changed its API: look for a newer version of this program',
  });
}

function fromStatus({ status, headers }: Response, action: string, credential: Secret): OmniError {
  const answered = (detail: string, hint: string, Type = OmniError): OmniError =>
    new Type(`${action} was answered with ${status}${detail}`, { status, hint });
  const contentType = headers.get('content-type') ?? '';
  const isWebPage = /text\/html/i.test(contentType);
  // Which of these three a bad credential gets differs by endpoint. A 400 may also be about a cursor, as the walk knows.
  if ([400, 401, 403].includes(status) && !isWebPage) {
    const what = status === 400 ? 'the request or its credential' : 'the credential';
    return answered(`: Omni refused ${what}`, credentialHint, CredentialRefusedError);
  }
  if (status === 429) {
    const hint =
      'Others use the same key, or its limit is lower: lower OMNI_REQUESTS_PER_MINUTE or use a key of its own';
    return answered(': too many requests', hint);
  }
  if (status >= 300 && status < 400) {
    const host = URL.parse(headers.get('location') ?? '')?.host ?? 'another path';
    const detail = `: a redirect to ${credential.concealIn(host)}, which is not followed`;
    return answered(detail, 'Set OMNI_BASE_URL to the final address');
  }
  // A removal or a missing owner may rest on this 404, so only one that is surely Omni's own counts.
  if (status === 404 && /json/i.test(contentType)) return answered('', addressHint, NotFoundError);
  if (status >= 500) return answered('', 'No action needed: Omni returned a server error. The next run retries');
  return answered(isWebPage ? ' and a web page, which Omni never sends' : '', addressHint);
}
