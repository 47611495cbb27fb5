import type { Database } from '../store/database.ts';
import { integer, prepare, text } from '../store/statement.ts';
import type { History } from './history.ts';

export function createSummaryPeriod(db: Database): Pick<History, 'summaryPeriod'> {
  const lastMail = (kinds: string) =>
    prepare<[number]>(
      db,
      `SELECT run_id AS runId, created_at AS createdAt
         FROM messages
        WHERE kind IN (${kinds})
          AND run_id < ?
        ORDER BY run_id DESC
        LIMIT 1`,
    ).returning({ runId: integer, createdAt: text });
  const stmts = {
    lastSummary: lastMail("'baseline', 'summary', 'inventory'"),
    lastInventory: lastMail("'baseline', 'inventory'"),
    runsBetween: prepare<[number, number]>(
      db,
      `SELECT count(*) AS attempts, count(*) FILTER (WHERE status = 'complete') AS complete
         FROM runs
        WHERE id > ?
          AND id <= ?
          AND status <> 'running'`,
    ).returning({ attempts: integer, complete: integer }),
    // A baseline does not mention them.
    newRecordFields: prepare<[{ runId: number }]>(
      db,
      `SELECT name
         FROM record_fields
        WHERE first_run_id <= @runId
          AND first_run_id > coalesce((SELECT max(run_id)
                                         FROM messages
                                        WHERE kind IN ('summary', 'inventory')
                                          AND run_id < @runId), 0)
        ORDER BY name`,
    ).returningOne(text),
  };
  return {
    summaryPeriod(runId) {
      const last = stmts.lastSummary.get(runId);
      return {
        since: last?.createdAt ?? null,
        inventorySince: stmts.lastInventory.get(runId)?.createdAt ?? null,
        ...(stmts.runsBetween.get(last?.runId ?? 0, runId) ?? { attempts: 0, complete: 0 }),
        newRecordFields: stmts.newRecordFields.all({ runId }),
      };
    },
  };
}
