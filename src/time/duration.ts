export const msPerMinute = 60_000;
export const msPerDay = 86_400_000;

/** Whole days since an instant, rounded down; 0 when a skewed clock puts it in the future. */
export function ageInDays(since: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / msPerDay));
}

/** The earliest of some instants, of which null is none. null: there is none. */
export function earliest(instants: readonly (Date | null)[]): Date | null {
  let first: Date | null = null;
  for (const instant of instants) {
    if (instant !== null && (first === null || instant < first)) first = instant;
  }
  return first;
}
