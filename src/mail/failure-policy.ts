import { msPerDay, msPerMinute } from '../time/duration.ts';

/** The failed runs since the last complete one, and the mails about them. Instants are in UTC ISO-8601. */
export interface FailureFacts {
  /** Start of the first of them. */
  failingSince: string;
  /** Start of the newest of them. */
  lastFailureAt: string;
  /** When the last mail of the same kind about them was created; null when there is none. */
  lastMailAt: string | null;
  /** The newest failure needs a person, such as a refused credential or unconfirmed removals. */
  isUrgent: boolean;
  /** How long failures may last before they are mailed. */
  alertAfterMs: number;
}

/**
 * Decides whether the newest failure is mailed: first when failures have lasted for `alertAfterMs`, then
 * once a day. Only recorded times count, not the current time, so that after a crash the next process
 * still reports the failure.
 */
export function isFailureMailDue(facts: FailureFacts): boolean {
  if (facts.lastMailAt !== null) return isDayOver(facts.lastMailAt, facts.lastFailureAt);
  const lastedMs = Date.parse(facts.lastFailureAt) - Date.parse(facts.failingSince);
  // Negative: the clock was set back in between, so nobody knows how long it really lasted.
  return facts.isUrgent || lastedMs >= facts.alertAfterMs || lastedMs < 0;
}

/** Audits are not punctual to the second. Without this, a daily audit would be reported every other day. */
const toleranceMs = 30 * msPerMinute;

function isDayOver(since: string, now: string): boolean {
  const sinceMs = Date.parse(now) - Date.parse(since);
  // One from the future was written by a clock that has been set back since.
  return sinceMs < -msPerDay || sinceMs >= msPerDay - toleranceMs;
}
