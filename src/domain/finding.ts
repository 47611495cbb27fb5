import type { ConditionKind, EventKind } from './finding-catalogue.ts';
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

/** What is particular to a finding; `before` and `after` for a change, days for an age. */
export interface FindingDetail {
  before?: string | boolean | null;
  after?: string | boolean | null;
  /** The threshold that was crossed, in days. */
  thresholdDays?: number;
  ageDays?: number;
  /** A type or a field that was seen for the first time. */
  value?: string;
}

/** `event`: something happened. The others are turns in the life of a condition. */
export type FindingTurn = 'event' | 'opened' | 'worsened' | 'eased' | 'reopened' | 'resolved';

export type ResolvedReason = 'fixed' | 'token-removed' | 'token-disabled' | 'settings-changed';

/**
 * Why a turn is journalled without being told: the settings changed and not the organisation, or
 * another finding of the same run already says it.
 */
export type Silence = 'settings-changed' | 'said-by-event' | 'eased';

/** One entry of the journal. */
export interface Finding {
  id: number;
  runId: number;
  kind: EventKind | ConditionKind;
  turn: FindingTurn;
  severity: Severity;
  subject: Subject;
  token: FindingToken | null;
  detail: FindingDetail;
}
