import type { Database } from '../store/database.ts';
import { type Run, type Runs, selectRun } from '../store/runs.ts';
import { integer, prepare, type RowOf } from '../store/statement.ts';
import type { Moments } from './history.ts';

/** The moment that a question is about. */
export type AsOf = { instant: Date } & (
  | {
      isPast: false;
      /** The last complete run; null: no audit has completed. */
      run: Run | null;
    }
  | {
      /** A run or an instant was asked for. */
      isPast: true;
      /** The newest complete run of then. */
      run: Run;
    }
);

const runTally = {
  complete: integer,
  failed: integer,
  interrupted: integer,
  /** Complete runs that could not resolve the owners. */
  ownersUnknown: integer,
};

/** How some runs ended. */
export type RunTally = RowOf<typeof runTally>;

const noRuns: RunTally = { complete: 0, failed: 0, interrupted: 0, ownersUnknown: 0 };

export function createMoments(db: Database, runs: Runs): Moments {
  const stmts = {
    lastAsOf: selectRun<[string]>(db, 'WHERE started_at <= ? ORDER BY id DESC'),
    completeAsOf: selectRun<[string]>(db, "WHERE status = 'complete' AND started_at <= ? ORDER BY id DESC"),
    completeBefore: selectRun<[number]>(db, "WHERE status = 'complete' AND id < ? ORDER BY id DESC"),
    completeAfter: selectRun<[number]>(db, "WHERE status = 'complete' AND id > ? ORDER BY id"),
    oldestSnapshot: selectRun(
      db,
      "WHERE status = 'complete' AND id >= coalesce((SELECT oldest_run_id FROM retention), 0) ORDER BY id",
    ),
    tally: prepare<[string, string]>(
      db,
      `SELECT count(*) FILTER (WHERE status = 'complete') AS complete,
              count(*) FILTER (WHERE status = 'failed') AS failed,
              count(*) FILTER (WHERE status = 'interrupted') AS interrupted,
              count(*) FILTER (WHERE owners_known = 0) AS ownersUnknown
         FROM runs
        WHERE started_at >= ?
          AND started_at < ?`,
    ).returning(runTally),
    acknowledgedNow: prepare<[string]>(
      db,
      'SELECT count(*) FROM acknowledgements WHERE ended_at IS NULL AND expires_at > ?',
    ).returningOne(integer),
    acknowledgedAt: prepare<[{ instant: string }]>(
      db,
      `SELECT count(*)
         FROM acknowledgements
        WHERE created_at <= @instant
          AND expires_at > @instant
          AND (ended_at IS NULL OR ended_at > @instant)`,
    ).returningOne(integer),
  };
  return {
    run: runs.find,
    lastComplete: runs.lastComplete,
    completeAsOf: (instant) => stmts.completeAsOf.get(instant.toISOString()),
    completeBefore: (id) => stmts.completeBefore.get(id),
    completeAfter: (id) => stmts.completeAfter.get(id),
    oldestSnapshot: () => stmts.oldestSnapshot.get(),
    lastRun({ isPast, run, instant }) {
      if (!isPast) return runs.last();
      // Where a clock was set back, a later run may have the time of the one that was asked for.
      const at = instant.toISOString();
      return run.startedAt === at ? run : stmts.lastAsOf.get(at);
    },
    tally: (from, to) => stmts.tally.get(from.toISOString(), to.toISOString()) ?? noRuns,
    acknowledgedCount({ isPast, instant }) {
      const at = instant.toISOString();
      // By the clock alone, one that ended would still count after the clock was set back.
      return (isPast ? stmts.acknowledgedAt.get({ instant: at }) : stmts.acknowledgedNow.get(at)) ?? 0;
    },
  };
}
