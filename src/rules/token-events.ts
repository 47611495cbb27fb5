import { ageInDays } from '../time/duration.ts';
import type { EventKind } from './catalogue.ts';
import type { KindWithFacts } from './finding.ts';
import type { IdentityChange } from './finding-facts.ts';
import type { Token } from './token.ts';

/** A difference between two snapshots, for one token. */
export type TokenChange =
  /** `seenBefore`: an older snapshot had this id, so the token had been removed and is back. */
  | { kind: 'appeared'; after: Token; seenBefore: boolean }
  | { kind: 'altered'; before: Token; after: Token }
  | { kind: 'vanished'; before: Token };

/** An event, together with the token as it is now or as it was last listed. */
export type TokenEvent = KindWithFacts<EventKind> & {
  token: Token;
  /** `event`: the event about the token that replaced this one already says that it was removed. */
  suppressedBy: 'event' | null;
};

/** The tokens that were replaced by new ones in one run. */
export interface Rotations {
  /** The replaced token, by the id of the new one. */
  byNewId: ReadonlyMap<string, Token>;
  replacedIds: ReadonlySet<string>;
}

/** What is known about the tokens that a run no longer lists. */
export interface Removals {
  /** The ids of those for which Omni answered 404. */
  confirmed: ReadonlySet<string>;
  rotations: Rotations;
}

/** Returns the events of a change. `now`: the time of the run, for ages. */
export function tokenEvents(change: TokenChange, { confirmed, rotations }: Removals, now: Date): TokenEvent[] {
  switch (change.kind) {
    case 'appeared': {
      const { after, seenBefore } = change;
      const replaced = rotations.byNewId.get(after.id);
      if (replaced !== undefined) return [rotationEvent(after, replaced, now)];
      return [event(after, { kind: seenBefore ? 'token-reappeared' : 'token-created', detail: {} })];
    }
    case 'vanished': {
      const { before } = change;
      const removal = event(before, { kind: 'token-removed', detail: { confirmed: confirmed.has(before.id) } });
      return [{ ...removal, suppressedBy: rotations.replacedIds.has(before.id) ? 'event' : null }];
    }
    case 'altered':
      return alterations(change.before, change.after);
    default:
      return change satisfies never;
  }
}

function rotationEvent(after: Token, replaced: Token, now: Date): TokenEvent {
  const detail = {
    replaced: replaced.id,
    replacedAgeDays: ageInDays(replaced.createdAt, now),
    ageDays: ageInDays(after.createdAt, now),
  };
  return event(after, { kind: 'token-rotated', detail });
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
  return { ...content, token, suppressedBy: null };
}
