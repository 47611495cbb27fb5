import type { Severity } from './severity.ts';

/**
 * The one place that owns what each kind of finding is called, what it means and how grave it is.
 * A condition's severity may rise with its level: `severities` holds one entry a level, the last
 * one standing for all above.
 */
interface CatalogueEntry {
  /** Heading of its group in a digest. */
  title: string;
  /** Why a reader should care, in one sentence. */
  why: string;
  /** Its word in the subject line: `3 stale`. */
  subjectWord: string;
}

interface EventEntry extends CatalogueEntry {
  severity: (tokenType: string | null) => Severity;
}

interface ConditionEntry extends CatalogueEntry {
  severities: readonly [Severity, ...Severity[]];
}

export const eventCatalogue = {
  'token-owner-changed': {
    title: 'Owner changed',
    why: 'A token acts as its owner, and Omni offers no way to hand one over: this should be impossible.',
    subjectWord: 'changed owner',
    severity: () => 'critical',
  },
  'token-type-changed': {
    title: 'Type changed',
    why: 'A token keeps its type for life: this should be impossible, and it can widen what the token may do.',
    subjectWord: 'changed type',
    severity: () => 'critical',
  },
  'token-created-at-changed': {
    title: 'Creation date changed',
    why: 'A token keeps its creation date for life: this should be impossible, and it can hide an old token.',
    subjectWord: 'changed date',
    severity: () => 'critical',
  },
  'token-created': {
    title: 'New token',
    why: 'A new credential can reach your data and does not expire by itself.',
    subjectWord: 'new',
    severity: (tokenType) => (tokenType === 'organization' ? 'high' : 'medium'),
  },
  'token-enabled': {
    title: 'Re-enabled token',
    why: 'A credential that had been switched off works again.',
    subjectWord: 're-enabled',
    severity: () => 'high',
  },
  'token-reappeared': {
    title: 'Reappeared token',
    why: 'A token that had been removed is back under the same id.',
    subjectWord: 'reappeared',
    severity: () => 'high',
  },
  'type-first-seen': {
    title: 'New type of token',
    why: 'This organisation had no token of this type before.',
    subjectWord: 'new type',
    severity: () => 'medium',
  },
  'token-renamed': {
    title: 'Renamed token',
    why: 'The name is all that says what a token is for.',
    subjectWord: 'renamed',
    severity: () => 'low',
  },
  'token-disabled': {
    title: 'Disabled token',
    why: 'The credential no longer works; it can be enabled again until it is deleted.',
    subjectWord: 'disabled',
    severity: () => 'info',
  },
  'token-removed': {
    title: 'Removed token',
    why: 'The credential was revoked: it is gone from a listing that was proved complete.',
    subjectWord: 'removed',
    severity: () => 'info',
  },
} as const satisfies Record<string, EventEntry>;

export const conditionCatalogue = {
  'token-stale': {
    title: 'Stale token',
    why: 'Omni tokens never expire. Old is not the same as unused (Omni reports no last use), but it is time to rotate.',
    subjectWord: 'stale',
    severities: ['low', 'medium', 'high'],
  },
  'token-type-unknown': {
    title: 'Token of an unknown type',
    why: 'Omni lists a type that this version does not know: what such a token may do, and how old it may grow, is yours to judge.',
    subjectWord: 'of unknown type',
    severities: ['medium'],
  },
} as const satisfies Record<string, ConditionEntry>;

export type EventKind = keyof typeof eventCatalogue;
export type ConditionKind = keyof typeof conditionCatalogue;
export type FindingKind = EventKind | ConditionKind;

/** Every kind, in the order in which kinds of one severity stand in a digest. */
export const findingKinds = [...Object.keys(eventCatalogue), ...Object.keys(conditionCatalogue)] as FindingKind[];

export function isConditionKind(kind: FindingKind): kind is ConditionKind {
  return kind in conditionCatalogue;
}

export function catalogueEntry(kind: FindingKind): CatalogueEntry {
  return isConditionKind(kind) ? conditionCatalogue[kind] : eventCatalogue[kind];
}

export function eventSeverity(kind: EventKind, tokenType: string | null): Severity {
  return eventCatalogue[kind].severity(tokenType);
}

/** `rank`: 0 for the first level of the condition, 1 for the second, and so on. */
export function conditionSeverity(kind: ConditionKind, rank: number): Severity {
  const { severities }: ConditionEntry = conditionCatalogue[kind];
  return severities[Math.min(rank, severities.length - 1)] ?? severities[0];
}
