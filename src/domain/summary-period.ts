/** The time between the last summary (or the baseline) and a run. */
export interface SummaryPeriod {
  /** When the last one was made, UTC ISO-8601; null when none was. */
  since: string | null;
  /** Audits that ended since, the run itself included. */
  attempts: number;
  complete: number;
}
