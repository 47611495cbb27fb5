import { msPerDay, msPerMinute } from '../time/duration.ts';

/** The failed attempts since the last complete run, and what was mailed about them. */
export interface FailureFacts {
  /** Start of the first of them. */
  failingSince: Date;
  /** Start of the newest. */
  lastFailureAt: Date;
  /** When the last mail of the same kind about it was made; null when none was. */
  lastMailAt: Date | null;
  /** The newest failure is of a kind that waiting cannot help: a refused credential, doubtful removals. */
  isUrgent: boolean;
  /** How long failures may last before they are told. */
  alertAfterMs: number;
}

const reminderAfterMs = msPerDay;
/** Daily attempts are not punctual to the second; without this every second reminder would be left out. */
const toleranceMs = 30 * msPerMinute;

/**
 * Whether the newest failure is mailed: `failing` for the first time, `reminder` once a day after.
 * The answer depends on what was written down and not on when it is asked, so that the failure of
 * a process that died is told by the next one.
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
