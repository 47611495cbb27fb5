import { oneLower, type Severity } from './severity.ts';

/** The fields that every kind of finding has. */
interface CatalogueEntry {
  /** The heading of its group in a digest. */
  title: string;
  /** Why it matters, in one or two sentences. */
  why: string;
  /** The word in the subject line: `3 stale`. Kinds with the same word are counted together. */
  subjectWord: string;
  /** The word for several, if it differs. */
  subjectWords?: string;
  /** The subject line counts the affected tokens instead of the findings. */
  countsTokens?: true;
  /** It is not a reason to delete a token, so mails show no command that deletes one. */
  nothingToDelete?: true;
  /** If a run reports more than this, a mail shows only their number. */
  maxRows?: number;
}

/** What the severity of an event depends on. */
export interface EventAbout {
  /** null if the event is not about a token. */
  tokenType: string | null;
  /** Only for `credential-changed`: the credential may see or do less than before. */
  isReduced: boolean;
  /** The owner, or the owner of the token, is known to administer a connection. */
  isConnectionAdmin: boolean;
  /** The register approves the token. */
  isApproved: boolean;
}

/** Something that happened between two snapshots. */
interface EventEntry extends CatalogueEntry {
  nature: 'event';
  severity: (about: EventAbout) => Severity;
  /** The changes under which an audit counts it; missing if no token changed. */
  changes?: readonly ChangeName[];
}

/** The changes that the result of an audit counts. */
export type ChangeName = 'created' | 'removed' | 'disabled' | 'enabled' | 'renamed' | 'other';

/** Something that holds until it is resolved. */
interface ConditionEntry extends CatalogueEntry {
  nature: 'condition';
  /** The severity of each level, lowest level first. The last one also applies to all higher levels. */
  severities: readonly [Severity, ...Severity[]];
}

/**
 * The title, the meaning and the severity of each kind of finding. A digest shows kinds of the same severity
 * in this order.
 */
export const findingCatalogue = {
  'owner-deactivated': {
    nature: 'condition',
    title: 'Deactivated account that holds tokens',
    why: 'The account is deactivated and still holds tokens. Omni does not document what these tokens can still do, so treat them as usable until they are deleted.',
    subjectWord: 'orphaned',
    countsTokens: true,
    severities: ['critical'],
  },
  'owner-missing': {
    nature: 'condition',
    title: 'Missing account that holds tokens',
    why: 'Omni has no account with this id, so nobody is responsible for these tokens.',
    subjectWord: 'orphaned',
    countsTokens: true,
    severities: ['critical'],
  },
  'credential-changed': {
    nature: 'event',
    title: 'The auditor’s own credential changed',
    why: 'The API token of this audit has a different scope or role than before. With fewer rights it may not see every token; with more it may do more than it should.',
    subjectWord: 'changed credential',
    severity: ({ isReduced }) => (isReduced ? 'critical' : 'medium'),
  },
  'token-identity-changed': {
    nature: 'event',
    title: 'Token identity changed',
    why: 'The owner, type and creation date of a token never change, so this should be impossible. The token may now have more rights, or look younger than it is.',
    subjectWord: 'altered',
    severity: () => 'critical',
    changes: ['other'],
  },
  'token-created': {
    nature: 'event',
    title: 'New token',
    why: 'A new credential can access your data, and it never expires on its own.',
    subjectWord: 'new',
    severity: newTokenSeverity,
    changes: ['created'],
  },
  'token-rotated': {
    nature: 'event',
    title: 'Rotated token',
    why: 'A new token replaced one of the same type, owner and name. This is how a rotation looks; if nobody rotated it, treat it as a new token.',
    subjectWord: 'rotated',
    severity: (about) => oneLower(newTokenSeverity(about)),
    changes: ['created', 'removed'],
  },
  'owner-external': {
    nature: 'condition',
    title: 'External account that holds tokens',
    why: 'The account does not belong to your organisation, but its tokens can access your data.',
    subjectWord: 'external',
    countsTokens: true,
    severities: ['medium', 'high'],
  },
  'owner-role-raised': {
    nature: 'event',
    title: 'Account whose tokens can do more now',
    why: 'A token can do what its owner can do, so a higher role of the owner also makes these tokens more powerful.',
    subjectWord: 'with a raised role',
    nothingToDelete: true,
    maxRows: 10,
    severity: ({ isConnectionAdmin }) => (isConnectionAdmin ? 'high' : 'medium'),
  },
  'token-enabled': {
    nature: 'event',
    title: 'Re-enabled token',
    why: 'A credential that had been disabled works again.',
    subjectWord: 're-enabled',
    severity: () => 'high',
    changes: ['enabled'],
  },
  'token-reappeared': {
    nature: 'event',
    title: 'Reappeared token',
    why: 'A token that had been removed is back under the same id.',
    subjectWord: 'reappeared',
    severity: () => 'high',
    changes: ['other'],
  },
  'type-first-seen': {
    nature: 'event',
    title: 'New type of token',
    why: 'This organisation had no token of this type before.',
    subjectWord: 'new type',
    subjectWords: 'new types',
    severity: () => 'medium',
  },
  'mcp-client-new': {
    nature: 'event',
    title: 'New MCP client',
    why: 'No audit has seen an MCP grant of this name before. Every user can connect an AI client to your data, and Omni’s app does not show it.',
    subjectWord: 'new MCP client',
    subjectWords: 'new MCP clients',
    severity: () => 'medium',
  },
  'token-renamed': {
    nature: 'event',
    title: 'Renamed token',
    why: 'The name is the only hint at what a token is for.',
    subjectWord: 'renamed',
    nothingToDelete: true,
    severity: () => 'low',
    changes: ['renamed'],
  },
  'token-disabled': {
    nature: 'event',
    title: 'Disabled token',
    why: 'The credential no longer works; it can be enabled again until it is deleted.',
    subjectWord: 'disabled',
    nothingToDelete: true,
    severity: () => 'info',
    changes: ['disabled'],
  },
  'token-removed': {
    nature: 'event',
    title: 'Removed token',
    why: 'It is missing from a listing that was proved complete.',
    subjectWord: 'removed',
    nothingToDelete: true,
    severity: () => 'info',
    changes: ['removed'],
  },
  'revocation-pending': {
    nature: 'condition',
    title: 'Pending revocation',
    why: 'The register says to revoke this token, but Omni still lists it.',
    subjectWord: 'to be revoked',
    severities: ['medium', 'high'],
  },
  'token-unregistered': {
    nature: 'condition',
    title: 'Unregistered token',
    why: 'The register does not approve it. That takes a responsible person, the decision to keep it, the date, and a decider who is not its owner.',
    subjectWord: 'unregistered',
    nothingToDelete: true,
    severities: ['low', 'medium'],
  },
  'review-overdue': {
    nature: 'condition',
    title: 'Overdue review',
    why: 'The review date of this token in the register has passed.',
    subjectWord: 'with an overdue review',
    nothingToDelete: true,
    severities: ['low', 'medium'],
  },
  'token-stale': {
    nature: 'condition',
    title: 'Stale token',
    why: 'Omni tokens never expire. An old token may still be in use (Omni does not report the last use), but it is time to rotate it.',
    subjectWord: 'stale',
    severities: ['low', 'medium', 'high'],
  },
  'token-type-unknown': {
    nature: 'condition',
    title: 'Token of an unknown type',
    why: 'This version of omni-token-audit does not know this type. Decide what a token of this type may do and how old it may get.',
    subjectWord: 'of unknown type',
    severities: ['medium'],
  },
  'token-disabled-lingering': {
    nature: 'condition',
    title: 'Disabled but not deleted',
    why: 'A disabled token can be enabled again at any time. If nobody misses it, delete it. Omni does not say when it was disabled, so we count from the first audit that saw it disabled.',
    subjectWord: 'long disabled',
    severities: ['low'],
  },
  'owner-idle': {
    nature: 'condition',
    title: 'Idle account that holds tokens',
    why: 'The owner has not logged in for a long time. This is a hint, not proof: a token can be in use even if its owner never logs in.',
    subjectWord: 'idle',
    nothingToDelete: true,
    severities: ['low'],
  },
} as const satisfies Record<string, EventEntry | ConditionEntry>;

function newTokenSeverity({ tokenType, isConnectionAdmin, isApproved }: EventAbout): Severity {
  if (isApproved) return 'info';
  return tokenType === 'organization' || isConnectionAdmin ? 'high' : 'medium';
}

type Catalogue = typeof findingCatalogue;
type KindOf<Nature> = {
  [Kind in keyof Catalogue]: Catalogue[Kind]['nature'] extends Nature ? Kind : never;
}[keyof Catalogue];

export type EventKind = KindOf<'event'>;
export type ConditionKind = KindOf<'condition'>;
export type FindingKind = keyof Catalogue;

/** All kinds, in the order of the catalogue. */
export const findingKinds = Object.keys(findingCatalogue) as FindingKind[];

export function isConditionKind(kind: FindingKind): kind is ConditionKind {
  return findingCatalogue[kind].nature === 'condition';
}

export function catalogueEntry(kind: FindingKind): CatalogueEntry {
  return findingCatalogue[kind];
}

/** Returns whether the tokens of a finding can do nothing: they are gone or disabled. */
export function isPowerless(kind: FindingKind): boolean {
  return kind === 'token-removed' || kind === 'token-disabled' || kind === 'token-disabled-lingering';
}

export function eventSeverity(kind: EventKind, about: EventAbout): Severity {
  return findingCatalogue[kind].severity(about);
}

/** Returns the changes under which an audit counts an event; none if no token changed. */
export function eventChanges(kind: EventKind): readonly ChangeName[] {
  const { changes = [] }: EventEntry = findingCatalogue[kind];
  return changes;
}

/** Returns the severity of a level. `rank`: 0 for the first level of the condition, 1 for the second, and so on. */
export function conditionSeverity(kind: ConditionKind, rank: number): Severity {
  const { severities }: ConditionEntry = findingCatalogue[kind];
  return severities[Math.min(rank, severities.length - 1)] ?? severities[0];
}
