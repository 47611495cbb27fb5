import type { Clock } from '../clock.ts';
import type { Logger } from '../logging.ts';
import type { Retention } from '../store/retention.ts';
import type { Transactions } from '../store/transaction.ts';
import { msPerDay } from '../time/duration.ts';

interface PruneDeps {
  store: { retention: Retention; transactions: Transactions };
  clock: Pick<Clock, 'now'>;
  log: Logger;
  /** 0: for ever. */
  retentionDays: number;
}

/** Each step prunes what one run left, so that any backlog is caught up with in time. */
const maxSteps = 50;

/**
 * Drops what was only needed to send mail that is sent, and prunes some of the history that is older
 * than `retentionDays`. A fault here is no fault of the audit, which is done: it is
 * logged, and the next audit goes on.
 */
export function pruneHistory({ store, clock, log, retentionDays }: PruneDeps): void {
  const { retention, transactions } = store;
  try {
    transactions.run((tx) => retention.dropDelivered(tx));
    if (retentionDays === 0) return;
    const oldest = retention.oldestToKeep(new Date(clock.now().getTime() - retentionDays * msPerDay));
    if (oldest === null) return;
    for (let step = 0; step < maxSteps; step += 1) {
      if (!transactions.run((tx) => retention.pruneStep(tx, oldest))) return;
    }
    log.info('old history is left to prune after the next audits');
  } catch (error) {
    log.error({ err: error }, 'old history could not be pruned');
  }
}
