import { refusal, type SimulatedAnswer } from './simulated-answer.ts';

/** What a token may do. An organization API key always has the scope `organization` and the role `ORG_ADMIN`. */
export interface SimulatedCredential {
  keyScope: 'organization' | 'user';
  orgRole: 'ORG_ADMIN' | 'MEMBER';
  userId?: string;
  membershipId?: string;
}

export type Caller =
  | { kind: 'known'; token: string; credential: SimulatedCredential }
  | { kind: 'refused'; answer: SimulatedAnswer };

const windowMs = 60_000;

/** Reads the `Authorization` header. A missing one gets a 401, a malformed one a 400, and an unknown token a 403. */
export function identifyCaller(header: string | undefined, credentials: Record<string, SimulatedCredential>): Caller {
  if (header === undefined) {
    return { kind: 'refused', answer: refusal(401, 'Authentication required') };
  }
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (token === undefined) {
    return { kind: 'refused', answer: refusal(400, 'Malformed Authorization header') };
  }
  const credential = Object.hasOwn(credentials, token) ? credentials[token] : undefined;
  if (credential === undefined) {
    return { kind: 'refused', answer: refusal(403, 'Invalid API token') };
  }
  return { kind: 'known', token, credential };
}

export interface RateLimit {
  /** Counts one request of `token`. Returns a 429 when the request exceeds the limit. */
  charge(token: string): SimulatedAnswer | undefined;
}

/**
 * Allows at most `requestsPerMinute` (0: no limit) in any 60 seconds for each token, whatever the endpoint. A refused request
 * does not count, so a client that waits for `Retry-After` succeeds.
 */
export function createRateLimit(requestsPerMinute: number, sendRetryAfter: boolean, now: () => number): RateLimit {
  const timesByToken = new Map<string, number[]>();

  return {
    charge(token) {
      if (requestsPerMinute === 0) {
        return undefined;
      }
      const nowMs = now();
      const times = (timesByToken.get(token) ?? []).filter((timeMs) => timeMs > nowMs - windowMs);
      timesByToken.set(token, times);
      const oldestMs = times[0];
      if (times.length < requestsPerMinute || oldestMs === undefined) {
        times.push(nowMs);
        return undefined;
      }
      const waitSeconds = Math.ceil((oldestMs + windowMs - nowMs) / 1000);
      return refusal(429, 'Too Many Requests', sendRetryAfter ? { 'Retry-After': String(waitSeconds) } : {});
    },
  };
}
