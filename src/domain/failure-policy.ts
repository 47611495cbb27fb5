/** The failed attempts since the last complete run, and what was mailed about them. */
export interface FailureFacts {
  /** Start of the first of them. */
  failingSince: Date;
  /** When the last mail about it was made; null when none was. */
  lastMailAt: Date | null;
  /** The newest failure is a refused credential: waiting cannot help. */
  credentialRefused: boolean;
  /** How long failures may last before they are told. */
  alertAfterMs: number;
}

const reminderAfterMs = 24 * 60 * 60_000;

/** Whether a failed attempt is mailed: `failing` for the first time, `reminder` once a day after. */
export function mailForFailure(facts: FailureFacts, now: Date): 'failing' | 'reminder' | null {
  if (facts.lastMailAt !== null) {
    return now.getTime() - facts.lastMailAt.getTime() >= reminderAfterMs ? 'reminder' : null;
  }
  const isLong = now.getTime() - facts.failingSince.getTime() >= facts.alertAfterMs;
  return facts.credentialRefused || isLong ? 'failing' : null;
}
