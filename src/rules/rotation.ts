import type { Token } from './token.ts';
import type { Rotations, TokenChange } from './token-events.ts';

/**
 * Pairs each new token with the token that it replaces: the only removed one of the same type, owner and name, if it is
 * also the only new one, and newer. The removal must be confirmed, and the name readable, because an empty or disguised
 * name does not identify a token.
 *
 * @param changes called twice; returns the changes of a run in the same order each time
 * @param confirmedRemovals ids of tokens for which Omni answered 404
 */
export function findRotations(changes: () => Iterable<TokenChange>, confirmedRemovals: ReadonlySet<string>): Rotations {
  const removed = new Map<string, Token[]>();
  for (const change of changes()) {
    if (change.kind === 'vanished' && isReadable(change.before.name)) add(removed, change.before);
  }
  const byNewId = new Map<string, Token>();
  const created = new Map<string, Token[]>();
  for (const change of removed.size === 0 ? [] : changes()) {
    const isNew = change.kind === 'appeared' && !change.seenBefore;
    if (isNew && removed.has(keyOf(change.after))) add(created, change.after);
  }
  for (const [key, [after, otherNew]] of created) {
    const [before, otherRemoved] = removed.get(key) ?? [];
    if (after === undefined || before === undefined || otherNew !== undefined || otherRemoved !== undefined) continue;
    if (after.createdAt > before.createdAt && confirmedRemovals.has(before.id)) byNewId.set(after.id, before);
  }
  return { byNewId, replacedIds: new Set([...byNewId.values()].map(({ id }) => id)) };
}

function add(tokens: Map<string, Token[]>, token: Token): void {
  const key = keyOf(token);
  const alike = tokens.get(key);
  if (alike === undefined) tokens.set(key, [token]);
  // Two are as ambiguous as a thousand.
  else if (alike.length === 1) alike.push(token);
}

function keyOf({ type, membershipId, name }: Token): string {
  return JSON.stringify([type, membershipId, name]);
}

/** What is invisible or private, or replaces something unreadable. */
const unreadable = /[\uFFFD\u2800\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

function isReadable(name: string): boolean {
  return /[\p{L}\p{N}]/u.test(name) && !unreadable.test(name);
}
