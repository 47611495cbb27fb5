import type { Database } from '../store/database.ts';
import { noLongerAReader } from '../store/outbox.ts';
import type { Run } from '../store/runs.ts';
import { integer, prepare, text } from '../store/statement.ts';
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

/** Prepares what readers must know about the audits themselves and no mail has said yet, as of a run. `previous`: the complete run before it. */
export function createRunNotes(db: Database): (run: Run, previous: Run | null) => RunNotes {
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
    unknownReportedAt: prepare<[{ runId: number }]>(
      db,
      `SELECT r.started_at
         FROM messages AS m
         JOIN runs AS r ON r.id = m.run_id
        WHERE r.owners_known = 0
          AND r.id < @runId
          AND m.kind IN (${reportKinds})
        ORDER BY r.id DESC
        LIMIT 1`,
    ).returningOne(text),
  };

  /** Reported once when it begins; where owners come and go, once a day at most. */
  function ownersLost({ id, startedAt, ownersKnown }: Run, previous: Run | null): boolean {
    if (ownersKnown !== false || previous?.ownersKnown !== true) return false;
    const reportedAt = stmts.unknownReportedAt.get({ runId: id });
    return reportedAt === null || Math.abs(Date.parse(startedAt) - Date.parse(reportedAt)) >= msPerDay;
  }

  return (run, previous) => ({
    rejudgedCount: stmts.rejudged.get({ runId: run.id }) ?? 0,
    blindRuns: stmts.blind.get({ runId: run.id }) ?? 0,
    discardedRecipients: stmts.discarded.all({ runId: run.id, reason: noLongerAReader }),
    ownersLost: ownersLost(run, previous),
  });
}
