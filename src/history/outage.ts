import type { Database } from '../store/database.ts';
import type { Run } from '../store/runs.ts';
import { prepare, text, textOf } from '../store/statement.ts';
import type { RunLookup } from './as-of.ts';
import type { History } from './history.ts';
import type { FailureMail, Outage } from './report.ts';
import type { StuckAudit } from './stuck-audit.ts';

const maxErrors = 5;

export function createOutage(db: Database, lookup: RunLookup): Pick<History, 'outage' | 'outageBefore'> {
  const stmts = {
    // Interrupted runs count, too. The next run soon makes up for a single restart, but many are an outage.
    failuresAfter: prepare<[number]>(
      db,
      `SELECT started_at AS at, finished_at AS noticedAt, coalesce(error, '') AS error
         FROM runs
        WHERE id > ?
          AND status IN ('failed', 'interrupted')
        ORDER BY id DESC`,
    ).returning({ at: text, noticedAt: text, error: text }),
    // A mail about a stuck audit may belong to a run that completed, before or afterwards. `recovered` ends the outage.
    mailsSince: prepare<[number]>(
      db,
      `SELECT kind, message_id AS messageId, created_at AS createdAt
         FROM messages
        WHERE kind IN ('failing', 'breaker')
          AND run_id >= ?
          AND id > coalesce((SELECT max(id) FROM messages WHERE kind = 'recovered'), 0)
        ORDER BY id`,
    ).returning({ kind: textOf<FailureMail>(), messageId: text, createdAt: text }),
  };

  function since(last: Run | null, stuck?: StuckAudit): Outage | null {
    const runs = stmts.failuresAfter.all(last?.id ?? 0);
    const failures = stuck === undefined ? runs : [{ ...stuck, at: stuck.noticedAt }, ...runs];
    const mails = stmts.mailsSince.all(last?.id ?? 0);
    const failingSince = runs.at(-1)?.at ?? stuck?.since ?? mails[0]?.createdAt;
    if (failingSince === undefined) return null;
    const lastMailAt = (kind: FailureMail): string | null =>
      mails.findLast((mail) => mail.kind === kind)?.createdAt ?? null;
    return {
      failingSince,
      lastFailureAt: failures[0]?.at ?? failingSince,
      lastNoticedAt: failures[0]?.noticedAt ?? failingSince,
      failedCount: failures.length,
      errors: failures.slice(0, maxErrors).map(({ at, error }) => ({ at, error })),
      lastCompleteAt: last?.startedAt ?? null,
      thread: mails.map(({ messageId }) => messageId),
      lastMailAt: { failing: lastMailAt('failing'), breaker: lastMailAt('breaker') },
    };
  }

  return {
    outage: (stuck) => since(lookup.lastComplete(), stuck),
    outageBefore: (runId) => since(lookup.completeBefore(runId)),
  };
}
