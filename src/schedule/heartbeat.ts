import ky from 'ky';
import type { Logger } from '../logging.ts';
import type { Secret } from '../secret.ts';
import { version } from '../version.ts';

export type HeartbeatSignal = 'start' | 'success' | 'fail';

/**
 * Tells a watchdog how an audit goes. Never rejects: a dead watchdog must not fail an audit. When
 * `stop` is aborted it gives up at once, since a process that ends must not wait for a watchdog.
 */
export type Heartbeat = (signal: HeartbeatSignal, stop: AbortSignal) => Promise<void>;

/** Used where no HEARTBEAT_URL is set. */
export const noHeartbeat: Heartbeat = async () => {};

/**
 * The convention of healthchecks.io: `URL/start`, `URL` for success, `URL/fail`. The URL is a
 * secret, since whoever has it can report success; it appears in no log line.
 */
export function createHeartbeat(url: Secret, log: Logger): Heartbeat {
  return async (signal, stop) => {
    if (stop.aborted) return;
    const target = new URL(url.reveal());
    if (signal !== 'success') target.pathname = `${target.pathname.replace(/\/$/, '')}/${signal}`;
    try {
      await ky.get(target, {
        headers: { 'user-agent': `omni-token-audit/${version}` },
        signal: stop,
        timeout: 5000,
        totalTimeout: 10_000,
        redirect: 'error',
        retry: { limit: 1, methods: ['get'], backoffLimit: 2000, maxRetryAfter: 2000, retryOnTimeout: true },
      });
    } catch (error) {
      log.warn({ signal, error: error instanceof Error ? error.name : 'Error' }, 'the heartbeat could not be sent');
    }
  };
}
