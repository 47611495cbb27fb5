import type { Database } from '../store/database.ts';
import { type Run, type Runs, selectRun } from '../store/runs.ts';
import { integer, prepare } from '../store/statement.ts';

/** The moment that a question is about. */
export interface AsOf {
  instant: Date;
  /** A run or an instant was asked for; otherwise it is now. */
  isPast: boolean;
  /** The newest complete run of then; null: no audit had completed. */
  run: Run | null;
}

/** Runs, and what was then. null: there is no such run. */
export interface Moments {
  run(id: number): Run | null;
  lastComplete(): Run | null;
  /** The newest complete run that began by then. */
  completeAsOf(instant: Date): Run | null;
  completeBefore(runId: number): Run | null;
  /** The oldest run whose snapshot is whole: what came before is pruned. */
  oldestSnapshot(): Run | null;
  /** How many conditions are acknowledged now. */
  acknowledgedCount(now: Date): number;
}

export function createMoments(db: Database, runs: Runs): Moments {
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
