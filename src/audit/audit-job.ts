import { AuditLockedError, type StuckAuditError } from '../errors.ts';
import type { Logger } from '../logging.ts';
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
  /**
   * Finds out whether the audit that holds the lock is stuck, and queues a mail about it if one is due. Returns an error
   * that describes it; null while that audit may be working.
   */
  reportStuck(): Promise<StuckAuditError | null>;
  /** Delivers the mail of the audit and all other mail that is waiting. */
  deliver(): Promise<DeliveryTally>;
  heartbeat: Heartbeat;
  log: Logger;
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
  try {
    const audit = await deps.audit(options, () => heartbeat('start', signal), signal);
    if (options.dryRun) return { audit, delivery: { sent: 0, pending: 0, parked: 0 } };
    const delivery = await deps.deliver();
    await heartbeat(signalAfterAudit(audit.status, delivery), signal);
    return { audit, delivery };
  } catch (error) {
    const isLocked = error instanceof AuditLockedError;
    const stuck = isLocked && !options.dryRun ? await reportAndDeliver(deps) : null;
    // The process that holds the lock reports to the same watchdog, unless it is stuck.
    if (!isLocked || stuck !== null) await heartbeat('fail', signal);
    throw stuck ?? error;
  }
}

/** Never throws, because it is the lock that keeps the audit from starting, whatever becomes of the report. */
async function reportAndDeliver({ reportStuck, deliver, log }: AuditJobDeps): Promise<StuckAuditError | null> {
  const logError = (err: unknown): null => {
    log.error({ err }, 'the stuck audit could not be reported');
    return null;
  };
  const stuck = await reportStuck().catch(logError);
  if (stuck !== null) await deliver().catch(logError);
  return stuck;
}
