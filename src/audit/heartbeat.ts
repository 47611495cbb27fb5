import ky, { isHTTPError } from 'ky';
import { fetchWithoutBody } from '../bounded-fetch.ts';
import type { Secret } from '../config/secret.ts';
import type { Logger } from '../logging.ts';
import type { OutboxCounts } from '../store/mail-log.ts';
import { version } from '../version.ts';

export type HeartbeatSignal = 'start' | 'success' | 'fail';

/**
 * Reports the start and the outcome of an audit to a watchdog. Never rejects: a dead watchdog must not fail an
 * audit. When `stop` is aborted it gives up at once, because a process that is ending must not wait for a watchdog.
 */
export type Heartbeat = (signal: HeartbeatSignal, stop: AbortSignal) => Promise<void>;

/** For dry runs, and when HEARTBEAT_URL is not set. */
export const noHeartbeat: Heartbeat = async () => {};

/** An audit is a success when it completed and the mail server has accepted every mail. */
export function signalAfterAudit(status: 'complete' | 'failed', outbox: OutboxCounts): 'success' | 'fail' {
  return status === 'complete' && !isWaiting(outbox) ? 'success' : 'fail';
}

/**
 * Returns `success` when the last audit was complete and its last waiting mail has just been delivered; null when
 * there is nothing new to report.
 */
export function signalAfterDelivery(
  lastStatus: string | null,
  before: OutboxCounts,
  after: OutboxCounts,
): 'success' | null {
  return lastStatus === 'complete' && isWaiting(before) && !isWaiting(after) ? 'success' : null;
}

function isWaiting({ pending, parked }: OutboxCounts): boolean {
  return pending + parked > 0;
}

/**
 * Follows the convention of healthchecks.io: `URL/start`, `URL` for success, `URL/fail`. The URL is a
 * secret, because anyone who knows it could report success. It is never logged.
 *
 * @param maxMs the limit for one signal, with its retry
 */
export function createHeartbeat(url: Secret, log: Logger, maxMs = 10_000): Heartbeat {
  return async (signal, stop) => {
    if (stop.aborted) return;
    const target = new URL(url.reveal());
    if (signal !== 'success') target.pathname = `${target.pathname.replace(/\/$/, '')}/${signal}`;
    try {
      await ky.get(target, {
        headers: { 'user-agent': `omni-token-audit/${version}` },
        signal: stop,
        fetch: fetchWithoutBody,
        timeout: maxMs / 2,
        totalTimeout: maxMs,
        redirect: 'error',
        retry: { limit: 1, methods: ['get'], backoffLimit: 2000, maxRetryAfter: 2000, retryOnTimeout: true },
      });
    } catch (error) {
      // Neither the message nor the cause, because both may contain the URL.
      const [name, status] = isHTTPError(error) ? [error.name, error.response.status] : [nameOf(error), null];
      log.warn({ signal, error: name, status }, 'the heartbeat could not be sent');
    }
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}
