import { msPerDay, msPerMinute } from '../time/duration.ts';

/** The failed runs since the last complete one, and the mails about them. Instants are in UTC ISO-8601. */
export interface FailureFacts {
  /** Start of the first of these runs. */
  failingSince: string;
  /** Start of the newest of these runs. */
  lastFailureAt: string;
  /** When the newest failure was recorded, or an audit was found to be stuck. */
  lastNoticedAt: string;
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
  if (facts.lastMailAt !== null) return isDayOver(facts.lastMailAt, facts.lastNoticedAt);
  const lastedMs = Date.parse(facts.lastFailureAt) - Date.parse(facts.failingSince);
  // A negative duration means that the clock was set back in between, so the real duration is unknown.
  return facts.isUrgent || lastedMs >= facts.alertAfterMs || lastedMs < 0;
}

/** Audits do not start exactly on time. Without this, the failure of a daily audit might be mailed only every other day. */
const toleranceMs = 30 * msPerMinute;

function isDayOver(since: string, now: string): boolean {
  const sinceMs = Date.parse(now) - Date.parse(since);
  // A mail from the future was created before the clock was set back.
  return sinceMs < -msPerDay || sinceMs >= msPerDay - toleranceMs;
}
