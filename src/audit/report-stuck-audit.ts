import { StuckAuditError } from '../errors.ts';
import { judgeUnfinishedAudit, type StuckAudit, stuckHint } from '../history/stuck-audit.ts';
import type { SharedStore } from '../stores.ts';
import { enqueueFailureMail, type FailureMailDeps } from './queue-mails.ts';

export interface ReportStuckDeps extends FailureMailDeps {
  store: Pick<SharedStore, 'transactions' | 'runs' | 'outbox' | 'history'>;
  deadlineMs: number;
  /** When a process that held the audit lock last showed that it was alive; null if that is unknown. */
  aliveAt: Date | null;
}

/**
 * Returns an error that describes the audit that holds the lock if that audit is stuck, and queues a mail about it if
 * one is due; null while it may be working.
 *
 * Records no run: the stuck audit may continue at any time, and its run must then come after all others. Both write in
 * transactions, so either its run ends first and there is no mail, or the mail comes first and its run reports that
 * audits work again.
 */
export function reportStuckAudit(deps: ReportStuckDeps, now: Date): StuckAuditError | null {
  const { store, aliveAt, log } = deps;
  const find = (): { runId: number; stuck: StuckAudit } | null => {
    const last = store.runs.last();
    const stuck = last && judgeUnfinishedAudit({ run: last.status === 'running' ? last : null, aliveAt }, deps, now);
    return stuck && { runId: last.id, stuck };
  };
  const found = find();
  if (found === null) return null;
  const error = new StuckAuditError(`another audit is blocking this one: ${found.stuck.error}`, { hint: stuckHint });
  try {
    store.transactions.run((tx) => {
      // It may have ended in between.
      if (find()?.stuck.error !== found.stuck.error) return;
      enqueueFailureMail(tx, deps, { ...found, kind: 'failing', isUrgent: false, hint: stuckHint }, now);
    });
  } catch (writeError) {
    // That audit may have been suspended in the middle of its own transaction.
    log.error({ err: writeError }, 'the mail about the stuck audit could not be queued');
  }
  return error;
}
