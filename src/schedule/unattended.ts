import { type AuditJobDeps, auditAndDeliver } from '../audit/audit-job.ts';
import { type Heartbeat, signalAfterDelivery } from '../audit/heartbeat.ts';
import { ConfigError } from '../errors.ts';
import { type DeliverDeps, deliverDue } from '../mail/deliver.ts';
import type { Outbox } from '../store/outbox.ts';
import type { Runs, RunTrigger } from '../store/runs.ts';

export interface UnattendedDeps extends AuditJobDeps {
  /** Records a failed run for an audit that could not start, and queues a mail about it if one is due. */
  recordUnstarted(trigger: RunTrigger, error: ConfigError): Promise<void>;
}

/**
 * Runs an audit of the unattended worker. If settings have become unusable since the start (for example, the
 * file of a secret was deleted), it records a failed run, so that the audit is retried and the failure is reported.
 *
 * @throws DatabaseError, AuditLockedError before anything is recorded.
 */
export async function auditUnattended(deps: UnattendedDeps, trigger: RunTrigger, signal: AbortSignal): Promise<void> {
  try {
    await auditAndDeliver(deps, { trigger, dryRun: false, acceptRemovals: false }, signal);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    await deps.recordUnstarted(trigger, error);
    await deps.deliver();
  }
}

/** Delivers the mail that is due between audits. Returns when the next delivery is due; null if no mail is waiting. */
export async function deliverUnattended(
  deps: DeliverDeps,
  store: { outbox: Outbox; runs: Pick<Runs, 'last'> },
  heartbeat: Heartbeat,
  signal: AbortSignal,
): Promise<Date | null> {
  const before = store.outbox.counts();
  const after = await deliverDue(deps, signal);
  const report = signalAfterDelivery(store.runs.last()?.status ?? null, before, after);
  if (report !== null) await heartbeat(report, signal);
  return store.outbox.nextDue();
}
