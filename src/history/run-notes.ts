import type { Database } from '../store/database.ts';
import { noLongerAReader } from '../store/outbox.ts';
import { boolean, integer, nullable, prepare, text } from '../store/statement.ts';
import { msPerDay } from '../time/duration.ts';
import type { RunFindings } from './report.ts';

type RunNotes = Pick<RunFindings, 'rejudgedCount' | 'discardedRecipients' | 'blindRuns' | 'ownersLost'>;

/** The mails that carry notes. */
const reportKinds = "'baseline', 'digest', 'summary', 'inventory'";
// Not max(): with a further condition it would read all that there ever were.
const lastReportRun = `coalesce((SELECT run_id
                                   FROM messages
                                  WHERE run_id < @runId
                                    AND kind IN (${reportKinds})
                                  ORDER BY run_id DESC
                                  LIMIT 1), 0)`;

/** Prepares what readers must know about the audits themselves and no mail has said yet, as of a run. */
export function createRunNotes(db: Database): (runId: number) => RunNotes {
  const stmts = {
    rejudged: prepare<[{ runId: number }]>(
      db,
      `SELECT count(*)
         FROM findings
        WHERE suppressed_by = 'settings-changed'
          AND run_id <= @runId
          AND run_id > ${lastReportRun}`,
    ).returningOne(integer),
    blind: prepare<[{ runId: number }]>(
      db,
      `SELECT count(*)
         FROM runs
        WHERE status = 'complete'
          AND owners_known = 0
          AND id < @runId
          AND id > min(${lastReportRun},
                       coalesce((SELECT id FROM runs WHERE owners_known = 1 AND id < @runId ORDER BY id DESC LIMIT 1), 0))`,
    ).returningOne(integer),
    // By the order in which rows were written and not by their times, since a clock may be set back.
    discarded: prepare<[{ runId: number; reason: string }]>(
      db,
      `SELECT recipient, count(*) AS count
         FROM deliveries
        WHERE status = 'discarded'
          AND discard_reason = @reason
          AND discarded_after >= coalesce((SELECT max(id) FROM messages WHERE run_id < @runId AND kind IN (${reportKinds})), 0)
          AND discarded_after < coalesce((SELECT min(id) FROM messages WHERE run_id >= @runId), discarded_after + 1)
        GROUP BY recipient
        ORDER BY recipient`,
    ).returning({ recipient: text, count: integer }),
    owners: prepare<[{ runId: number }]>(
      db,
      `SELECT r.owners_known AS isKnown, r.started_at AS startedAt,
              (SELECT before.owners_known
                 FROM runs AS before
                WHERE before.status = 'complete'
                  AND before.id < r.id
                ORDER BY before.id DESC
                LIMIT 1) AS wasKnown,
              (SELECT blind.started_at
                 FROM messages AS m
                 JOIN runs AS blind ON blind.id = m.run_id
                WHERE blind.owners_known = 0
                  AND blind.id < r.id
                  AND m.kind IN (${reportKinds})
                ORDER BY blind.id DESC
                LIMIT 1) AS reportedAt
         FROM runs AS r
        WHERE r.id = @runId`,
    ).returning({
      isKnown: nullable(boolean),
      startedAt: text,
      wasKnown: nullable(boolean),
      reportedAt: nullable(text),
    }),
  };

  /** Reported once when it begins; where owners come and go, once a day at most. */
  function ownersLost(runId: number): boolean {
    const owners = stmts.owners.get({ runId });
    if (owners?.isKnown !== false || owners.wasKnown !== true) return false;
    const { startedAt, reportedAt } = owners;
    return reportedAt === null || Math.abs(Date.parse(startedAt) - Date.parse(reportedAt)) >= msPerDay;
  }

  return (runId) => ({
    rejudgedCount: stmts.rejudged.get({ runId }) ?? 0,
    blindRuns: stmts.blind.get({ runId }) ?? 0,
    discardedRecipients: stmts.discarded.all({ runId, reason: noLongerAReader }),
    ownersLost: ownersLost(runId),
  });
}
