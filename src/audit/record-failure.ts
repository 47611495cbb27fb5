import type { Clock } from '../clock.ts';
import {
  AppError,
  ConfigError,
  CredentialReducedError,
  CredentialRefusedError,
  InterruptedError,
  RemovalsUnconfirmedError,
} from '../errors.ts';
import type { RunTrigger } from '../store/runs.ts';
import type { Transaction } from '../store/transaction.ts';
import { printable } from '../text/visible.ts';
import { enqueueFailureMail, type RunMailDeps } from './queue-mails.ts';

export interface FailureDeps extends RunMailDeps {
  clock: Clock;
  /** Process and host, shown to anyone who finds the audit lock taken. */
  lockedBy: string;
}

/** Marks runs whose process died as interrupted, and queues a mail about them if one is due. They could do neither. */
export function reportCrashedRuns(tx: Transaction, deps: FailureDeps, now: Date): void {
  const { store, log } = deps;
  const count = store.runs.interruptAbandoned(tx, now);
  if (count > 0) log.warn({ runs: count }, 'the process of an earlier audit died before it finished');
  const last = store.runs.last();
  // Unconfirmed removals have their own mails, which say what to do about them.
  if (last === null || last.errorType === RemovalsUnconfirmedError.name) return;
  const hint =
    'No action needed: the next run retries. If this persists, check whether a memory or time limit is killing the process';
  enqueueFailureMail(tx, deps, { runId: last.id, kind: 'failing', isUrgent: false, hint }, now);
}

/** Records that a run failed, and queues a mail about it if one is due. Returns the number of deliveries. */
export function recordFailure(
  tx: Transaction,
  deps: FailureDeps,
  runId: number,
  counts: { pageCount: number; requestCount: number },
  error: unknown,
): number {
  const now = deps.clock.now();
  const isInterrupted = error instanceof InterruptedError;
  deps.store.runs.fail(tx, runId, {
    ...counts,
    status: isInterrupted ? 'interrupted' : 'failed',
    finishedAt: now,
    errorType: error instanceof Error ? error.name : 'Error',
    error: onOneLine(error),
  });
  if (isInterrupted) return 0;
  const isUnconfirmed = error instanceof RemovalsUnconfirmedError;
  const kind = isUnconfirmed ? 'breaker' : 'failing';
  const isUrgent = isUnconfirmed || error instanceof CredentialRefusedError || error instanceof CredentialReducedError;
  const hint = error instanceof AppError ? error.hint : '';
  return enqueueFailureMail(tx, deps, { runId, kind, isUrgent, hint }, now);
}

/** Limits what is stored about a failure, in characters. */
const maxErrorLength = 1000;

/** Returns what failed as one printable line, because it may repeat text of a server. */
function onOneLine(error: unknown): string {
  if (error instanceof ConfigError) return printable(error.problems.join('; '), maxErrorLength);
  return printable(error instanceof Error ? error.message : String(error), maxErrorLength);
}

/** Records a failed run for an audit that invalid settings kept from starting, so that it is retried and reported. */
export function recordUnstarted(deps: FailureDeps, trigger: RunTrigger, error: unknown): void {
  const { store, clock, lockedBy, log } = deps;
  log.error({ err: error }, 'audit failed');
  store.transactions.run((tx) => {
    const runId = store.runs.begin(tx, trigger, lockedBy, clock.now());
    recordFailure(tx, deps, runId, { pageCount: 0, requestCount: 0 }, error);
  });
}
