import type { Database } from '../store/database.ts';
import type { Run } from '../store/runs.ts';
import { prepare, text, textOf } from '../store/statement.ts';
import type { RunLookup } from './as-of.ts';
import type { History } from './history.ts';
import type { FailureMail, Outage } from './report.ts';

const maxErrors = 5;

export function createOutage(db: Database, lookup: RunLookup): Pick<History, 'outage' | 'outageBefore'> {
  const stmts = {
    // Interrupted runs count, too. The next run soon makes up for a single restart, but many are an outage.
    failuresAfter: prepare<[number]>(
      db,
      `SELECT started_at AS at, coalesce(error, '') AS error
         FROM runs
        WHERE id > ?
          AND status IN ('failed', 'interrupted')
        ORDER BY id DESC`,
    ).returning({ at: text, error: text }),
    mailsAfter: prepare<[number]>(
      db,
      `SELECT kind, message_id AS messageId, created_at AS createdAt
         FROM messages
        WHERE kind IN ('failing', 'breaker')
          AND run_id > ?
        ORDER BY id`,
    ).returning({ kind: textOf<FailureMail>(), messageId: text, createdAt: text }),
  };

  function since(last: Run | null): Outage | null {
    const failures = stmts.failuresAfter.all(last?.id ?? 0);
    const [newest, oldest] = [failures[0], failures.at(-1)];
    if (newest === undefined || oldest === undefined) return null;
    const mails = stmts.mailsAfter.all(last?.id ?? 0);
    const lastMailAt = (kind: FailureMail): string | null =>
      mails.findLast((mail) => mail.kind === kind)?.createdAt ?? null;
    return {
      failingSince: oldest.at,
      lastFailureAt: newest.at,
      failedCount: failures.length,
      errors: failures.slice(0, maxErrors),
      lastCompleteAt: last?.startedAt ?? null,
      thread: mails.map(({ messageId }) => messageId),
      lastMailAt: { failing: lastMailAt('failing'), breaker: lastMailAt('breaker') },
    };
  }

  return {
    outage: () => since(lookup.lastComplete()),
    outageBefore: (runId) => since(lookup.completeBefore(runId)),
  };
}
