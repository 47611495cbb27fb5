import type { Database } from '../store/database.ts';
import type { FailureMail, Outage } from './outage.ts';

const errorRows = 5;

/**
 * The failures since the last complete run before `runId`, or before now when it is null; null
 * when there were none. An interrupted run counts: one restart is soon made good, many are an outage.
 */
export function readOutage(db: Database, runId: number | null): Outage | null {
  const lastComplete = db
    .prepare<[{ runId: number | null }], { id: number; startedAt: string }>(
      `SELECT id, started_at AS startedAt
         FROM runs
        WHERE status = 'complete'
          AND (@runId IS NULL OR id < @runId)
        ORDER BY id DESC
        LIMIT 1`,
    )
    .get({ runId });
  const lastId = lastComplete?.id ?? 0;
  const failures = db
    .prepare<[number], { at: string; error: string }>(
      `SELECT started_at AS at, coalesce(error, '') AS error
         FROM runs
        WHERE id > ?
          AND status IN ('failed', 'interrupted')
        ORDER BY id DESC`,
    )
    .all(lastId);
  const first = failures.at(-1);
  if (first === undefined) return null;
  const mails = db
    .prepare<[number], { kind: FailureMail; messageId: string; createdAt: string }>(
      `SELECT kind, message_id AS messageId, created_at AS createdAt
         FROM messages
        WHERE kind IN ('failing', 'breaker')
          AND run_id > ?
        ORDER BY id`,
    )
    .all(lastId);
  return {
    failingSince: first.at,
    lastFailureAt: failures[0]?.at ?? first.at,
    failedCount: failures.length,
    errors: failures.slice(0, errorRows),
    lastCompleteAt: lastComplete?.startedAt ?? null,
    thread: mails.map(({ messageId }) => messageId),
    lastMailAt: {
      failing: mails.findLast(({ kind }) => kind === 'failing')?.createdAt ?? null,
      breaker: mails.findLast(({ kind }) => kind === 'breaker')?.createdAt ?? null,
    },
  };
}
