import type { Clock } from '../clock.ts';
import { AppError, CredentialRefusedError, InterruptedError, RemovalsUnconfirmedError } from '../errors.ts';
import type { FailureMail } from '../history/report.ts';
import type { RunTrigger } from '../store/runs.ts';
import type { Transaction } from '../store/transaction.ts';
import { enqueueFailureMail, type RunMailDeps } from './queue-mails.ts';

export interface FailureDeps extends RunMailDeps {
  clock: Clock;
  /** Process and host, shown to those who find the audit lock taken. */
  lockedBy: string;
}

/** What a run asked Omni before it failed. */
export interface AskedCounts {
  pageCount: number;
  requestCount: number;
}

/** Ends the runs whose process died, and mails about them if it is time: they could not report themselves. */
export function reportCrashedRuns(tx: Transaction, deps: FailureDeps, now: Date): void {
  const { store, log } = deps;
  const count = store.runs.interruptAbandoned(tx, now);
  if (count > 0) log.warn({ runs: count }, 'an earlier audit ended without finishing');
  const last = store.runs.last();
  // Doubtful removals have mails of their own, which say what is to be done about them.
  if (last === null || last.errorType === RemovalsUnconfirmedError.name) return;
  const hint = 'If processes that audit die, look for a limit of memory or time that ends them';
  enqueueFailureMail(tx, deps, { runId: last.id, kind: 'failing', isUrgent: false, hint }, now);
}

/**
 * Records an audit that could not begin, for want of usable settings, as one that failed, so that it is
 * tried again in time and reported.
 */
export function recordFailure(deps: FailureDeps, trigger: RunTrigger, error: unknown): void {
  const { store, clock, lockedBy, log } = deps;
  log.error({ err: error }, 'audit failed');
  store.transactions.run((tx) => {
    const runId = store.runs.begin(tx, trigger, lockedBy, clock.now());
    writeFailure(tx, deps, runId, { pageCount: 0, requestCount: 0 }, error);
  });
}

/**
 * Records that a run failed, and its mail if it is time. Returns how many deliveries. Where the database
 * itself is what fails, this cannot be done; the next run then finds this one abandoned.
 */
export function writeFailureOrLog(deps: FailureDeps, runId: number, counts: AskedCounts, error: unknown): number {
  try {
    return deps.store.transactions.run((tx) => writeFailure(tx, deps, runId, counts, error));
  } catch (writeError) {
    deps.log.error({ runId, err: writeError }, 'the failed audit could not be written down');
    return 0;
  }
}

function writeFailure(tx: Transaction, deps: FailureDeps, runId: number, counts: AskedCounts, error: unknown): number {
  const now = deps.clock.now();
  const isInterrupted = error instanceof InterruptedError;
  deps.store.runs.fail(tx, runId, {
    ...counts,
    status: isInterrupted ? 'interrupted' : 'failed',
    finishedAt: now,
    errorType: error instanceof Error ? error.name : 'Error',
    error: error instanceof Error ? error.message : String(error),
  });
  if (isInterrupted) return 0;
  const hint = error instanceof AppError ? error.hint : '';
  return enqueueFailureMail(tx, deps, { runId, ...urgencyOf(error), hint }, now);
}

function urgencyOf(error: unknown): { kind: FailureMail; isUrgent: boolean } {
  if (error instanceof RemovalsUnconfirmedError) return { kind: 'breaker', isUrgent: true };
  return { kind: 'failing', isUrgent: error instanceof CredentialRefusedError };
}
