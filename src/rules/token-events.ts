import type { EventKind, IdentityChange } from './catalogue.ts';
import type { KindWithFacts } from './finding.ts';
import type { Token } from './token.ts';

/** A difference between two snapshots, for one token. */
export type TokenChange =
  /** `seenBefore`: an older snapshot had this id, so the token had been removed and is back. */
  | { kind: 'appeared'; after: Token; seenBefore: boolean }
  | { kind: 'altered'; before: Token; after: Token }
  | { kind: 'vanished'; before: Token };

/** An event, together with the token as it is now or as it was last listed. */
export type TokenEvent = KindWithFacts<EventKind> & { token: Token };

/** Returns the events of a change. `confirmedRemovals`: ids of tokens for which Omni answered 404. */
export function tokenEvents(change: TokenChange, confirmedRemovals: ReadonlySet<string>): TokenEvent[] {
  switch (change.kind) {
    case 'appeared':
      return [event(change.after, { kind: change.seenBefore ? 'token-reappeared' : 'token-created', detail: {} })];
    case 'vanished': {
      const confirmed = confirmedRemovals.has(change.before.id);
      return [event(change.before, { kind: 'token-removed', detail: { confirmed } })];
    }
    case 'altered':
      return alterations(change.before, change.after);
    default:
      return change satisfies never;
  }
}

function alterations(before: Token, after: Token): TokenEvent[] {
  const events: TokenEvent[] = [];
  const changes = identityChanges(before, after);
  if (changes.length > 0) events.push(event(after, { kind: 'token-identity-changed', detail: { changes } }));
  if (before.name !== after.name) {
    events.push(event(after, { kind: 'token-renamed', detail: { before: before.name, after: after.name } }));
  }
  if (before.enabled !== after.enabled) {
    events.push(event(after, { kind: after.enabled ? 'token-enabled' : 'token-disabled', detail: {} }));
  }
  return events;
}

function identityChanges(before: Token, after: Token): IdentityChange[] {
  const changes: IdentityChange[] = [];
  if (before.membershipId !== after.membershipId) {
    const owners = { before: null, after: null };
    changes.push({ field: 'membershipId', before: before.membershipId, after: after.membershipId, owners });
  }
  for (const field of ['type', 'createdAt'] as const) {
    if (before[field] !== after[field]) changes.push({ field, before: before[field], after: after[field] });
  }
  return changes;
}

function event(token: Token, content: KindWithFacts<EventKind>): TokenEvent {
  return { ...content, token };
}
