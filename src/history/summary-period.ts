/** The time between the last summary (or the baseline, or an inventory) and a run. */
export interface SummaryPeriod {
  /** When the last one was made, UTC ISO-8601; null when none was. */
  since: string | null;
  /** When the last baseline or inventory was made; null when none was. */
  inventorySince: string | null;
  /** Audits that ended since, the run itself included. */
  attempts: number;
  complete: number;
  /** Fields of Omni's records that this version does not know, first seen since the last summary or inventory. */
  newRecordFields: string[];
}
