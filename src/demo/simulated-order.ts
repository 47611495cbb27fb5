/** By code unit, as ISO 8601 UTC times of one precision must be and as names may be: the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
