import type { Database } from '../store/database.ts';
import type { Schedule } from '../time/cron-schedule.ts';

/** What the database says about a worker. */
export interface HealthFacts {
  databaseCreatedAt: Date;
  /** Start of the last complete run; null when there is none yet. */
  lastCompleteAt: Date | null;
  /** Since when the mail that waits longest waits; null when none does. */
  mailWaitingSince: Date | null;
  parkedCount: number;
}

export interface HealthLimits {
  schedule: Schedule;
  /** The longest that an audit may take. */
  deadlineMs: number;
  /** The longest that an audit may be late. */
  overdueMs: number;
}

const maxMailWaitMs = 60 * 60_000;

/**
 * Every reason why a worker is not healthy; none when it is. It judges what was achieved and not
 * that a process exists: an audit must have completed for every tick that is over, and mail must
 * flow. A new database has as long for its first audit, counted from its creation and not from
 * the last restart.
 */
export function judgeHealth(facts: HealthFacts, limits: HealthLimits, now: Date): string[] {
  const reasons: string[] = [];
  const graceMs = limits.deadlineMs + limits.overdueMs;
  const { lastCompleteAt } = facts;
  const dueAt = lastCompleteAt === null ? facts.databaseCreatedAt : limits.schedule.next(lastCompleteAt);
  if (lastCompleteAt !== null && lastCompleteAt.getTime() > now.getTime() + graceMs) {
    // The clock was wrong then or is now; either way nothing vouches for the time since.
    reasons.push(`the last complete audit is dated ${lastCompleteAt.toISOString()}, which is yet to come`);
  } else if (now.getTime() > dueAt.getTime() + graceMs) {
    reasons.push(
      lastCompleteAt === null
        ? `no audit was ever complete, and the database is there since ${dueAt.toISOString()}`
        : `no audit was complete since ${lastCompleteAt.toISOString()}; one was due at ${dueAt.toISOString()}`,
    );
  }
  // Either way round: mail from the future was written by a clock that has been set back since.
  const mailWaitMs = facts.mailWaitingSince === null ? 0 : now.getTime() - facts.mailWaitingSince.getTime();
  if (facts.mailWaitingSince !== null && Math.abs(mailWaitMs) > maxMailWaitMs) {
    reasons.push(`mail waits since ${facts.mailWaitingSince.toISOString()}; \`mail\` says why`);
  }
  if (facts.parkedCount > 0) {
    reasons.push(
      `${facts.parkedCount} ${facts.parkedCount === 1 ? 'delivery is' : 'deliveries are'} parked; \`mail\` says why`,
    );
  }
  return reasons;
}

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
