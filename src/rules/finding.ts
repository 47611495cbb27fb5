import type { ConditionKind, EventKind } from './catalogue.ts';
import type { OwnerState } from './owner.ts';
import type { Severity } from './severity.ts';

export type SubjectType = 'token' | 'owner' | 'organisation';

export interface Subject {
  type: SubjectType;
  id: string;
}

/** What is said of the token behind a finding, as of the run that told it. */
export interface FindingToken {
  id: string;
  name: string;
  type: string;
  createdAt: string;
  membershipId: string | null;
}

/** What is said of an owner, as of a run. */
export interface FindingOwner {
  /** null: not known, now or ever. */
  state: OwnerState | null;
  userName: string | null;
  displayName: string | null;
  lastLogin: string | null;
}

/** One of the tokens that an owner holds. */
export interface HeldToken {
  id: string;
  name: string;
  type: string;
  enabled: boolean;
  createdAt: string;
}

/** What is particular to a finding; `before` and `after` for a change, days for an age. */
export interface FindingDetail {
  before?: string | boolean | null;
  after?: string | boolean | null;
  /** Of another owner: who those were whose membership ids `before` and `after` are, as far as that is known. */
  owners?: { before: FindingOwner | null; after: FindingOwner | null };
  /** The threshold that was crossed, in days. */
  thresholdDays?: number;
  ageDays?: number;
  /** A type or a field that was seen for the first time. */
  value?: string;
  /** Of a removal: Omni answered 404 for its id. */
  confirmed?: boolean;
  /** Start of the run from which on it counts, UTC ISO-8601. */
  since?: string;
  owner?: FindingOwner;
  /** Exact, however many of the owner's tokens are at hand. */
  tokenCount?: number;
  /** The oldest of them. */
  tokens?: HeldToken[];
}

/** `event`: something happened. The others are turns in the life of a condition; `lapsed`: it is acknowledged no longer. */
export type Transition = 'event' | 'opened' | 'escalated' | 'eased' | 'reopened' | 'resolved' | 'expired';

export type ResolvedReason = 'fixed' | 'token-removed' | 'token-disabled' | 'settings-changed';

/**
 * Why a transition is journalled without being told: the settings changed and not the organisation,
 * another finding of the same run already says it, or it comes and goes too often.
 */
export type Suppression = 'settings-changed' | 'event' | 'eased' | 'flapping';

/** One entry of the journal. */
export interface Finding {
  id: number;
  runId: number;
  kind: EventKind | ConditionKind;
  transition: Transition;
  severity: Severity;
  subject: Subject;
  token: FindingToken | null;
  /** Of the token, as of the run; null where it has none. */
  owner: FindingOwner | null;
  detail: FindingDetail;
}
