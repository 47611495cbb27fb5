import type { ConditionKind, EventKind } from './catalogue.ts';
import type { KindWithFacts, Subject, Suppression, Transition } from './finding.ts';
import type { FindingOwner } from './owner.ts';
import type { Severity } from './severity.ts';

/** How an acknowledgement ended. All but `revoked` happen by themselves. */
export type AcknowledgementEnd =
  | { because: 'revoked'; by: string }
  | { because: 'expired' }
  | { because: 'resolved' }
  /** What was accepted has changed: `what` says how, in a few words. */
  | { because: 'void'; what: string };

/** Somebody accepted a condition, for a reason and for a time. */
export interface Acknowledgement {
  id: number;
  condition: { id: number; kind: ConditionKind; severity: Severity; subject: Subject };
  /** Where the condition is about a token: its name when it was last seen. */
  tokenName: string | null;
  /** Where the condition is about an owner. */
  owner: FindingOwner | null;
  reason: string;
  by: string;
  createdAt: string;
  /** Its last day, YYYY-MM-DD in the time zone of the audit. */
  expiresOn: string;
  /** null: it is in effect. */
  end: ({ at: string } & AcknowledgementEnd) | null;
}

/** What a digest reports: that an acknowledgement was made, or that it ended. */
export interface AcknowledgementNotice {
  what: 'made' | 'ended';
  acknowledgement: Acknowledgement;
}

/** What an event changes about its token so that everything accepted of it is void, in a few words; null: nothing. */
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

/** How a transition ends what was accepted of its condition; null: it does not. */
export function endByTransition(transition: Transition, suppressedBy: Suppression | null): AcknowledgementEnd | null {
  if (transition !== 'resolved' && transition !== 'escalated') return null;
  // Such a transition is not reported, so the end of the acknowledgement has to be.
  if (suppressedBy === 'settings-changed') return { because: 'void', what: 'the settings of its rule changed' };
  return transition === 'resolved' ? { because: 'resolved' } : { because: 'void', what: 'it escalated' };
}
