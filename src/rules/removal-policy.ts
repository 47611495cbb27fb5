/** Tokens of the previous snapshot that a complete listing no longer has. */
export interface VanishedFacts {
  vanishedCount: number;
  /** Tokens in the previous snapshot. */
  previousCount: number;
}

/** Why an unlikely number of removals was believed: Omni confirmed them by id, or an operator accepted them. */
export type BreakerVerdict = 'confirmed' | 'accepted';

export type RemovalPlan =
  /** Nothing vanished, or an operator vouches for it. */
  | { kind: 'conclude'; breaker: 'accepted' | null }
  | { kind: 'list-again' }
  /** Ask Omni by id. `breaker`: what holds when it confirms them. */
  | { kind: 'ask'; breaker: 'confirmed' | null };

/** Tokens that one run asks for by id to confirm removals. */
export const maxRemovalSample = 20;

const breakerShare = 0.25;
const breakerCount = 10;

/** What to do about vanished tokens. An unlikely number of them is looked for in a second listing first. */
export function planRemovals(
  vanished: VanishedFacts,
  { isAccepted, hasListedAgain }: { isAccepted: boolean; hasListedAgain: boolean },
): RemovalPlan {
  const isUnlikely = tripsBreaker(vanished);
  if (vanished.vanishedCount === 0 || isAccepted) return { kind: 'conclude', breaker: isUnlikely ? 'accepted' : null };
  if (isUnlikely && !hasListedAgain) return { kind: 'list-again' };
  return { kind: 'ask', breaker: isUnlikely ? 'confirmed' : null };
}

/**
 * True when so many tokens vanished at once that we doubt the listing. Elsewhere a truncated list has
 * led to thousands of deleted accounts.
 */
function tripsBreaker({ vanishedCount, previousCount }: VanishedFacts): boolean {
  return vanishedCount > breakerCount && vanishedCount > breakerShare * previousCount;
}

/** At most `maxRemovalSample` of the vanished, evenly spread, so that a lost stretch of the list is probably met. */
export function removalSample<T>(vanished: readonly T[]): T[] {
  const count = Math.min(vanished.length, maxRemovalSample);
  const positions = Array.from({ length: count }, (_, index) => Math.floor((index * vanished.length) / count));
  return positions.flatMap((position) => vanished.slice(position, position + 1));
}
