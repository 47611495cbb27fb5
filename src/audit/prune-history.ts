import type { Clock } from '../clock.ts';
import type { Logger } from '../logging.ts';
import type { Retention } from '../store/retention.ts';
import { msPerDay } from '../time/duration.ts';

/** An audit adds one run and prunes several, so that it catches up with any backlog in time. */
const maxSteps = 50;

/**
 * Drops what was only needed to send mail that is sent, and prunes the history that is older than
 * `retentionDays`, a little after each audit; 0 keeps all of it. A fault here is no fault of the audit, which is done: it is logged, and the next audit goes on.
 */
export function pruneHistory(
  {
    retention,
    clock,
    log,
  }: { retention: Pick<Retention, 'dropDelivered' | 'prune'>; clock: Pick<Clock, 'now'>; log: Logger },
  retentionDays: number,
): void {
  try {
    retention.dropDelivered();
    if (retentionDays === 0) return;
    const isDone = retention.prune(new Date(clock.now().getTime() - retentionDays * msPerDay), maxSteps);
    if (!isDone) log.info('old history is left to prune after the next audits');
  } catch (error) {
    log.error({ err: error }, 'old history could not be pruned');
  }
}
