/** Tokens that are at least `fromDays` old, and younger than the next group. */
export interface AgeGroup {
  fromDays: number;
  count: number;
}

/** The last complete run of a week. */
export interface TrendWeek {
  /** Its start, UTC ISO-8601. */
  at: string;
  tokenCount: number;
  /** Conditions that stood after it, acknowledged ones among them. */
  openCount: number;
}

/** How many tokens there are, how old, and how that went. */
export interface Trend {
  /** Youngest first; all of them, also the empty ones. */
  ages: AgeGroup[];
  /** Oldest first; at most `trendWeeks`, the last one ending with the run itself. */
  weeks: TrendWeek[];
}

/** Where one age group ends and the next begins, in days: the thresholds that auditors ask about. */
export const ageGroupDays = [0, 30, 90, 180, 365] as const;
export const trendWeeks = 8;
