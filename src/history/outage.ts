/** `breaker`: removals that Omni itself contradicts; its own reminders do not wait for those of other failures. */
export type FailureMail = 'failing' | 'breaker';

/** The time since the last complete run, when at least one attempt in it failed. */
export interface Outage {
  /** Start of the first failed attempt. */
  failingSince: string;
  /** Start of the newest. */
  lastFailureAt: string;
  failedCount: number;
  /** The newest failures, newest first. */
  errors: { at: string; error: string }[];
  /** Start of the last complete run; null when there is none. */
  lastCompleteAt: string | null;
  /** Message-IDs of the mails that told of it, oldest first. */
  thread: string[];
  /** When each kind of mail was last made. */
  lastMailAt: Record<FailureMail, string | null>;
}
