import type { RunTrigger } from '../store/runs.ts';
import type { Transaction } from '../store/transaction.ts';
import type { CompleteAudit } from './audit-result.ts';
import { logFindings } from './log-findings.ts';
import { type PruneDeps, pruneHistory } from './prune-history.ts';
import { type AskedCounts, type FailureDeps, reportCrashedRuns, writeFailureOrLog } from './record-failure.ts';

/** A run that has begun: what its outcome does to the database. */
export interface OpenRun {
  /** null: a dry run, of which nothing is recorded. */
  readonly id: number | null;
  /** Records what was decided, in one transaction, and logs its findings. */
  complete(decide: (tx: Transaction, runId: number) => CompleteAudit): CompleteAudit;
  /** Records that the run failed. Returns how many deliveries report it. */
  fail(error: unknown, counts: AskedCounts): number;
  /** Does what can wait until a complete run is logged. */
  tidy(): void;
}

export type OpenRunDeps = FailureDeps & PruneDeps;

/** Begins a run, after reporting the runs whose process died. */
export function beginRun(deps: OpenRunDeps, trigger: RunTrigger, startedAt: Date): OpenRun {
  const { store, log } = deps;
  const id = store.transactions.run((tx) => {
    reportCrashedRuns(tx, deps, startedAt);
    return store.runs.begin(tx, trigger, deps.lockedBy, startedAt);
  });
  return {
    id,
    complete(decide) {
      const audit = store.transactions.run((tx) => decide(tx, id));
      logFindings(store.findings.reportedBy(id), log);
      return audit;
    },
    fail: (error, counts) => writeFailureOrLog(deps, id, counts, error),
    tidy: () => pruneHistory(deps),
  };
}

/** A dry run: decides everything, and keeps nothing. */
export function rehearseRun({ store, lockedBy }: OpenRunDeps, trigger: RunTrigger, startedAt: Date): OpenRun {
  return {
    id: null,
    complete: (decide) =>
      store.transactions.rehearse((tx) => decide(tx, store.runs.begin(tx, trigger, lockedBy, startedAt))),
    fail: () => 0,
    tidy() {},
  };
}
