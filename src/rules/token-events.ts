import { type EventKind, eventSeverity } from './catalogue.ts';
import type { FindingDetail } from './finding.ts';
import type { Severity } from './severity.ts';
import type { Token } from './token.ts';

/** A difference between two snapshots, for one token. */
export type TokenChange =
  /** `seenBefore`: an older snapshot knew this id, so it had been removed and is back. */
  | { kind: 'appeared'; after: Token; seenBefore: boolean }
  | { kind: 'altered'; before: Token; after: Token }
  | { kind: 'vanished'; before: Token };

export interface TokenEvent {
  kind: EventKind;
  severity: Severity;
  token: Token;
  detail: FindingDetail;
}

/** What a change has to tell: one event for each thing that changed. */
export function tokenEvents(change: TokenChange): TokenEvent[] {
  switch (change.kind) {
    case 'appeared':
      return [event(change.seenBefore ? 'token-reappeared' : 'token-created', change.after, {})];
    case 'vanished':
      return [event('token-removed', change.before, {})];
    case 'altered':
      return alterations(change.before, change.after);
    default:
      return change satisfies never;
  }
}

function alterations(before: Token, after: Token): TokenEvent[] {
  const events: TokenEvent[] = [];
  const compare = (kind: EventKind, field: 'membershipId' | 'type' | 'createdAt' | 'name'): void => {
    if (before[field] !== after[field]) events.push(event(kind, after, { before: before[field], after: after[field] }));
  };
  compare('token-owner-changed', 'membershipId');
  compare('token-type-changed', 'type');
  compare('token-created-at-changed', 'createdAt');
  compare('token-renamed', 'name');
  if (before.enabled !== after.enabled)
    events.push(event(after.enabled ? 'token-enabled' : 'token-disabled', after, {}));
  return events;
}

function event(kind: EventKind, token: Token, detail: FindingDetail): TokenEvent {
  return { kind, severity: eventSeverity(kind, token.type), token, detail };
}
