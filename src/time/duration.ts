export const msPerMinute = 60_000;
export const msPerDay = 86_400_000;

/** Returns the whole days since an instant, rounded down; 0 if a skewed clock puts it in the future. */
export function ageInDays(since: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / msPerDay));
}

/** Returns the earliest instant, ignoring nulls; null if there is no other. */
export function earliest(instants: readonly (Date | null)[]): Date | null {
  let first: Date | null = null;
  for (const instant of instants) {
    if (instant !== null && (first === null || instant < first)) first = instant;
  }
  return first;
}

/** Adds each number of days (ascending) to `since`. Returns the first result that is after `now`; null if there is none. */
export function firstAfter(now: Date, since: string, days: readonly number[]): Date | null {
  const sinceMs = Date.parse(since);
  const next = days.find((count) => sinceMs + count * msPerDay > now.getTime());
  return next === undefined ? null : new Date(sinceMs + next * msPerDay);
}
