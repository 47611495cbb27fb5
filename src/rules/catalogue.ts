import type { FindingOwner } from './owner.ts';
import type { Severity } from './severity.ts';
import type { OwnersToken } from './token.ts';

/** Something that changed from one value to another. */
export interface Change<Value = string> {
  before: Value;
  after: Value;
}

/** One of the fields that a token should keep for life. `membershipId` null: it had no owner. */
export type IdentityChange =
  | ({ field: 'type' | 'createdAt' } & Change)
  /** `owners`: who they are, as far as that is known. The journal itself holds only their ids. */
  | ({ field: 'membershipId'; owners: Change<FindingOwner | null> } & Change<string | null>);

/** An owner, and the tokens in its hands. */
export interface OwnerFacts {
  owner: FindingOwner;
  /** Exact, however many of the tokens are at hand. */
  tokenCount: number;
  /** The oldest of them. */
  tokens: OwnersToken[];
}

/** An age that reached a threshold, both in whole days. */
interface AgeFacts {
  ageDays: number;
  thresholdDays: number;
}

/**
 * The facts that a kind of finding needs for its sentence, in the journal and in JSON (`detail`). A kind that
 * is not in here has none of its own: its title and its token say it all.
 */
export interface FindingFacts {
  'owner-deactivated': OwnerFacts;
  'owner-missing': OwnerFacts;
  'credential-changed': Change;
  'token-identity-changed': { changes: IdentityChange[] };
  'type-first-seen': { value: string };
  'token-renamed': Change;
  /** `confirmed`: Omni answered 404 for its id. */
  'token-removed': { confirmed: boolean };
  'token-stale': AgeFacts;
  /** `since`: start of the run that first saw it disabled, UTC ISO-8601. */
  'token-disabled-lingering': AgeFacts & { since: string };
  /** `ageDays`: since the last log-in; null: that is not known any more. */
  'owner-idle': OwnerFacts & { ageDays: number | null; thresholdDays: number };
}

/** What each kind of finding has. */
interface CatalogueEntry {
  /** Heading of its group in a digest. */
  title: string;
  /** Why a reader should care, in one or two sentences. */
  why: string;
  /** Its word in the subject line: `3 stale`. Kinds that share a word are counted together. */
  subjectWord: string;
  /** The subject line counts the tokens that it concerns, and not the findings. */
  countsTokens?: true;
  /** It is no reason to delete a token, so no command that deletes one is shown with it. */
  nothingToDelete?: true;
}

/** Something that happened between two snapshots. */
interface EventEntry extends CatalogueEntry {
  nature: 'event';
  severity: (tokenType: string | null) => Severity;
  /** As which change of a token an audit counts it; none: it is no change of one. */
  change?: ChangeName;
}

/** The names of changes in the result of an audit. */
export type ChangeName = 'created' | 'removed' | 'disabled' | 'enabled' | 'renamed' | 'other';

/** Something that holds until it is resolved. */
interface ConditionEntry extends CatalogueEntry {
  nature: 'condition';
  /** One for each level, from the first on; the last one is that of all higher levels. */
  severities: readonly [Severity, ...Severity[]];
}

/**
 * What each kind of finding is called, why it matters and how severe it is, in the order in which a digest
 * shows kinds of one severity.
 */
export const findingCatalogue = {
  'owner-deactivated': {
    nature: 'condition',
    title: 'Deactivated account that holds tokens',
    why: 'The account is deactivated and still holds tokens. Omni does not document what such a token can still do: treat it as usable until it is deleted.',
    subjectWord: 'orphaned',
    countsTokens: true,
    severities: ['critical'],
  },
  'owner-missing': {
    nature: 'condition',
    title: 'Account that is gone but holds tokens',
    why: 'Omni has no account with this id, so nobody is responsible for these tokens.',
    subjectWord: 'orphaned',
    countsTokens: true,
    severities: ['critical'],
  },
  'credential-changed': {
    nature: 'event',
    title: 'The auditor’s own credential changed',
    why: 'The API token of this audit has another scope or role than before: soon it may see less, or it may do more than it should.',
    subjectWord: 'changed credential',
    severity: () => 'critical',
  },
  'token-identity-changed': {
    nature: 'event',
    title: 'Token identity changed',
    why: 'A token keeps its owner, its type and its creation date for life. This should be impossible: the token may now do more, or look younger than it is.',
    subjectWord: 'altered',
    severity: () => 'critical',
    change: 'other',
  },
  'token-created': {
    nature: 'event',
    title: 'New token',
    why: 'A new credential can reach your data and does not expire by itself.',
    subjectWord: 'new',
    severity: (tokenType) => (tokenType === 'organization' ? 'high' : 'medium'),
    change: 'created',
  },
  'token-enabled': {
    nature: 'event',
    title: 'Re-enabled token',
    why: 'A credential that had been switched off works again.',
    subjectWord: 're-enabled',
    severity: () => 'high',
    change: 'enabled',
  },
  'token-reappeared': {
    nature: 'event',
    title: 'Reappeared token',
    why: 'A token that had been removed is back under the same id.',
    subjectWord: 'reappeared',
    severity: () => 'high',
    change: 'other',
  },
  'type-first-seen': {
    nature: 'event',
    title: 'New type of token',
    why: 'This organisation had no token of this type before.',
    subjectWord: 'new type',
    severity: () => 'medium',
  },
  'token-renamed': {
    nature: 'event',
    title: 'Renamed token',
    why: 'The name is all that says what a token is for.',
    subjectWord: 'renamed',
    nothingToDelete: true,
    severity: () => 'low',
    change: 'renamed',
  },
  'token-disabled': {
    nature: 'event',
    title: 'Disabled token',
    why: 'The credential no longer works; it can be enabled again until it is deleted.',
    subjectWord: 'disabled',
    nothingToDelete: true,
    severity: () => 'info',
    change: 'disabled',
  },
  'token-removed': {
    nature: 'event',
    title: 'Removed token',
    why: 'It is gone from a listing that was proved complete: somebody revoked it.',
    subjectWord: 'removed',
    nothingToDelete: true,
    severity: () => 'info',
    change: 'removed',
  },
  'token-stale': {
    nature: 'condition',
    title: 'Stale token',
    why: 'Omni tokens never expire. Old is not the same as unused (Omni reports no last use), but it is time to rotate.',
    subjectWord: 'stale',
    severities: ['low', 'medium', 'high'],
  },
  'token-type-unknown': {
    nature: 'condition',
    title: 'Token of an unknown type',
    why: 'Omni lists a type that this version does not know: what such a token may do, and how old it may grow, is yours to judge.',
    subjectWord: 'of unknown type',
    severities: ['medium'],
  },
  'token-disabled-lingering': {
    nature: 'condition',
    title: 'Disabled and not deleted',
    why: 'A disabled token can be enabled again at any time, and one that nobody misses can be deleted. Omni does not say when it was disabled: counted from the first audit that saw it so.',
    subjectWord: 'long disabled',
    severities: ['low'],
  },
  'owner-idle': {
    nature: 'condition',
    title: 'Idle account that holds tokens',
    why: 'The owner has not logged in for a long time. That is a proxy, not proof: a token can be busy while its owner is not.',
    subjectWord: 'idle',
    nothingToDelete: true,
    severities: ['low'],
  },
} as const satisfies Record<string, EventEntry | ConditionEntry>;

type Catalogue = typeof findingCatalogue;
type KindOf<Nature> = {
  [Kind in keyof Catalogue]: Catalogue[Kind]['nature'] extends Nature ? Kind : never;
}[keyof Catalogue];

export type EventKind = KindOf<'event'>;
export type ConditionKind = KindOf<'condition'>;
export type FindingKind = keyof Catalogue;

/** Every kind, in the order of the catalogue. */
export const findingKinds = Object.keys(findingCatalogue) as FindingKind[];

export function isConditionKind(kind: FindingKind): kind is ConditionKind {
  return findingCatalogue[kind].nature === 'condition';
}

export function catalogueEntry(kind: FindingKind): CatalogueEntry {
  return findingCatalogue[kind];
}

export function eventSeverity(kind: EventKind, tokenType: string | null): Severity {
  return findingCatalogue[kind].severity(tokenType);
}

/** As which change of a token an audit counts an event; null: it is none. */
export function eventChange(kind: EventKind): ChangeName | null {
  const { change: name }: EventEntry = findingCatalogue[kind];
  return name ?? null;
}

/** `rank`: 0 for the first level of the condition, 1 for the second, and so on. */
export function conditionSeverity(kind: ConditionKind, rank: number): Severity {
  const { severities }: ConditionEntry = findingCatalogue[kind];
  return severities[Math.min(rank, severities.length - 1)] ?? severities[0];
}
