import type { Database } from '../store/database.ts';
import { integer, prepare, text } from '../store/statement.ts';
import { ageInDays, msPerDay } from '../time/duration.ts';
import type { History } from './history.ts';
import type { Trend } from './report.ts';

/** Where each age group begins, in days: the thresholds that auditors ask about. */
export const ageGroupDays = [0, 30, 90, 180, 365] as const;
const trendWeeks = 8;

export function createSummary(db: Database): Pick<History, 'summaryPeriod' | 'trend'> {
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
    baselineAt: prepare(db, 'SELECT started_at FROM runs WHERE is_baseline = 1 ORDER BY id DESC LIMIT 1').returningOne(
      text,
    ),
    lastInventory: lastMail("'baseline', 'inventory'"),
    runsBetween: prepare<[number, number]>(
      db,
      `SELECT count(*) AS runs, count(*) FILTER (WHERE status = 'complete') AS complete
         FROM runs
        WHERE id > ?
          AND id <= ?
          AND status <> 'running'`,
    ).returning({ runs: integer, complete: integer }),
    // Baselines do not mention record fields, so they do not count here.
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
    creations: prepare<[number]>(db, 'SELECT created_at FROM snapshots WHERE run_id = ?').returningOne(text),
    lastBetween: prepare<[{ runId: number; after: string; until: string }]>(
      db,
      `SELECT r.started_at AS at, r.token_count AS tokenCount,
              (SELECT count(*)
                 FROM conditions AS c
                WHERE c.opened_run_id <= r.id
                  AND (c.resolved_run_id IS NULL OR c.resolved_run_id > r.id)) AS openCount
         FROM runs AS r
        WHERE r.status = 'complete'
          AND r.id <= @runId
          AND r.started_at > @after
          AND r.started_at <= @until
        ORDER BY r.id DESC
        LIMIT 1`,
    ).returning({ at: text, tokenCount: integer, openCount: integer }),
  };

  function ages(runId: number, now: Date): Trend['ages'] {
    const groups = ageGroupDays.map((fromDays) => ({ fromDays, count: 0 }));
    for (const createdAt of stmts.creations.iterate(runId)) {
      const age = ageInDays(createdAt, now);
      const group = groups.findLast(({ fromDays }) => age >= fromDays);
      if (group !== undefined) group.count += 1;
    }
    return groups;
  }

  function weeks(runId: number, now: Date): Trend['weeks'] {
    const weeksBack = Array.from({ length: trendWeeks }, (_, index) => trendWeeks - 1 - index);
    const week = (back: number) => ({
      runId,
      after: daysBefore(now, 7 * (back + 1)),
      until: daysBefore(now, 7 * back),
    });
    // Leaves out weeks in which no audit completed, because nothing is known about them.
    return weeksBack.map((back) => stmts.lastBetween.get(week(back))).filter((last) => last !== null);
  }

  return {
    summaryPeriod(runId) {
      const last = stmts.lastSummary.get(runId);
      return {
        since: last?.createdAt ?? null,
        baselineAt: stmts.baselineAt.get(),
        inventorySince: stmts.lastInventory.get(runId)?.createdAt ?? null,
        ...(stmts.runsBetween.get(last?.runId ?? 0, runId) ?? { runs: 0, complete: 0 }),
        newRecordFields: stmts.newRecordFields.all({ runId }),
      };
    },
    trend: (runId, now) => ({ ages: ages(runId, now), weeks: weeks(runId, now) }),
  };
}

function daysBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * msPerDay).toISOString();
}
