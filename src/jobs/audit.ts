import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { RuleSettings } from '../domain/condition-rules.ts';
import { findingKinds } from '../domain/finding-catalogue.ts';
import { AppError, CredentialRefusedError, DeadlineError, InterruptedError } from '../errors.ts';
import type { OmniClient } from '../omni/client.ts';
import type { RunTrigger } from '../store/runs.ts';
import type { AuditStore } from '../store/store.ts';
import { type CompleteAudit, countChanges, countFindings, type FailedAudit } from './audit-result.ts';
import { journalRun } from './journal-run.ts';
import { logFindings } from './log-findings.ts';
import { type ListingProgress, type ProvedListing, proveListing } from './prove-listing.ts';
import { enqueueFailureMail, enqueueRunMails, type RunMailDeps } from './run-mail.ts';

export interface AuditDeps extends RunMailDeps {
  omni: OmniClient;
  clock: Clock;
  rules: RuleSettings;
  /** The organisation, which the database belongs to from its first complete audit on. */
  baseUrl: string;
  deadlineMs: number;
  /** Process and host, for whoever finds the lock taken. */
  holder: string;
}

export interface AuditOptions {
  trigger: RunTrigger;
  /** Decide everything, keep nothing. */
  dryRun: boolean;
}

/**
 * One audit:
 *
 *     begin run ─ list and prove ─ ONE transaction: snapshot, findings, mail, end of run ─ log
 *
 * HTTP never happens inside the transaction. The caller holds the audit lock and delivers the
 * mail afterwards. A failure is the answer and not an exception: it is written down as a failed
 * run, with the mail about it if it is time, and nothing else is.
 */
export async function runAudit(
  deps: AuditDeps,
  options: AuditOptions,
  signal: AbortSignal,
): Promise<CompleteAudit | FailedAudit> {
  const { store, clock, log } = deps;
  const startedAt = clock.now();
  const progress: ListingProgress = { pageCount: 0 };
  const begin = (): number => store.runs.begin(options.trigger, deps.holder, startedAt);
  if (!options.dryRun) tellOfDeaths(deps, startedAt);
  const runId = options.dryRun ? null : begin();
  try {
    const listing = await listWithinDeadline(deps, progress, signal);
    const audit =
      runId === null
        ? rolledBack(store, () => decide(deps, begin(), startedAt, listing))
        : store.inTransaction(() => decide(deps, runId, startedAt, listing));
    if (runId !== null) logFindings(store.findings.told(runId), log);
    const { tokenCount, pageCount, findings } = audit;
    log.info({ runId, tokenCount, pageCount, findings, dryRun: options.dryRun }, 'audit complete');
    return audit;
  } catch (error) {
    if (error instanceof InterruptedError) log.warn({ runId, reason: error.message }, 'audit interrupted');
    else log.error({ runId, err: error }, 'audit failed');
    const queued = runId === null ? 0 : writeFailureOrLog(deps, runId, progress, error);
    return { status: 'failed', runId, pageCount: progress.pageCount, queued, error };
  }
}

/** Runs whose process died could not tell of themselves. */
function tellOfDeaths(deps: AuditDeps, now: Date): void {
  const { store, log } = deps;
  store.inTransaction(() => {
    const count = store.runs.interruptAbandoned(now);
    if (count > 0) log.warn({ runs: count }, 'an earlier audit ended without finishing');
    const runId = store.runs.last()?.id;
    if (runId === undefined) return;
    const mend = 'If processes that audit die, look for a limit of memory or time that ends them';
    enqueueFailureMail(deps, { runId, credentialRefused: false, mend }, now);
  });
}

async function listWithinDeadline(
  deps: AuditDeps,
  progress: ListingProgress,
  signal: AbortSignal,
): Promise<ProvedListing> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    const minutes = deps.deadlineMs / 60_000;
    deadline.abort(
      new DeadlineError(`the audit was not done within ${minutes} minutes, at page ${progress.pageCount}`, {
        mend: 'Raise AUDIT_DEADLINE_MINUTES, or have Omni raise the rate limit and set OMNI_REQUESTS_PER_MINUTE',
      }),
    );
  }, deps.deadlineMs);
  try {
    const either = AbortSignal.any([signal, deadline.signal]);
    return await proveListing(deps.omni, deps.store.staging, progress, deps.log, either);
  } finally {
    clearTimeout(timer);
  }
}

/** Everything that a run decides, in one synchronous piece; the caller makes it one transaction. */
function decide(deps: AuditDeps, runId: number, now: Date, listing: ProvedListing): CompleteAudit {
  const { store } = deps;
  store.claimOrganisation(deps.baseUrl);
  const previous = store.runs.lastComplete();
  const isBaseline = previous === null;
  const rulesHash = fingerprint(deps.rules);
  journalRun(store, {
    id: runId,
    previousRunId: previous?.id ?? null,
    rules: deps.rules,
    rulesChanged: previous !== null && previous.rulesHash !== rulesHash,
    now,
  });
  store.runs.complete(runId, {
    finishedAt: deps.clock.now(),
    isBaseline,
    tokenCount: listing.tokenCount,
    pageCount: listing.pageCount,
    requestCount: deps.omni.requestCount,
    surplus: listing.surplus,
    rulesHash,
  });
  const report = store.runReport(runId);
  if (report === null) throw new Error(`run ${runId} has no report`);
  return {
    status: 'complete',
    runId,
    isBaseline,
    tokenCount: listing.tokenCount,
    pageCount: listing.pageCount,
    changes: countChanges(report),
    findings: countFindings(report),
    standing: report.standing,
    ownersKnown: false,
    ...enqueueRunMails(deps, report, now),
  };
}

/**
 * An audit that could not even begin, for want of usable settings: it is written down like one that
 * failed, so that it is tried again in time and told.
 */
export function recordFailure(deps: FailureDeps, trigger: RunTrigger, error: unknown): void {
  const { store, clock, holder, log } = deps;
  log.error({ err: error }, 'audit failed');
  store.inTransaction(() => {
    const runId = store.runs.begin(trigger, holder, clock.now());
    writeFailure(deps, runId, { pageCount: 0, requestCount: 0 }, error);
  });
}

type FailureDeps = RunMailDeps & Pick<AuditDeps, 'clock' | 'holder'>;

/** Where the database itself is what fails, the failure cannot be written into it; the next run finds this one dead. */
function writeFailureOrLog(deps: AuditDeps, runId: number, { pageCount }: ListingProgress, error: unknown): number {
  try {
    const counts = { pageCount, requestCount: deps.omni.requestCount };
    return deps.store.inTransaction(() => writeFailure(deps, runId, counts, error));
  } catch (writeError) {
    deps.log.error({ runId, err: writeError }, 'the failed audit could not be written down');
    return 0;
  }
}

/** Answers how many deliveries it put into the outbox. */
function writeFailure(
  deps: FailureDeps,
  runId: number,
  counts: { pageCount: number; requestCount: number },
  error: unknown,
): number {
  const now = deps.clock.now();
  const stopped = error instanceof InterruptedError;
  deps.store.runs.fail(runId, {
    ...counts,
    status: stopped ? 'interrupted' : 'failed',
    finishedAt: now,
    errorType: error instanceof Error ? error.name : 'Error',
    error: error instanceof Error ? error.message : String(error),
  });
  if (stopped) return 0;
  const mend = error instanceof AppError ? error.mend : '';
  return enqueueFailureMail(deps, { runId, credentialRefused: error instanceof CredentialRefusedError, mend }, now);
}

/** Does the work in a transaction that is undone, and answers what it found. */
function rolledBack<T>(store: AuditStore, work: () => T): T {
  class Undo extends Error {
    readonly answer: T;
    constructor(answer: T) {
      super('undo');
      this.answer = answer;
    }
  }
  try {
    return store.inTransaction(() => {
      throw new Undo(work());
    });
  } catch (error) {
    if (error instanceof Undo) return error.answer;
    throw error;
  }
}

/** Tells settings apart; equal for equal rules. */
function fingerprint(rules: RuleSettings): string {
  return createHash('sha256')
    .update(JSON.stringify({ rules, kinds: findingKinds }))
    .digest('hex')
    .slice(0, 16);
}
