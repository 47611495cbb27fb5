import type { Database } from '../store/database.ts';
import { prepare, text } from '../store/statement.ts';
import type { SummaryPeriod } from './summary-period.ts';

/** Counts the audits since the last summary before `runId`, which an inventory is too. */
export function readSummaryPeriod(db: Database, runId: number): SummaryPeriod {
  const last = db
    .prepare<[number], { runId: number; createdAt: string }>(
      `SELECT run_id AS runId, created_at AS createdAt
         FROM messages
        WHERE kind IN ('baseline', 'summary', 'inventory')
          AND run_id < ?
        ORDER BY run_id DESC
        LIMIT 1`,
    )
    .get(runId);
  const counts = db
    .prepare<[number, number], { attempts: number; complete: number }>(
      `SELECT count(*) AS attempts, count(*) FILTER (WHERE status = 'complete') AS complete
         FROM runs
        WHERE id > ?
          AND id <= ?
          AND status <> 'running'`,
    )
    .get(last?.runId ?? 0, runId);
  const inventory = db
    .prepare<[number], { at: string }>(
      `SELECT created_at AS at
         FROM messages
        WHERE kind IN ('baseline', 'inventory')
          AND run_id < ?
        ORDER BY run_id DESC
        LIMIT 1`,
    )
    .get(runId);
  return {
    since: last?.createdAt ?? null,
    inventorySince: inventory?.at ?? null,
    attempts: counts?.attempts ?? 0,
    complete: counts?.complete ?? 0,
    newRecordFields: readNewRecordFields(db, runId),
  };
}

function readNewRecordFields(db: Database, runId: number): string[] {
  // A baseline does not mention them.
  return prepare<[{ runId: number }]>(
    db,
    `SELECT name
       FROM record_fields
      WHERE first_run_id <= @runId
        AND first_run_id > coalesce((SELECT max(run_id)
                                       FROM messages
                                      WHERE kind IN ('summary', 'inventory')
                                        AND run_id < @runId), 0)
      ORDER BY name`,
  )
    .returningOne(text)
    .all({ runId });
}
