import type { RunReport } from '../domain/run-report.ts';
import { noSeverityCounts, type Severity } from '../domain/severity.ts';
import { msPerDay } from '../domain/token.ts';
import type { Database } from './database.ts';
import { type GroupedRow, groupFindings } from './finding-groups.ts';
import { findingColumns } from './findings.ts';
import { noLongerAReader } from './outbox.ts';
import { createRuns } from './runs.ts';
import { type TokenRow, toToken } from './token-row.ts';

/** More would not be read in a mail; the counts stay exact. */
const rowsPerGroup = 50;
const recentDays = 30;
const recentRows = 20;
/** The mails that carry notes. */
const reportKinds = "'baseline', 'digest', 'summary', 'inventory'";

/** Reads what a complete run has to tell, as of that run; null when there is no such complete run. */
export function readRunReport(db: Database, runId: number): RunReport | null {
  const runs = createRuns(db);
  const run = runs.find(runId);
  if (run?.status !== 'complete') return null;
  const previous = runs.completeBefore(runId);
  return {
    run: {
      id: run.id,
      startedAt: run.startedAt,
      isBaseline: run.isBaseline,
      tokenCount: run.tokenCount ?? 0,
      surplus: run.surplus ?? 0,
    },
    previous: previous && { id: previous.id, startedAt: previous.startedAt },
    tokensByType: readTokensByType(db, runId),
    groups: readGroups(db, runId),
    ...readStanding(db, runId),
    rejudgedCount: readRejudgedCount(db, runId),
    discardedRecipients: readDiscardedRecipients(db, runId),
    recent: run.isBaseline ? readRecent(db, runId, new Date(run.startedAt)) : null,
  };
}

function readTokensByType(db: Database, runId: number): RunReport['tokensByType'] {
  return db
    .prepare<[number], { type: string; count: number }>(
      'SELECT type, count(*) AS count FROM snapshots WHERE run_id = ? GROUP BY type ORDER BY count(*) DESC, type',
    )
    .all(runId);
}

function readGroups(db: Database, runId: number): RunReport['groups'] {
  const rows = db
    .prepare<[number, number], GroupedRow>(
      `SELECT *
         FROM (SELECT ${findingColumns},
                      count(*) OVER same AS groupCount,
                      row_number() OVER (same ORDER BY f.token_created_at, f.id) AS position
                 FROM findings AS f
                WHERE f.run_id = ?
                  AND f.silence IS NULL
               WINDOW same AS (PARTITION BY f.kind, f.turn, f.severity))
        WHERE position <= ?
        ORDER BY kind, turn, severity, position`,
    )
    .all(runId, rowsPerGroup);
  return groupFindings(rows);
}

function readStanding(db: Database, runId: number): Pick<RunReport, 'standing' | 'subjectsStanding'> {
  const stood = `FROM conditions
                WHERE opened_run_id <= @runId
                  AND (resolved_run_id IS NULL OR resolved_run_id > @runId)`;
  const standing = noSeverityCounts();
  const bySeverity = db.prepare<[{ runId: number }], { severity: Severity; count: number }>(
    `SELECT severity, count(*) AS count ${stood} GROUP BY severity`,
  );
  for (const { severity, count } of bySeverity.all({ runId })) standing[severity] = count;
  const subjects = db
    .prepare<[{ runId: number }], { count: number }>(`SELECT count(DISTINCT subject) AS count ${stood}`)
    .get({ runId });
  return { standing, subjectsStanding: subjects?.count ?? 0 };
}

function readRejudgedCount(db: Database, runId: number): number {
  const row = db
    .prepare<[{ runId: number }], { count: number }>(
      `SELECT count(*) AS count
         FROM findings
        WHERE silence = 'settings-changed'
          AND run_id <= @runId
          AND run_id > coalesce((SELECT max(run_id) FROM messages WHERE run_id < @runId AND kind IN (${reportKinds})), 0)`,
    )
    .get({ runId });
  return row?.count ?? 0;
}

function readDiscardedRecipients(db: Database, runId: number): RunReport['discardedRecipients'] {
  return db
    .prepare<[{ runId: number; reason: string }], { recipient: string; count: number }>(
      `SELECT recipient, count(*) AS count
         FROM deliveries
        WHERE status = 'discarded'
          AND discard_reason = @reason
          AND discarded_at <= (SELECT finished_at FROM runs WHERE id = @runId)
          AND discarded_at > coalesce((SELECT max(created_at) FROM messages WHERE run_id < @runId AND kind IN (${reportKinds})), '')
        GROUP BY recipient
        ORDER BY recipient`,
    )
    .all({ runId, reason: noLongerAReader });
}

function readRecent(db: Database, runId: number, now: Date): RunReport['recent'] {
  const since = new Date(now.getTime() - recentDays * msPerDay).toISOString();
  const count = db
    .prepare<[number, string], { count: number }>(
      'SELECT count(*) AS count FROM snapshots WHERE run_id = ? AND created_at >= ?',
    )
    .get(runId, since);
  const rows = db
    .prepare<[number, string, number], TokenRow>(
      `SELECT token_id AS tokenId, name, type, enabled, created_at AS createdAt, membership_id AS membershipId
         FROM snapshots
        WHERE run_id = ?
          AND created_at >= ?
        ORDER BY created_at DESC, token_id
        LIMIT ?`,
    )
    .all(runId, since, recentRows);
  return { count: count?.count ?? 0, tokens: rows.map(toToken) };
}
