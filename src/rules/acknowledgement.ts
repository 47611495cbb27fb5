import type { ConditionKind, EventKind } from './catalogue.ts';
import type { KindWithFacts, Subject, Suppression, Transition } from './finding.ts';
import type { FindingOwner } from './owner.ts';
import type { Severity } from './severity.ts';

/** How an acknowledgement ended. A person can revoke it; audits decide all other ends. */
export type AcknowledgementEnd =
  | { because: 'revoked'; by: string }
  | { because: 'expired' }
  | { because: 'resolved' }
  /** The accepted condition has changed: `what` says how, in a few words. */
  | { because: 'void'; what: string };

/** A condition that a person accepted, with a reason and until a date. */
export interface Acknowledgement {
  id: number;
  condition: { id: number; kind: ConditionKind; severity: Severity; subject: Subject };
  /** The name of the token when it was last seen; null if the condition is about an owner. */
  tokenName: string | null;
  /** null if the condition is about a token. */
  owner: FindingOwner | null;
  reason: string;
  by: string;
  createdAt: string;
  /** The last day, YYYY-MM-DD, in the time zone of the audit. */
  expiresOn: string;
  /** null while it is in effect. */
  end: ({ at: string } & AcknowledgementEnd) | null;
}

/** What a digest reports about an acknowledgement: it was made, or it ended. */
export interface AcknowledgementNotice {
  what: 'made' | 'ended';
  acknowledgement: Acknowledgement;
}

/** Returns why an event voids all acknowledgements of its token, in a few words; null if it does not. */
export function voidedByEvent(event: KindWithFacts<EventKind>): string | null {
  switch (event.kind) {
    case 'token-identity-changed': {
      const fields = event.detail.changes.map(({ field }) => field);
      if (fields.includes('membershipId')) return 'the token has another owner';
      return fields.includes('type') ? 'the token has another type' : null;
    }
    case 'token-enabled':
      return 'the token was enabled again';
    default:
      return null;
  }
}

/** Returns how a transition ends the acknowledgement of its condition; null if it does not. */
export function endByTransition(transition: Transition, suppressedBy: Suppression | null): AcknowledgementEnd | null {
  if (transition !== 'resolved' && transition !== 'escalated') return null;
  // No mail reports this transition, so the digest must report the end of the acknowledgement.
  if (suppressedBy === 'settings-changed') return { because: 'void', what: 'the settings of its rule changed' };
  return transition === 'resolved' ? { because: 'resolved' } : { because: 'void', what: 'it escalated' };
}
