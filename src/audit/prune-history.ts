import type { Logger } from '../logging.ts';
import type { Retention } from '../store/retention.ts';
import type { Transactions } from '../store/transaction.ts';
import { msPerDay } from '../time/duration.ts';

interface PruneDeps {
  store: { retention: Retention; transactions: Transactions };
  log: Logger;
  /** 0 keeps history forever. */
  retentionDays: number;
}

/** Each step prunes what ended with one run. An audit adds one run and prunes up to 50, so any backlog shrinks. */
const maxSteps = 50;

/**
 * Drops the parts of delivered mail that were needed only for sending, and prunes history that is older than
 * `retentionDays`. Errors are logged and not thrown, because the audit itself has completed. The next audit
 * prunes what is left.
 */
export function pruneHistory({ store, log, retentionDays }: PruneDeps, now: Date): void {
  const { retention, transactions } = store;
  try {
    transactions.run((tx) => retention.dropDelivered(tx));
    if (retentionDays === 0) return;
    const oldest = retention.oldestToKeep(new Date(now.getTime() - retentionDays * msPerDay));
    if (oldest === null) return;
    for (let step = 0; step < maxSteps; step += 1) {
      if (!transactions.run((tx) => retention.pruneStep(tx, oldest))) return;
    }
    log.info('more old history is left; the next audits will prune it');
  } catch (error) {
    log.error({ err: error }, 'old history could not be pruned');
  }
}
