import { errorCode } from './errors.ts';
import { printable } from './text/visible.ts';

const wait =
  'No action needed: audits and deliveries retry by themselves. If this persists, contact the operator of the server';
const sizes = 'Check whether a proxy or a firewall limits the size of requests';
const network = 'Ask the administrator of your network or proxy to let this machine reach the server';

/** The causes behind some statuses, and what to do about each (RFC 9110 15, RFC 6585, RFC 7725). */
const statuses = new Map<number, [cause: string, hint: string]>([
  [408, ['the server did not receive the request in time', wait]],
  [413, ['the request is too large', sizes]],
  [414, ['the URL of the request is too long', sizes]],
  [429, ['too many requests', wait]],
  [431, ['the headers of the request are too large', sizes]],
  [451, ['the address is blocked for legal reasons', network]],
  [502, ['a gateway received an invalid response', wait]],
  [503, ['the service is unavailable', wait]],
  [504, ['a gateway received no response in time', wait]],
  [511, ['the network requires a login', network]],
]);

/** Returns a status and its cause, such as `429: too many requests`, and a hint; null if the status has none. */
export function explainStatus(status: number): { says: string; hint: string | null } {
  const [cause, hint] = statuses.get(status) ?? [];
  return {
    says: cause === undefined ? String(status) : `${status}: ${cause}`,
    hint: hint ?? (status >= 500 ? wait : null),
  };
}

/**
 * Explains on one line why a request got no response.
 *
 * @param setting the variable that has the address
 */
export function explainNoResponse(error: Error, setting: string): { reason: string; hint: string } {
  const status = proxyStatus(error);
  if (status === 407) {
    return {
      reason: 'the proxy requires a login (407)',
      hint: 'Set HTTPS_PROXY (or https_proxy, which takes precedence) to http://USER:PASSWORD@HOST:PORT, with a user name and a password that the proxy accepts',
    };
  }
  if (status !== null) {
    return {
      reason: `the proxy answered ${explainStatus(status).says}`,
      hint: `Ask the administrator of the proxy (HTTPS_PROXY) to let this machine reach the host of ${setting}`,
    };
  }
  return {
    reason: printable(rootMessage(error)),
    hint: `Check ${setting}, DNS, firewall and proxy. For a private certificate authority, set NODE_EXTRA_CA_CERTS to its certificate file`,
  };
}

/** Returns the status with which a proxy refused a request before it reached the server; null if none did. */
export function proxyStatus(error: Error): number | null {
  const message = rootMessage(error);
  // For a 407 outside CONNECT, `fetch` throws an error without a message (Fetch Standard, HTTP-network-or-cache fetch).
  if (message === '') return 407;
  const status = /^Proxy response \((\d{3})\)/.exec(message)?.[1];
  return status === undefined ? null : Number(status);
}

/** Returns the innermost message of a failed `fetch`: `connect ECONNREFUSED 127.0.0.1:1` instead of `fetch failed`. */
function rootMessage(error: Error): string {
  let root = error;
  for (let depth = 0; depth < 5 && root.cause instanceof Error; depth += 1) root = root.cause;
  // When fetch tried several addresses, it throws an AggregateError, whose own message is empty.
  if (root instanceof AggregateError && root.message === '' && root.errors[0] instanceof Error) root = root.errors[0];
  // OpenSSL's message has paths of its source code. Only its reason means something to an operator.
  const reason: unknown = Reflect.get(root, 'reason');
  return errorCode(root).startsWith('ERR_SSL_') && typeof reason === 'string' ? `TLS failed: ${reason}` : root.message;
}
