import type { ConditionKind, EventKind, FindingFacts, FindingKind, OwnerFacts } from './catalogue.ts';
import type { FindingOwner } from './owner.ts';
import type { Severity } from './severity.ts';
import type { Token } from './token.ts';

export type SubjectType = 'token' | 'owner' | 'organisation';

export interface Subject {
  type: SubjectType;
  id: string;
}

/** What is said of the token behind a finding, as of the run that reported it. */
export type FindingToken = Omit<Token, 'enabled'>;

/** A step in the life of a condition that is open after it; `expired`: its acknowledgement did. */
export type OpenTransition = 'opened' | 'escalated' | 'eased' | 'reopened' | 'expired';

export type Transition = 'event' | OpenTransition | 'resolved';

export type ResolvedReason = 'fixed' | 'token-removed' | 'token-disabled' | 'settings-changed';

/**
 * Why a transition is journalled without being reported: the settings changed and not the organisation,
 * another finding of the same run says it already, or it comes and goes too often.
 */
export type Suppression = 'settings-changed' | 'event' | 'eased' | 'flapping';

/** The facts of a kind that has none of its own. */
export type NoFacts = Record<string, never>;

/** The facts of one kind. */
export type FactsOf<Kind extends FindingKind> = Kind extends keyof FindingFacts ? FindingFacts[Kind] : NoFacts;

/** One of these kinds, with its own facts. */
export type KindWithFacts<Kinds extends FindingKind = FindingKind> = {
  [Kind in Kinds]: { kind: Kind; detail: FactsOf<Kind> };
}[Kinds];

/** A kind with its facts; null where it has ended, or where nothing is known of its subject any more. */
export type KindWithDetail = KindWithFacts | { kind: FindingKind; detail: null };

/** What a finding says: its kind, what became of it, and the facts. What is resolved has no facts. */
export type FindingContent =
  | (KindWithFacts<EventKind> & { transition: 'event' })
  | (KindWithFacts<ConditionKind> & { transition: OpenTransition })
  | { kind: ConditionKind; transition: 'resolved'; detail: null };

/** What every finding has, whatever its kind. */
export interface FindingHeader {
  id: number;
  runId: number;
  severity: Severity;
  subject: Subject;
  token: FindingToken | null;
  /** The owner that it is about, or that of the token, as of the run; null: there is none, or nothing is known. */
  owner: FindingOwner | null;
}

/** One entry of the journal. */
export type Finding = FindingHeader & FindingContent;

/** The owner whom a finding is about, with its tokens; null where it is about something else, or has ended. */
export function ownerFacts({ detail }: KindWithDetail): OwnerFacts | null {
  return isAboutOwner(detail) ? detail : null;
}

function isAboutOwner(detail: KindWithDetail['detail']): detail is OwnerFacts {
  return detail !== null && 'tokens' in detail;
}
