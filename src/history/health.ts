import { lastSignOfLife } from '../store/audit-lock.ts';
import type { Database } from '../store/database.ts';
import { selectRun } from '../store/runs.ts';
import { instant, integer, nullable, prepare, type RowOf } from '../store/statement.ts';
import type { Schedule } from '../time/cron-schedule.ts';
import { judgeUnfinishedAudit, type StuckLimits, type UnfinishedAudit } from './stuck-audit.ts';

const countedFacts = {
  databaseCreatedAt: instant,
  /** Start of the last complete run; null: there is none yet. */
  lastCompleteAt: nullable(instant),
  /** When the oldest waiting mail was created; null: no mail is waiting. */
  mailWaitingSince: nullable(instant),
  parkedCount: integer,
};

/** What the database knows about the health of the worker. */
export interface HealthFacts extends RowOf<typeof countedFacts> {
  /** The newest run if it has not ended. Its process may have died, so that no process holds the lock. */
  unfinished: UnfinishedAudit | null;
}

export interface HealthLimits extends StuckLimits {
  schedule: Schedule;
  /** How late an audit may begin. */
  overdueMs: number;
}

const maxMailWaitMs = 60 * 60_000;
/** What an operator can do about mail that does not arrive. */
const waysOut =
  'run `omni-token-audit mail` to see why; take an address that no longer exists out of MAIL_TO, give a mail up with `omni-token-audit mail --discard`, or repair the cause';

/**
 * Returns all reasons why the worker is not healthy. What counts is the result, not whether a process is
 * running: each tick must have led to a complete audit by the time that deadline and tolerance are over, and no
 * mail may wait long. The time for the first audit counts from the creation of the database, not from a restart.
 */
export function judgeHealth(facts: HealthFacts, limits: HealthLimits, now: Date): string[] {
  const reasons: string[] = [];
  const graceMs = limits.deadlineMs + limits.overdueMs;
  const { lastCompleteAt, mailWaitingSince, parkedCount } = facts;
  const dueAt = lastCompleteAt === null ? facts.databaseCreatedAt : limits.schedule.next(lastCompleteAt);
  if (lastCompleteAt !== null && lastCompleteAt.getTime() > now.getTime() + graceMs) {
    // The clock was wrong then or is wrong now. Either way, we do not know whether audits are overdue.
    reasons.push(`the last completed audit is dated ${lastCompleteAt.toISOString()}, which is in the future`);
  } else if (now.getTime() > dueAt.getTime() + graceMs) {
    reasons.push(
      lastCompleteAt === null
        ? `no audit has ever completed, and the database has existed since ${dueAt.toISOString()}`
        : `no audit has completed since ${lastCompleteAt.toISOString()}; one was due at ${dueAt.toISOString()}`,
    );
  }
  const stuck = facts.unfinished && judgeUnfinishedAudit(facts.unfinished, limits, now);
  if (stuck !== null)
    reasons.push(`${stuck.error}; restart its service or container, or end that process on the host that is named`);
  // Mail that is dated in the future was created before a clock was set back, so it has been waiting, too.
  if (mailWaitingSince !== null && Math.abs(now.getTime() - mailWaitingSince.getTime()) > maxMailWaitMs) {
    reasons.push(`mail has been waiting since ${mailWaitingSince.toISOString()}; ${waysOut}`);
  }
  if (parkedCount > 0) {
    const deliveries = parkedCount === 1 ? 'delivery is' : 'deliveries are';
    reasons.push(`${parkedCount} ${deliveries} parked; ${waysOut}, then run \`omni-token-audit mail --retry\``);
  }
  return reasons;
}

export function createHealthFacts(db: Database): { healthFacts(): HealthFacts } {
  const facts = prepare(
    db,
    `SELECT (SELECT min(applied_at) FROM migrations) AS databaseCreatedAt,
            (SELECT started_at FROM runs WHERE status = 'complete' ORDER BY id DESC LIMIT 1) AS lastCompleteAt,
            (SELECT min(m.created_at)
               FROM deliveries AS d
               JOIN messages AS m ON m.id = d.message_id
              WHERE d.status = 'pending') AS mailWaitingSince,
            (SELECT count(*) FROM deliveries WHERE status = 'parked') AS parkedCount`,
  ).returning(countedFacts);
  const lastRun = selectRun(db, 'ORDER BY id DESC');
  return {
    healthFacts() {
      const row = facts.get();
      if (row === null) throw new Error('the database returned no row');
      const run = lastRun.get();
      return { ...row, unfinished: run?.status === 'running' ? { run, aliveAt: lastSignOfLife(db.name) } : null };
    },
  };
}
