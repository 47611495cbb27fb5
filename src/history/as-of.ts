import type { Database } from '../store/database.ts';
import { type Run, type Runs, selectRun } from '../store/runs.ts';
import { integer, prepare } from '../store/statement.ts';

/** The run or instant that a question is about. */
export interface AsOf {
  instant: Date;
  /** True if a run or an instant was asked for. Otherwise the question is about now. */
  isPast: boolean;
  /** The newest complete run at that time; null: no audit had completed. */
  run: Run | null;
}

/** Finds runs. null: there is no such run. */
export interface RunLookup {
  run(id: number): Run | null;
  lastComplete(): Run | null;
  /** Returns the newest complete run that began at this instant or earlier. */
  completeAsOf(instant: Date): Run | null;
  completeBefore(runId: number): Run | null;
  /** Returns the oldest run whose snapshot is still complete. Older ones have been pruned. */
  oldestSnapshot(): Run | null;
  /** Counts the conditions that are currently acknowledged. */
  acknowledgedCount(now: Date): number;
}

export function createRunLookup(db: Database, runs: Runs): RunLookup {
  const stmts = {
    completeAsOf: selectRun<[string]>(db, "WHERE status = 'complete' AND started_at <= ? ORDER BY id DESC"),
    completeBefore: selectRun<[number]>(db, "WHERE status = 'complete' AND id < ? ORDER BY id DESC"),
    oldestSnapshot: selectRun(
      db,
      "WHERE status = 'complete' AND id >= coalesce((SELECT oldest_run_id FROM retention), 0) ORDER BY id",
    ),
    acknowledged: prepare<[string]>(
      db,
      'SELECT count(*) FROM acknowledgements WHERE ended_at IS NULL AND expires_at > ?',
    ).returningOne(integer),
  };
  return {
    run: runs.find,
    lastComplete: runs.lastComplete,
    completeAsOf: (instant) => stmts.completeAsOf.get(instant.toISOString()),
    completeBefore: (id) => stmts.completeBefore.get(id),
    oldestSnapshot: () => stmts.oldestSnapshot.get(),
    acknowledgedCount: (now) => stmts.acknowledged.get(now.toISOString()) ?? 0,
  };
}
