/** Tokens of the previous snapshot that a complete listing no longer has. */
export interface VanishedFacts {
  vanishedCount: number;
  /** Tokens in the previous snapshot. */
  previousCount: number;
}

/** Why an implausibly large number of removals was accepted: Omni confirmed them by id, or an operator accepted them. */
export type BreakerVerdict = 'confirmed' | 'accepted';

/** The number of tokens that a run looks up by id to confirm removals. */
export const removalSampleSize = 300;

const breakerShare = 0.25;
const breakerCount = 10;

/**
 * True when so many tokens vanished at once that we doubt the listing. Elsewhere a truncated list has
 * led to thousands of deleted accounts.
 */
export function tripsBreaker({ vanishedCount, previousCount }: VanishedFacts): boolean {
  return vanishedCount > breakerCount && vanishedCount > breakerShare * previousCount;
}

/** What one round of lookups found about the vanished tokens. */
export interface ConfirmedRound {
  lookedUpCount: number;
  /** Omni answered 404, and controls were found. */
  confirmedCount: number;
  /** Omni still finds them by id. */
  foundCount: number;
  /** Those of them that were found after only one listing so far. */
  foundOnceCount: number;
}

export interface RoundFacts extends ConfirmedRound, VanishedFacts {
  /** Too many vanished at once, and no operator accepted it. */
  isUnlikely: boolean;
  isAccepted: boolean;
  /** Our own credential could be compared with the last known one. */
  isChecked: boolean;
  /** Listings so far. */
  listings: number;
}

export type RoundVerdict =
  /** What was found stays in the snapshot; the rest is removed. */
  | { kind: 'conclude' }
  | { kind: 'list-again' }
  /** Omni finds tokens that its list lacks. */
  | { kind: 'contradicted' }
  | { kind: 'unconfirmed' };

const maxListings = 3;

/**
 * Decides what follows from a round of lookups. A token counts as hidden only if two listings lacked it and Omni
 * found it after each. Where only a sample was looked up and a part of it is still there, nothing is known about
 * the rest.
 */
export function judgeRound(facts: RoundFacts): RoundVerdict {
  const { foundCount, isUnlikely, isAccepted, lookedUpCount, vanishedCount } = facts;
  if (isUnlikely) {
    if (foundCount > 0) return { kind: 'contradicted' };
    if (!facts.isChecked || facts.confirmedCount < lookedUpCount) return { kind: 'unconfirmed' };
  }
  if (foundCount === 0) return { kind: 'conclude' };
  if (facts.foundOnceCount > 0 && facts.listings < maxListings) return { kind: 'list-again' };
  return lookedUpCount < vanishedCount && !isAccepted ? { kind: 'contradicted' } : { kind: 'conclude' };
}

/**
 * Chooses the vanished tokens to look up: all of them, or a random sample that includes those that were found
 * before. `random` returns at least 0 and less than 1.
 */
export function chooseLookUps(
  vanished: readonly string[],
  foundBefore: readonly string[],
  random: () => number,
): string[] {
  if (vanished.length <= removalSampleSize) return [...vanished];
  const positions = new Map(vanished.map((id, position) => [id, position]));
  const chosen = new Set(foundBefore.flatMap((id) => positions.get(id) ?? []));
  while (chosen.size < removalSampleSize) chosen.add(Math.floor(random() * vanished.length));
  return vanished.filter((_, position) => chosen.has(position));
}
