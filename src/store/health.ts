import type { HealthFacts } from '../domain/health.ts';
import type { Database } from './database.ts';

/** What the database says about the worker that writes it. */
export function readHealthFacts(db: Database): HealthFacts {
  const row = db
    .prepare<
      [],
      { createdAt: string; lastCompleteAt: string | null; waitingSince: string | null; parkedCount: number }
    >(
      `SELECT (SELECT min(applied_at) FROM migrations) AS createdAt,
              (SELECT started_at FROM runs WHERE status = 'complete' ORDER BY id DESC LIMIT 1) AS lastCompleteAt,
              (SELECT min(m.created_at)
                 FROM deliveries AS d
                 JOIN messages AS m ON m.id = d.message_id
                WHERE d.status = 'pending') AS waitingSince,
              (SELECT count(*) FROM deliveries WHERE status = 'parked') AS parkedCount`,
    )
    .get();
  if (row === undefined) throw new Error('the database answers nothing');
  return {
    databaseCreatedAt: new Date(row.createdAt),
    lastCompleteAt: row.lastCompleteAt === null ? null : new Date(row.lastCompleteAt),
    mailWaitingSince: row.waitingSince === null ? null : new Date(row.waitingSince),
    parkedCount: row.parkedCount,
  };
}
