import type { ConditionKind, EventKind, FindingKind } from './catalogue.ts';
import type { FindingFacts, OwnerFacts } from './finding-facts.ts';
import type { FindingOwner } from './owner.ts';
import type { RegisterEntry } from './register.ts';
import type { Severity } from './severity.ts';
import type { Token } from './token.ts';

export type SubjectType = 'token' | 'owner' | 'organisation';

export interface Subject {
  type: SubjectType;
  id: string;
}

/** The token of a finding, as of the run that reported it. */
export type FindingToken = Omit<Token, 'enabled'>;

/** A step after which a condition is open. `expired` means that its acknowledgement expired. */
export type OpenTransition = 'opened' | 'escalated' | 'eased' | 'reopened' | 'expired';

export type Transition = 'event' | OpenTransition | 'resolved';

export type ResolvedReason = 'fixed' | 'token-removed' | 'token-disabled' | 'settings-changed';

/**
 * Why a transition is journalled but not mailed: it comes from changed settings, another finding of the same run
 * already reports it (`event`), the condition eased, or it comes and goes too often (`flapping`).
 */
export type Suppression = 'settings-changed' | 'event' | 'eased' | 'flapping';

/** The facts of a kind that needs none. */
export type NoFacts = Record<string, never>;

/** The facts of one kind. */
export type FactsOf<Kind extends FindingKind> = Kind extends keyof FindingFacts ? FindingFacts[Kind] : NoFacts;

/** One of these kinds, together with its facts. */
export type KindWithFacts<Kinds extends FindingKind = FindingKind> = {
  [Kind in Kinds]: { kind: Kind; detail: FactsOf<Kind> };
}[Kinds];

/** A kind together with its facts. They are null if the condition was resolved or its subject is no longer known. */
export type KindWithDetail = KindWithFacts | { kind: FindingKind; detail: null };

/** The kind, the transition and the facts of a finding. A resolved condition has no facts. */
export type FindingContent =
  | (KindWithFacts<EventKind> & { transition: 'event' })
  | (KindWithFacts<ConditionKind> & { transition: OpenTransition })
  | { kind: ConditionKind; transition: 'resolved'; detail: null };

/** The fields that findings of all kinds have. */
export interface FindingHeader {
  id: number;
  runId: number;
  severity: Severity;
  subject: Subject;
  token: FindingToken | null;
  /** The owner that the finding is about, or the owner of its token, as of the run; null if there is none or it is unknown. */
  owner: FindingOwner | null;
  /** What the register said about the token, as of the run; null if it said nothing. */
  register: RegisterEntry | null;
}

/** An entry of the journal. */
export type Finding = FindingHeader & FindingContent;

/** Returns the owner that a finding is about; null if it is about something else or was resolved. */
export function ownerFacts({ detail }: KindWithDetail): OwnerFacts | null {
  return isAboutOwner(detail) ? detail : null;
}

function isAboutOwner(detail: KindWithDetail['detail']): detail is OwnerFacts {
  return detail !== null && 'tokens' in detail;
}
