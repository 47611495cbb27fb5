import { explainDatabaseError } from '../database-error.ts';
import { InterruptedError } from '../errors.ts';
import { redirectMail } from '../mail/deliver.ts';
import type { OmniApi } from '../omni/api.ts';
import type { Judge } from '../rules/judge.ts';
import type { ReadRegister } from '../store/register.ts';
import type { RunTrigger } from '../store/runs.ts';
import type { Transaction } from '../store/transaction.ts';
import { visible } from '../text/visible.ts';
import { type Answers, askOmni } from './ask-omni.ts';
import type { CompleteAudit, FailedAudit } from './audit-result.ts';
import { logFindings } from './log-findings.ts';
import { type ProgressListener, trackProgress } from './progress.ts';
import { pruneHistory } from './prune-history.ts';
import { reportRun } from './queue-mails.ts';
import { type FailureDeps, recordFailure, reportCrashedRuns } from './record-failure.ts';
import { recordRun } from './record-run.ts';

export interface AuditDeps extends FailureDeps {
  omni: OmniApi;
  judge: Judge;
  /** The URL of the organisation. The first complete audit binds the database to it. */
  baseUrl: string;
  deadlineMs: number;
  /** Omni's rate limit. */
  requestsPerMinute: number;
  /** Returns at least 0 and less than 1. */
  random(): number;
  /** Reads the register of tokens. */
  readRegister(): ReadRegister;
  /** 0 keeps history forever. */
  retentionDays: number;
}

export interface AuditOptions {
  trigger: RunTrigger;
  /** Runs the whole audit but records and sends nothing. */
  dryRun: boolean;
  /** An operator vouches for the removals, however many there are. */
  acceptRemovals: boolean;
  /** Called often, to show progress. */
  onProgress?: ProgressListener;
}

/**
 * Runs one audit:
 *
 *     begin run ─ read the register ─ ask Omni: tokens, removals, credential, owners, roles
 *       ─ ONE transaction: snapshot, findings, mail, end of run ─ log ─ prune old history
 *
 * HTTP never happens inside the transaction. The caller holds the audit lock and delivers the mail
 * afterwards. A failure is returned, not thrown. It is recorded as a failed run, and a mail is queued
 * if one is due. Nothing else is recorded.
 */
export async function runAudit(
  deps: AuditDeps,
  options: AuditOptions,
  signal: AbortSignal,
): Promise<CompleteAudit | FailedAudit> {
  const { store, clock, log } = deps;
  const { trigger, dryRun } = options;
  const startedAt = clock.now();
  const runId = dryRun ? null : beginRun(deps, trigger, startedAt);
  const progress = trackProgress(options.onProgress);
  try {
    const register = deps.readRegister();
    if (register.kind === 'broken') {
      const { problem, hint } = register;
      log.warn({ runId, problem, hint }, 'the register is wrong; its last good state counts');
    }
    const answers = await askOmni({ ...deps, register, progress }, options, signal);
    const audit =
      runId === null
        ? store.transactions.rehearse((tx) =>
            recordAudit(tx, deps, store.runs.begin(tx, trigger, deps.lockedBy, startedAt), answers, register),
          )
        : store.transactions.run((tx) => recordAudit(tx, deps, runId, answers, register));
    if (runId !== null) logFindings(store.findings.reportedBy(runId), log);
    const { tokenCount, pageCount, findings, ownersKnown, newRecordFields } = audit;
    // New fields may allow better findings, so someone should check for a newer version.
    const fields = newRecordFields.map((name) => visible(name));
    if (fields.length > 0) log.warn({ runId, fields }, 'Omni sends fields that this version does not recognise');
    log.info({ runId, tokenCount, pageCount, findings, ownersKnown, dryRun }, 'audit complete');
    if (runId !== null && answers.instant.isChecked) pruneHistory(deps, answers.instant.at);
    return audit;
  } catch (thrown) {
    const error = explainDatabaseError(thrown, `the database ${store.path}`);
    if (error instanceof InterruptedError) log.warn({ runId, reason: error.message }, 'audit interrupted');
    else log.error({ runId, err: error }, 'audit failed');
    const { pageCount } = progress;
    const queued = runId === null ? 0 : writeFailure(deps, runId, pageCount, error);
    return { status: 'failed', runId, pageCount, queued, error };
  }
}

/** Reports earlier runs whose process died, then begins a new run. */
function beginRun(deps: AuditDeps, trigger: RunTrigger, startedAt: Date): number {
  const { store, lockedBy } = deps;
  // The mail of this run reports what a change of MAIL_TO did to waiting mail.
  redirectMail({ ...deps, ...store }, startedAt);
  return store.transactions.run((tx) => {
    reportCrashedRuns(tx, deps, startedAt);
    return store.runs.begin(tx, trigger, lockedBy, startedAt);
  });
}

/**
 * Returns the number of deliveries that report the failure. When the database itself fails, nothing can be
 * recorded; the next run then marks this one as interrupted.
 */
function writeFailure(deps: AuditDeps, runId: number, pageCount: number, error: unknown): number {
  const counts = { pageCount, requestCount: deps.omni.requestCount };
  try {
    return deps.store.transactions.run((tx) => recordFailure(tx, deps, runId, counts, error));
  } catch (writeError) {
    deps.log.error({ runId, err: writeError }, 'the failed audit could not be recorded');
    return 0;
  }
}

/** Records a run's findings, queues its mail and marks the run complete. */
function recordAudit(
  tx: Transaction,
  deps: AuditDeps,
  runId: number,
  answers: Answers,
  register: ReadRegister,
): CompleteAudit {
  const { store, judge } = deps;
  const { listing, hiddenIds, credential, owners, roles, breaker, instant } = answers;
  const { pageCount, surplus } = listing;
  const tokenCount = listing.tokenCount + hiddenIds.length;
  store.organisation.claim(tx, deps.baseUrl, instant.at);
  store.runs.setInstant(tx, runId, instant.at);
  const previous = store.runs.lastComplete();
  const isBaseline = previous === null;
  recordRun(tx, store, {
    id: runId,
    previous,
    judge,
    ownersKnown: owners.known,
    roles,
    register,
    confirmedRemovals: answers.confirmedIds,
    credential: { before: store.runs.lastCredential(), after: credential },
    now: instant.at,
    clockChecked: instant.isChecked,
  });
  const newRecordFields = store.recordFields.remember(tx, listing.newFields, runId);
  store.runs.complete(tx, runId, {
    startedAt: instant.at,
    finishedAt: deps.clock.now(),
    clockChecked: instant.isChecked,
    isBaseline,
    tokenCount,
    pageCount,
    requestCount: deps.omni.requestCount,
    surplus,
    hiddenIds,
    settingsFingerprint: judge.fingerprint,
    owners,
    rolesProblem: roles.problem,
    credential,
    breaker,
  });
  return {
    status: 'complete',
    runId,
    isBaseline,
    tokenCount,
    pageCount,
    newRecordFields,
    openBySeverity: store.conditions.openBySeverity(),
    ownersKnown: owners.known,
    ...reportRun(tx, deps, runId),
  };
}
