/** Compares by code unit, so the result is the same on every machine. ISO 8601 UTC times of equal precision sort correctly. */
export function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
