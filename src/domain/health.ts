import type { Schedule } from './audit-schedule.ts';

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

const longestMailWaitMs = 60 * 60_000;

/**
 * Every reason why a worker is not healthy; none when it is. It judges what was achieved and not
 * that a process exists: an audit must have completed for every tick that is over, and mail must
 * flow. A new database has as long for its first audit, counted from its creation and not from
 * the last restart.
 */
export function judgeHealth(facts: HealthFacts, limits: HealthLimits, now: Date): string[] {
  const reasons: string[] = [];
  const graceMs = limits.deadlineMs + limits.overdueMs;
  // A run from the future was written by a clock that has been set back since.
  const lastMs = facts.lastCompleteAt === null ? null : Math.min(facts.lastCompleteAt.getTime(), now.getTime());
  const dueAt = lastMs === null ? facts.databaseCreatedAt : limits.schedule.next(new Date(lastMs));
  if (now.getTime() > dueAt.getTime() + graceMs) {
    reasons.push(
      facts.lastCompleteAt === null
        ? `no audit was ever complete, and the database is there since ${dueAt.toISOString()}`
        : `no audit was complete since ${facts.lastCompleteAt.toISOString()}; one was due at ${dueAt.toISOString()}`,
    );
  }
  if (facts.mailWaitingSince !== null && now.getTime() - facts.mailWaitingSince.getTime() > longestMailWaitMs) {
    reasons.push(`mail waits since ${facts.mailWaitingSince.toISOString()}; \`mail\` says why`);
  }
  if (facts.parkedCount > 0) {
    reasons.push(
      `${facts.parkedCount} ${facts.parkedCount === 1 ? 'delivery is' : 'deliveries are'} parked; \`mail\` says why`,
    );
  }
  return reasons;
}
