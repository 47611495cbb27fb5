import type { ConditionKind, FindingKind } from './catalogue.ts';
import type { FindingOwner, FindingToken, Subject, Transition } from './finding.ts';
import type { Severity } from './severity.ts';

/** Why an acknowledgement is over. All but `revoked` happen by themselves. */
export type AcknowledgementEnd =
  | 'revoked'
  | 'escalated'
  | 'owner-changed'
  | 'type-changed'
  | 're-enabled'
  | 'settings-changed'
  | 'expired'
  | 'resolved';

/** Somebody accepted a condition, for a reason and for a time. */
export interface Acknowledgement {
  id: number;
  condition: { id: number; kind: ConditionKind; severity: Severity; subject: Subject };
  /** Where the condition is about a token; as it was last seen. */
  token: FindingToken | null;
  /** Where the condition is about an owner. */
  owner: FindingOwner | null;
  reason: string;
  by: string;
  createdAt: string;
  /** Its last day, YYYY-MM-DD in the time zone of the audit. */
  expiresOn: string;
  /** null: it holds. */
  end: { at: string; because: AcknowledgementEnd; by: string | null } | null;
}

/** What a digest tells: that an acknowledgement began, or that it ended. */
export interface AcknowledgementNotice {
  what: 'made' | 'ended';
  acknowledgement: Acknowledgement;
}

/** The end that an event brings to what was accepted of its token: it is no longer what somebody accepted. */
export function endByEvent(kind: FindingKind): AcknowledgementEnd | null {
  switch (kind) {
    case 'token-owner-changed':
      return 'owner-changed';
    case 'token-type-changed':
      return 'type-changed';
    case 'token-enabled':
      return 're-enabled';
    default:
      return null;
  }
}

/**
 * The end that a transition brings to what was accepted of its condition. Where changed settings are the
 * cause, the transition is not told, so that the end has to be.
 */
export function endByTransition(transition: Transition, suppressedBy: string | null): AcknowledgementEnd | null {
  if (transition !== 'resolved' && transition !== 'escalated') return null;
  return suppressedBy === 'settings-changed' ? 'settings-changed' : transition;
}
