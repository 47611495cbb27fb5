/** How many tokens of the previous snapshot are missing from a complete listing. */
export interface VanishedFacts {
  vanishedCount: number;
  /** The number of tokens in the previous snapshot. */
  previousCount: number;
}

/** Why an implausibly large number of removals was accepted: Omni confirmed them by id, or an operator accepted them. */
export type BreakerVerdict = 'confirmed' | 'accepted';

/** The number of tokens that a run asks for by id to confirm removals. */
export const removalSampleSize = 300;

const breakerShare = 0.25;
const breakerCount = 10;

/**
 * Returns whether so many tokens vanished at once that we doubt the listing. In other systems, a truncated list has
 * caused the deletion of thousands of accounts.
 */
export function tripsBreaker({ vanishedCount, previousCount }: VanishedFacts): boolean {
  return vanishedCount > breakerCount && vanishedCount > breakerShare * previousCount;
}

/** Returns all items, or `size` random ones, in their original order. `random` returns at least 0 and less than 1. */
export function randomSample<T>(all: readonly T[], size: number, random: () => number): T[] {
  if (all.length <= size) return [...all];
  const chosen = new Set<number>();
  while (chosen.size < size) chosen.add(Math.floor(random() * all.length));
  return all.filter((_, index) => chosen.has(index));
}
