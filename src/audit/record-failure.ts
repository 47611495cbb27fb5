import type { Clock } from '../clock.ts';
import { AppError, CredentialRefusedError, InterruptedError, RemovalsUnconfirmedError } from '../errors.ts';
import type { FailureMail } from '../history/outage.ts';
import type { RunTrigger } from '../store/runs.ts';
import { enqueueFailureMail, type RunMailDeps } from './queue-mails.ts';

export interface FailureDeps extends RunMailDeps {
  clock: Clock;
  /** Process and host, for whoever finds the lock taken. */
  lockedBy: string;
}

interface AskedCounts {
  pageCount: number;
  requestCount: number;
}

/** Runs whose process died could not tell of themselves. */
export function reportCrashedRuns(deps: FailureDeps, now: Date): void {
  const { store, log } = deps;
  store.inTransaction(() => {
    const count = store.runs.interruptAbandoned(now);
    if (count > 0) log.warn({ runs: count }, 'an earlier audit ended without finishing');
    const last = store.runs.last();
    // Doubtful removals have mails of their own, which say what is to be done about them.
    if (last === null || last.errorType === RemovalsUnconfirmedError.name) return;
    const hint = 'If processes that audit die, look for a limit of memory or time that ends them';
    enqueueFailureMail(deps, { runId: last.id, kind: 'failing', isUrgent: false, hint }, now);
  });
}

/**
 * An audit that could not even begin, for want of usable settings: it is written down like one that
 * failed, so that it is tried again in time and told.
 */
export function recordFailure(deps: FailureDeps, trigger: RunTrigger, error: unknown): void {
  const { store, clock, lockedBy, log } = deps;
  log.error({ err: error }, 'audit failed');
  store.inTransaction(() => {
    const runId = store.runs.begin(trigger, lockedBy, clock.now());
    writeFailure(deps, runId, { pageCount: 0, requestCount: 0 }, error);
  });
}

/**
 * Writes the failure down and its mail, if it is time; answers how many deliveries. Where the
 * database itself is what fails, this cannot be done; the next run then finds this one dead.
 */
export function writeFailureOrLog(deps: FailureDeps, runId: number, counts: AskedCounts, error: unknown): number {
  try {
    return deps.store.inTransaction(() => writeFailure(deps, runId, counts, error));
  } catch (writeError) {
    deps.log.error({ runId, err: writeError }, 'the failed audit could not be written down');
    return 0;
  }
}

function writeFailure(deps: FailureDeps, runId: number, counts: AskedCounts, error: unknown): number {
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
  const hint = error instanceof AppError ? error.hint : '';
  return enqueueFailureMail(deps, { runId, ...gravityOf(error), hint }, now);
}

function gravityOf(error: unknown): { kind: FailureMail; isUrgent: boolean } {
  if (error instanceof RemovalsUnconfirmedError) return { kind: 'breaker', isUrgent: true };
  return { kind: 'failing', isUrgent: error instanceof CredentialRefusedError };
}
