import { AuditLockedError } from '../errors.ts';
import type { DeliveryTally } from '../mail/deliver.ts';
import type { CompleteAudit, FailedAudit } from './audit-result.ts';
import { type Heartbeat, noHeartbeat, signalAfterAudit } from './heartbeat.ts';
import type { AuditOptions } from './run-audit.ts';

export interface AuditResult {
  audit: CompleteAudit | FailedAudit;
  delivery: DeliveryTally;
}

export interface AuditJobDeps {
  /**
   * Takes the audit lock, calls `onBegin`, audits and releases the lock.
   *
   * @throws ConfigError, DatabaseError, AuditLockedError before anything is done.
   */
  audit(options: AuditOptions, onBegin: () => Promise<void>, signal: AbortSignal): Promise<CompleteAudit | FailedAudit>;
  /** Delivers the mail of the audit and all other mail that is waiting. */
  deliver(): Promise<DeliveryTally>;
  heartbeat: Heartbeat;
}

/**
 * Runs one audit, delivers its mail and reports the outcome to the watchdog. A dry run delivers and reports
 * nothing.
 *
 * @throws ConfigError, DatabaseError, AuditLockedError before anything is done, and ConfigError if the settings
 * became invalid before the delivery. A failure of the audit itself is returned, not thrown.
 */
export async function auditAndDeliver(
  deps: AuditJobDeps,
  options: AuditOptions,
  signal: AbortSignal,
): Promise<AuditResult> {
  const heartbeat = options.dryRun ? noHeartbeat : deps.heartbeat;
  let audit: CompleteAudit | FailedAudit;
  try {
    audit = await deps.audit(options, () => heartbeat('start', signal), signal);
  } catch (error) {
    // When another process holds the lock, that process reports to the same watchdog.
    if (!(error instanceof AuditLockedError)) await heartbeat('fail', signal);
    throw error;
  }
  if (options.dryRun) return { audit, delivery: { sent: 0, pending: 0, parked: 0 } };
  try {
    const delivery = await deps.deliver();
    await heartbeat(signalAfterAudit(audit.status, delivery), signal);
    return { audit, delivery };
  } catch (error) {
    await heartbeat('fail', signal);
    throw error;
  }
}
