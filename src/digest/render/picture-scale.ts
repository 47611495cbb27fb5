/** Whole per cent, at least 1 for what is there at all: a sliver must not vanish. */
export function percent(count: number, total: number): number {
  if (count <= 0 || total <= 0) return 0;
  return Math.max(1, Math.round((100 * count) / total));
}
