import { isDue } from './run-mail-policy.ts';

/** The failed runs since the last complete one, and the mails about them. Instants are in UTC ISO-8601. */
export interface FailureFacts {
  /** Start of the first of them. */
  failingSince: string;
  /** Start of the newest of them. */
  lastFailureAt: string;
  /** When the last mail of the same kind about them was created; null when there is none. */
  lastMailAt: string | null;
  /** Waiting cannot help against the newest failure: a refused credential, unconfirmed removals. */
  isUrgent: boolean;
  /** How long failures may last before they are mailed. */
  alertAfterMs: number;
}

/**
 * Decides whether the newest failure is mailed: after some time, and then once a day. The answer depends
 * on what was recorded, not on when it is asked, so that the next process reports the failure of one that
 * crashed.
 */
export function isFailureMailDue(facts: FailureFacts): boolean {
  if (facts.lastMailAt !== null) return isDue(facts.lastMailAt, 1, new Date(facts.lastFailureAt));
  const lastedMs = Date.parse(facts.lastFailureAt) - Date.parse(facts.failingSince);
  // Less than nothing: the clock has been set back since, and nothing vouches for the time in between.
  return facts.isUrgent || lastedMs >= facts.alertAfterMs || lastedMs < 0;
}
