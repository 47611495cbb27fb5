import { rowsPerGroup } from '../rules/finding-groups.ts';
import { noSeverityCounts, type Severity } from '../rules/severity.ts';
import { createAcknowledgementReader } from '../store/acknowledgement-reader.ts';
import { inChunks } from '../store/chunks.ts';
import type { Database } from '../store/database.ts';
import { findingColumns, toFinding } from '../store/findings.ts';
import { createOwnerReader, type OwnerReader } from '../store/owners.ts';
import { createRuns } from '../store/runs.ts';
import { type TokenRow, tokenColumns, toToken } from '../store/token-row.ts';
import { msPerDay } from '../time/duration.ts';
import { type GroupedRow, groupRows } from './group-rows.ts';
import { readRunNotes } from './read-run-notes.ts';
import type { Inventory, OwnedToken, RunNews, RunReport, RunTotals, TokenGroup } from './run-report.ts';

const recentDays = 30;
const recentRows = 20;

/** Reads what a complete run has to tell, as of that run; null when there is no such complete run. */
export function readRunNews(db: Database, runId: number): RunNews | null {
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
    groups: readGroups(db, runId),
    acknowledgements: createAcknowledgementReader(db).reportedBy(runId),
    ownersProblem: run.ownersProblem === null ? null : { problem: run.ownersProblem, hint: run.ownersHint ?? '' },
    ownersUnresolved: run.ownersUnresolved,
    breaker: run.breaker,
    ...readRunNotes(db, runId),
  };
}

/** Reads what there was after a complete run. */
export function readRunTotals(db: Database, { id, isBaseline, startedAt }: RunNews['run']): RunTotals {
  return {
    tokensByType: readTokensByType(db, id),
    ...countStanding(db, id),
    recent: isBaseline ? readRecent(db, id, new Date(startedAt)) : null,
  };
}

/** Both; null when there is no such complete run. */
export function readRunReport(db: Database, runId: number): RunReport | null {
  const news = readRunNews(db, runId);
  return news === null ? null : { ...news, ...readRunTotals(db, news.run) };
}

/** The first tokens of each type of a run's snapshot, oldest first; counts are exact. */
export function readInventory(db: Database, runId: number): Inventory {
  return readTokensByType(db, runId).map(({ type, count }) => ({
    type,
    count,
    tokens: readTokens(db, runId, 'type = @filter ORDER BY created_at, token_id', type, rowsPerGroup),
  }));
}

/** The whole snapshot of a run, each token with its owner as of then, read in chunks. */
export function* readOwnedTokens(db: Database, runId: number): Generator<OwnedToken> {
  const next = db.prepare<[number, string, number], TokenRow>(
    `SELECT ${tokenColumns('s')}
       FROM snapshots AS s
      WHERE s.run_id = ?
        AND s.token_id > ?
      ORDER BY s.token_id
      LIMIT ?`,
  );
  const { asOf } = createOwnerReader(db);
  yield* inChunks(
    (after, limit) => next.all(runId, after, limit),
    '',
    (row) => row.tokenId,
    (row) => toOwnedToken(row, runId, asOf),
  );
}

function readTokensByType(db: Database, runId: number): RunTotals['tokensByType'] {
  return db
    .prepare<[number], { type: string; count: number }>(
      'SELECT type, count(*) AS count FROM snapshots WHERE run_id = ? GROUP BY type ORDER BY count(*) DESC, type',
    )
    .all(runId);
}

function readGroups(db: Database, runId: number): RunNews['groups'] {
  const rows = db
    .prepare<[number, number], GroupedRow>(
      `SELECT *
         FROM (SELECT ${findingColumns},
                      count(*) OVER same AS groupCount,
                      sum(coalesce(f.detail ->> '$.tokenCount', 1)) OVER same AS groupTokenCount,
                      row_number() OVER (same ORDER BY f.token_created_at, f.id) AS position
                 FROM findings AS f
                WHERE f.run_id = ?
                  AND f.suppressed_by IS NULL
               WINDOW same AS (PARTITION BY f.kind, f.transition, f.severity))
        WHERE position <= ?
        ORDER BY kind, transition, severity, position`,
    )
    .all(runId, rowsPerGroup);
  const { asOf } = createOwnerReader(db);
  return groupRows(rows, (row) => toFinding(row, asOf));
}

function countStanding(
  db: Database,
  runId: number,
): Pick<RunTotals, 'standing' | 'subjectsStanding' | 'acknowledgedCount'> {
  const stood = `FROM conditions
                WHERE opened_run_id <= @runId
                  AND (resolved_run_id IS NULL OR resolved_run_id > @runId)`;
  const standing = noSeverityCounts();
  const bySeverity = db.prepare<[{ runId: number }], { severity: Severity; count: number }>(
    // A condition holds its severity of now; that of then is what its last transition up to the run had.
    `SELECT CASE WHEN @runId >= (SELECT max(id) FROM runs WHERE status = 'complete') THEN severity
                 ELSE coalesce((SELECT f.severity
                                  FROM findings AS f
                                 WHERE f.subject = conditions.subject
                                   AND f.condition_id = conditions.id
                                   AND f.transition <> 'resolved'
                                   AND f.run_id <= @runId
                                 ORDER BY f.id DESC
                                 LIMIT 1), severity)
            END AS severity, count(*) AS count ${stood} GROUP BY 1`,
  );
  for (const { severity, count } of bySeverity.all({ runId })) standing[severity] = count;
  const counts = db
    .prepare<[{ runId: number }], { subjects: number; acknowledged: number }>(
      `SELECT count(DISTINCT subject) AS subjects,
              count(*) FILTER (WHERE EXISTS (SELECT 1
                                               FROM acknowledgements AS a
                                              WHERE a.condition_id = conditions.id
                                                AND +a.reported_run_id <= @runId
                                                AND (a.end_reported_run_id IS NULL OR a.end_reported_run_id > @runId))) AS acknowledged
         ${stood}`,
    )
    .get({ runId });
  return { standing, subjectsStanding: counts?.subjects ?? 0, acknowledgedCount: counts?.acknowledged ?? 0 };
}

function readRecent(db: Database, runId: number, now: Date): TokenGroup {
  const since = new Date(now.getTime() - recentDays * msPerDay).toISOString();
  const count = db
    .prepare<[number, string], { count: number }>(
      'SELECT count(*) AS count FROM snapshots WHERE run_id = ? AND created_at >= ?',
    )
    .get(runId, since);
  const tokens = readTokens(db, runId, 'created_at >= @filter ORDER BY created_at DESC, token_id', since, recentRows);
  return { count: count?.count ?? 0, tokens };
}

function readTokens(
  db: Database,
  runId: number,
  whichInOrder: string,
  filter: string,
  limit: number,
): TokenGroup['tokens'] {
  const { asOf } = createOwnerReader(db);
  return db
    .prepare<[{ runId: number; filter: string; limit: number }], TokenRow>(
      `SELECT ${tokenColumns('s')}
         FROM snapshots AS s
        WHERE run_id = @runId
          AND ${whichInOrder}
        LIMIT @limit`,
    )
    .all({ runId, filter, limit })
    .map((row) => toOwnedToken(row, runId, asOf));
}

function toOwnedToken(row: TokenRow, runId: number, asOf: OwnerReader['asOf']): OwnedToken {
  return { token: toToken(row), owner: asOf(row.membershipId, runId) };
}
