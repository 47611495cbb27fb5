import type { Database } from '../store/database.ts';
import { noLongerAReader } from '../store/outbox.ts';
import { msPerDay } from '../time/duration.ts';
import type { RunNews } from './run-report.ts';

/** The mails that carry notes. */
const reportKinds = "'baseline', 'digest', 'summary', 'inventory'";
// Not max(): with a further condition it would read all that there ever were.
const lastReportRun = `coalesce((SELECT run_id
                                   FROM messages
                                  WHERE run_id < @runId
                                    AND kind IN (${reportKinds})
                                  ORDER BY run_id DESC
                                  LIMIT 1), 0)`;

type RunNotes = Pick<RunNews, 'rejudgedCount' | 'discardedRecipients' | 'blindRuns' | 'ownersLost'>;

/** What a reader must know about the audits themselves and no mail has said yet, as of a run. */
export function readRunNotes(db: Database, runId: number): RunNotes {
  return {
    rejudgedCount: count(
      db,
      runId,
      `SELECT count(*) AS count
         FROM findings
        WHERE suppressed_by = 'settings-changed'
          AND run_id <= @runId
          AND run_id > ${lastReportRun}`,
    ),
    blindRuns: count(
      db,
      runId,
      `SELECT count(*) AS count
         FROM runs
        WHERE status = 'complete'
          AND owners_known = 0
          AND id < @runId
          AND id > min(${lastReportRun},
                       coalesce((SELECT id FROM runs WHERE owners_known = 1 AND id < @runId ORDER BY id DESC LIMIT 1), 0))`,
    ),
    discardedRecipients: readDiscardedRecipients(db, runId),
    ownersLost: readOwnersLost(db, runId),
  };
}

/** Told once when it begins; where owners come and go, once a day at most. */
function readOwnersLost(db: Database, runId: number): boolean {
  const row = db
    .prepare<
      [{ runId: number }],
      { known: number; knownBefore: number | null; startedAt: string; lastToldAt: string | null }
    >(
      `SELECT r.owners_known AS known, r.started_at AS startedAt,
              (SELECT before.owners_known
                 FROM runs AS before
                WHERE before.status = 'complete'
                  AND before.id < r.id
                ORDER BY before.id DESC
                LIMIT 1) AS knownBefore,
              (SELECT told.started_at
                 FROM messages AS m
                 JOIN runs AS told ON told.id = m.run_id
                WHERE told.owners_known = 0
                  AND told.id < r.id
                  AND m.kind IN (${reportKinds})
                ORDER BY told.id DESC
                LIMIT 1) AS lastToldAt
         FROM runs AS r
        WHERE r.id = @runId`,
    )
    .get({ runId });
  if (row === undefined || row.known !== 0 || row.knownBefore !== 1) return false;
  const sinceToldMs = row.lastToldAt === null ? null : Date.parse(row.startedAt) - Date.parse(row.lastToldAt);
  return sinceToldMs === null || Math.abs(sinceToldMs) >= msPerDay;
}

function count(db: Database, runId: number, sql: string): number {
  return db.prepare<[{ runId: number }], { count: number }>(sql).get({ runId })?.count ?? 0;
}

/** By the order in which things were written and not by their times, since a clock may be set back. */
function readDiscardedRecipients(db: Database, runId: number): RunNews['discardedRecipients'] {
  return db
    .prepare<[{ runId: number; reason: string }], { recipient: string; count: number }>(
      `SELECT recipient, count(*) AS count
         FROM deliveries
        WHERE status = 'discarded'
          AND discard_reason = @reason
          AND discarded_after >= coalesce((SELECT max(id) FROM messages WHERE run_id < @runId AND kind IN (${reportKinds})), 0)
          AND discarded_after < coalesce((SELECT min(id) FROM messages WHERE run_id >= @runId), discarded_after + 1)
        GROUP BY recipient
        ORDER BY recipient`,
    )
    .all({ runId, reason: noLongerAReader });
}
