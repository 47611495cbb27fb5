import { msPerDay, msPerMinute } from '../time/duration.ts';

/** The failed runs since the last complete one, and the mails about them. */
export interface FailureFacts {
  /** Start of the first of them. */
  failingSince: Date;
  /** Start of the newest of them. */
  lastFailureAt: Date;
  /** When the last mail of the same kind about them was created; null when there is none. */
  lastMailAt: Date | null;
  /** Waiting cannot help against the newest failure: a refused credential, unconfirmed removals. */
  isUrgent: boolean;
  /** How long failures may last before they are mailed. */
  alertAfterMs: number;
}

const reminderAfterMs = msPerDay;
/** Daily runs are not punctual to the second. Without this, every second reminder would be skipped. */
const toleranceMs = 30 * msPerMinute;

/**
 * Decides whether the newest failure is mailed: `failing` the first time, then `reminder` once a day.
 * The answer depends on what was recorded, not on when it is asked, so that the next process reports
 * the failure of one that crashed.
 */
export function mailForFailure(facts: FailureFacts): 'failing' | 'reminder' | null {
  const newestMs = facts.lastFailureAt.getTime();
  if (facts.lastMailAt !== null) {
    const sinceMs = newestMs - facts.lastMailAt.getTime();
    // A mail from well after the failure was written by a clock that has been set back since.
    const isFromTheFuture = sinceMs < -reminderAfterMs;
    return isFromTheFuture || sinceMs >= reminderAfterMs - toleranceMs ? 'reminder' : null;
  }
  const lastedMs = newestMs - facts.failingSince.getTime();
  // Less than nothing: the clock has been set back since, and nothing vouches for the time in between.
  const isLong = lastedMs >= facts.alertAfterMs || lastedMs < 0;
  return facts.isUrgent || isLong ? 'failing' : null;
}
