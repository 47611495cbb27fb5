/** Tokens that a complete listing no longer has, against the snapshot before. */
export interface VanishedFacts {
  vanishedCount: number;
  /** Tokens in the snapshot before. */
  previousCount: number;
}

/** What made a run believe in removals that no normal day brings. */
export type BreakerVerdict = 'confirmed' | 'accepted';

/** Questions by id that one run may spend on removals. */
export const maxRemovalSample = 20;

const breakerShare = 0.25;
const breakerCount = 10;

/**
 * True when so much is gone at once that the listing is doubted before the organisation is: a
 * known case of a truncated list ended in thousands of deleted accounts.
 */
export function tripsBreaker({ vanishedCount, previousCount }: VanishedFacts): boolean {
  return vanishedCount > breakerCount && vanishedCount > breakerShare * previousCount;
}

/** At most `maxRemovalSample` of the vanished, spread evenly over all of them, so that a lost stretch of the list is likely to be met. */
export function removalSample<T>(vanished: readonly T[]): T[] {
  if (vanished.length <= maxRemovalSample) return [...vanished];
  const step = vanished.length / maxRemovalSample;
  return Array.from({ length: maxRemovalSample }, (_, index) => vanished[Math.floor(index * step)] as T);
}
