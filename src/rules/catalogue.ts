import type { CatalogueEntry, ChangeName, ConditionEntry, EventEntry, Wording } from './catalogue-entry.ts';
import type { FindingDetail, FindingOwner } from './finding.ts';
import type { Severity } from './severity.ts';

/**
 * The one place that owns what each kind of finding is called, what it means, what it says and how
 * grave it is, in the order in which kinds of one severity stand in a digest.
 */
export const findingCatalogue = {
  'owner-deactivated': {
    nature: 'condition',
    title: 'Deactivated account that holds tokens',
    why: 'The account is deactivated and still holds tokens. Omni does not document what such a token can still do: treat it as usable until it is deleted.',
    says: held,
    subjectWord: 'orphaned',
    countsTokens: true,
    relatesTo: 'PCI DSS v4.0.1 8.2.5, OWASP NHI1',
    severities: ['critical'],
  },
  'owner-missing': {
    nature: 'condition',
    title: 'Account that is gone but holds tokens',
    why: 'Omni answered at both of its user lists that there is no account with this id: nobody answers for these tokens.',
    says: held,
    subjectWord: 'orphaned',
    countsTokens: true,
    relatesTo: 'PCI DSS v4.0.1 8.2.5, OWASP NHI1',
    severities: ['critical'],
  },
  'credential-changed': {
    nature: 'event',
    title: 'The auditor’s own credential changed',
    why: 'The API token of this audit has another scope or role than before: soon it may see less, or it may do more than it should.',
    says: (detail, { visible }) => beforeAfter(detail, visible),
    subjectWord: 'changed credential',
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: () => 'critical',
  },
  'token-owner-changed': {
    nature: 'event',
    title: 'Owner changed',
    why: 'A token acts as its owner, and Omni offers no way to hand one over: this should be impossible.',
    says: ({ before, after, owners }, { ownerName }) => {
      const name = (id: FindingDetail['before'], owner: FindingOwner | null = null): string =>
        typeof id === 'string' ? ownerName(owner, id) : 'nobody';
      return `${name(before, owners?.before)} → ${name(after, owners?.after)}`;
    },
    subjectWord: 'changed owner',
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: () => 'critical',
    change: 'other',
  },
  'token-type-changed': {
    nature: 'event',
    title: 'Type changed',
    why: 'A token keeps its type for life: this should be impossible, and it can widen what the token may do.',
    says: (detail, { quoted }) => `type ${beforeAfter(detail, quoted)}`,
    subjectWord: 'changed type',
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: () => 'critical',
    change: 'other',
  },
  'token-created-at-changed': {
    nature: 'event',
    title: 'Creation date changed',
    why: 'A token keeps its creation date for life: this should be impossible, and it can hide an old token.',
    says: (detail, { visible }) => `created ${beforeAfter(detail, visible)}`,
    subjectWord: 'changed date',
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: () => 'critical',
    change: 'other',
  },
  'token-created': {
    nature: 'event',
    title: 'New token',
    why: 'A new credential can reach your data and does not expire by itself.',
    subjectWord: 'new',
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: (tokenType) => (tokenType === 'organization' ? 'high' : 'medium'),
    change: 'created',
  },
  'token-enabled': {
    nature: 'event',
    title: 'Re-enabled token',
    why: 'A credential that had been switched off works again.',
    says: () => 'disabled → enabled',
    subjectWord: 're-enabled',
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: () => 'high',
    change: 'enabled',
  },
  'token-reappeared': {
    nature: 'event',
    title: 'Reappeared token',
    why: 'A token that had been removed is back under the same id.',
    subjectWord: 'reappeared',
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: () => 'high',
    change: 'other',
  },
  'type-first-seen': {
    nature: 'event',
    title: 'New type of token',
    why: 'This organisation had no token of this type before.',
    says: ({ value = '' }, { quoted }) => `type ${quoted(value)}`,
    subjectWord: 'new type',
    relatesTo: 'CIS Controls v8 5.1',
    severity: () => 'medium',
  },
  'token-renamed': {
    nature: 'event',
    title: 'Renamed token',
    why: 'The name is all that says what a token is for.',
    says: (detail, { quoted }) => beforeAfter(detail, quoted),
    subjectWord: 'renamed',
    nothingToDelete: true,
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: () => 'low',
    change: 'renamed',
  },
  'token-disabled': {
    nature: 'event',
    title: 'Disabled token',
    why: 'The credential no longer works; it can be enabled again until it is deleted.',
    says: () => 'enabled → disabled',
    subjectWord: 'disabled',
    nothingToDelete: true,
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: () => 'info',
    change: 'disabled',
  },
  'token-removed': {
    nature: 'event',
    title: 'Removed token',
    why: 'It is gone from a listing that was proved complete: somebody revoked it.',
    says: ({ confirmed }) => (confirmed ? 'confirmed: Omni answers that it is gone' : 'not asked for by its id'),
    subjectWord: 'removed',
    nothingToDelete: true,
    relatesTo: 'NIST SP 800-53r5 AC-2(4)',
    severity: () => 'info',
    change: 'removed',
  },
  'token-stale': {
    nature: 'condition',
    title: 'Stale token',
    why: 'Omni tokens never expire. Old is not the same as unused (Omni reports no last use), but it is time to rotate.',
    says: (detail, { plural }) => `${plural(detail.ageDays ?? 0, 'day')} old, ${threshold(detail)}`,
    subjectWord: 'stale',
    relatesTo: 'CIS AWS Foundations 2.12 / 1.14, OWASP NHI7',
    severities: ['low', 'medium', 'high'],
  },
  'token-type-unknown': {
    nature: 'condition',
    title: 'Token of an unknown type',
    why: 'Omni lists a type that this version does not know: what such a token may do, and how old it may grow, is yours to judge.',
    subjectWord: 'of unknown type',
    relatesTo: 'CIS Controls v8 5.1',
    severities: ['medium'],
  },
  'token-disabled-lingering': {
    nature: 'condition',
    title: 'Disabled and not deleted',
    why: 'A disabled token can be enabled again at any time, and one that nobody misses can be deleted. Omni does not say when it was disabled: counted from the first audit that saw it so.',
    says: (detail, { plural, dayOf }) =>
      `seen disabled since ${dayOf(detail.since ?? '')} (${plural(detail.ageDays ?? 0, 'day')}), ${threshold(detail)}`,
    subjectWord: 'long disabled',
    relatesTo: 'PCI DSS v4.0.1 8.2.6',
    severities: ['low'],
  },
  'owner-idle': {
    nature: 'condition',
    title: 'Idle account that holds tokens',
    why: 'The owner has not logged in for a long time. That is a proxy, not proof: a token can be busy while its owner is not.',
    says: (detail, words) => {
      const ago = detail.ageDays === undefined ? 'not known now' : `${words.plural(detail.ageDays, 'day')} ago`;
      return `last log-in ${ago}, ${threshold(detail)}; ${held(detail, words)}`;
    },
    subjectWord: 'idle',
    nothingToDelete: true,
    relatesTo: 'CIS Controls v8 5.3, NIST SP 800-53r5 AC-2(3)',
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

function beforeAfter({ before, after }: FindingDetail, show: (value: string) => string): string {
  const side = (value: FindingDetail['before']): string => show(String(value));
  return `${side(before)} → ${side(after)}`;
}

function threshold({ thresholdDays }: FindingDetail): string {
  return `past the threshold of ${thresholdDays}`;
}

function held({ tokenCount = 0 }: FindingDetail, { plural }: Wording): string {
  return `holds ${plural(tokenCount, 'token')}`;
}
