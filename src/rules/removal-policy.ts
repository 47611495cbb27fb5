/** How many tokens of the previous snapshot a complete listing no longer has. */
export interface VanishedFacts {
  vanishedCount: number;
  /** The number of tokens in the previous snapshot. */
  previousCount: number;
}

/** Why an unlikely number of removals was accepted: Omni confirmed them by id, or an operator accepted them. */
export type BreakerVerdict = 'confirmed' | 'accepted';

export type RemovalPlan =
  /** Nothing vanished, or an operator accepted the removals. */
  | { kind: 'conclude'; breaker: 'accepted' | null }
  | { kind: 'list-again' }
  /** Ask Omni by id. `breaker`: what to record if it confirms the removals. */
  | { kind: 'ask'; breaker: 'confirmed' | null };

/** The number of tokens that a run asks for by id to confirm removals. */
export const maxRemovalSample = 20;

const breakerShare = 0.25;
const breakerCount = 10;

/** Decides what to do about vanished tokens. If too many vanished at once, the whole list is read again first. */
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

/** Returns at most `maxRemovalSample` vanished tokens, evenly spread, so that a lost part of the list is probably noticed. */
export function removalSample<T>(vanished: readonly T[]): T[] {
  const count = Math.min(vanished.length, maxRemovalSample);
  const positions = Array.from({ length: count }, (_, index) => Math.floor((index * vanished.length) / count));
  return positions.flatMap((position) => vanished.slice(position, position + 1));
}
