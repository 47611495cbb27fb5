import type { MailContext } from '../../../src/digest/content/mail-content.ts';
import type { OwnedToken, RunReport, Trend } from '../../../src/history/report.ts';
import { ageGroupDays } from '../../../src/history/summary.ts';
import type { Acknowledgement, AcknowledgementEnd, AcknowledgementNotice } from '../../../src/rules/acknowledgement.ts';
import { type FindingFacts, type FindingKind, findingKinds, type OwnerFacts } from '../../../src/rules/catalogue.ts';
import type { Finding, FindingContent, SubjectType, Transition } from '../../../src/rules/finding.ts';
import type { FindingGroup } from '../../../src/rules/finding-groups.ts';
import type { FindingOwner } from '../../../src/rules/owner.ts';
import { noSeverityCounts, type Severity } from '../../../src/rules/severity.ts';
import type { OwnersToken } from '../../../src/rules/token.ts';

export const context: MailContext = {
  organizationName: 'Acme',
  baseUrl: 'https://acme.omniapp.co',
  hasAttachments: false,
};

/** Eight weeks and all five age groups, of the 214 tokens of the report. */
export const trend: Trend = {
  ages: [60, 70, 50, 33, 1].map((count, index) => ({ fromDays: ageGroupDays[index] ?? 0, count })),
  weeks: [150, 160, 170, 180, 190, 200, 210, 214].map((tokenCount, index) => ({
    at: new Date(Date.UTC(2026, 9, 5 + 7 * index, 7)).toISOString(),
    tokenCount,
    openCount: index,
  })),
};

export const jane: FindingOwner = {
  state: 'active',
  userName: 'jane@acme.example',
  displayName: 'Jane Doe',
  lastLogin: '2026-11-20T09:00:00.000Z',
};

/** Of whom nothing was ever known. */
export const noName: FindingOwner = { state: null, userName: null, displayName: null, lastLogin: null };

/** What a test wants to say of the findings of one group. */
export interface SampleGroup {
  kind: FindingKind;
  severity: Severity;
  transition?: Transition;
  /** One finding for each: names of tokens, or of owners where the kind is about those. */
  names?: readonly string[];
  /** More than `names` where not all rows are at hand. */
  count?: number;
  type?: string;
  membershipId?: string | null;
  /** Of the token, or whom the finding is about. */
  owner?: FindingOwner | null;
  /** What each owner holds, for kinds that are about owners. */
  tokens?: readonly OwnersToken[];
  /** Of each owner, where not all tokens are at hand. */
  tokenCount?: number;
}

export function sampleGroup({ kind, severity, transition = 'event', ...sample }: SampleGroup): FindingGroup {
  const subjectType = subjectTypeOf(kind);
  const { names = [subjectType === 'owner' ? 'Jane Doe' : 'nightly export'], type = 'organization' } = sample;
  const { membershipId = null, owner = jane, tokens = heldTokens(2) } = sample;
  const tokenCount = sample.tokenCount ?? tokens.length;
  const ownerOf = (name: string): FindingOwner => (owner === null ? noName : { ...owner, displayName: name });
  const findings = names.map((name, index): Finding => {
    const id = `6513270e-269e-4d37-b2a7-${String(index).padStart(12, '0')}`;
    return {
      ...contentOf(kind, transition, everyFact(name, type, { owner: ownerOf(name), tokenCount, tokens: [...tokens] })),
      id: index + 1,
      runId: 12,
      severity,
      subject: { type: subjectType, id },
      token: subjectType === 'token' ? { id, name, type, createdAt: '2026-03-01T00:00:00.000Z', membershipId } : null,
      owner: subjectType === 'owner' ? ownerOf(name) : membershipId === null ? null : owner,
    };
  });
  const count = sample.count ?? findings.length;
  return {
    kind,
    transition,
    severity,
    count,
    tokenCount: subjectType === 'owner' ? count * tokenCount : count,
    findings,
  };
}

/** Facts of every kind about something of this name and type, or about an owner. */
export function everyFact(name: string, type: string, owner: OwnerFacts): FindingFacts {
  const age = { ageDays: 267, thresholdDays: 180 };
  const change = { before: name, after: name };
  return {
    'owner-deactivated': owner,
    'owner-missing': owner,
    'owner-idle': { ...owner, ...age },
    'credential-changed': change,
    'token-identity-changed': {
      changes: [
        { field: 'membershipId', before: 'c3', after: 'd4', owners: { before: owner.owner, after: null } },
        { field: 'type', before: type, after: type },
        { field: 'createdAt', before: '2026-01-02T00:00:00.000Z', after: '2026-03-01T00:00:00.000Z' },
      ],
    },
    'type-first-seen': { value: type },
    'token-renamed': change,
    'token-removed': { confirmed: true },
    'token-stale': age,
    'token-disabled-lingering': { ...age, since: '2026-03-01T07:00:00.000Z' },
  };
}

function contentOf(kind: FindingKind, transition: Transition, facts: FindingFacts): FindingContent {
  const detail = { ...emptyFacts, ...facts }[kind];
  return { kind, transition, detail: transition === 'resolved' ? null : detail } as FindingContent;
}

const emptyFacts = Object.fromEntries(findingKinds.map((kind) => [kind, {}])) as Record<FindingKind, object>;

function subjectTypeOf(kind: FindingKind): SubjectType {
  if (kind.startsWith('owner-')) return 'owner';
  return ['type-first-seen', 'credential-changed'].includes(kind) ? 'organisation' : 'token';
}

/** Tokens of one owner: `key 1`, `key 2`, … */
export function heldTokens(count: number, differences: Partial<OwnersToken> = {}): OwnersToken[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `held-${index + 1}`,
    name: `key ${index + 1}`,
    type: 'personal',
    enabled: true,
    createdAt: '2026-03-01T00:00:00.000Z',
    ...differences,
  }));
}

/** A personal token of Jane's, unless told otherwise. */
export function ownedToken(
  differences: Partial<OwnedToken['token']> = {},
  owner: FindingOwner | null = jane,
): OwnedToken {
  const createdAt = '2026-03-01T00:00:00.000Z';
  const token = { id: 'a1', name: 'nightly export', type: 'personal', enabled: true, createdAt, membershipId: 'c3' };
  return { token: { ...token, ...differences }, owner };
}

/** Of Jane's stale token, made a day before the run of the report. */
export function sampleAcknowledgement(differences: Partial<Acknowledgement> = {}): Acknowledgement {
  return {
    id: 3,
    condition: { id: 41, kind: 'token-stale', severity: 'low', subject: { type: 'token', id: 'a1' } },
    tokenName: 'nightly export',
    owner: jane,
    reason: 'rotated with the next release',
    by: 'sam@acme.example',
    createdAt: '2026-11-22T15:04:05.000Z',
    expiresOn: '2027-02-20',
    end: null,
    ...differences,
  };
}

export function made(differences: Partial<Acknowledgement> = {}): AcknowledgementNotice {
  return { what: 'made', acknowledgement: sampleAcknowledgement(differences) };
}

export function ended(end: AcknowledgementEnd): AcknowledgementNotice {
  return { what: 'ended', acknowledgement: sampleAcknowledgement({ end: { at: '2026-11-23T06:30:00.000Z', ...end } }) };
}

/** A report of run 12, with a run before it. */
export function sampleReport(groups: readonly SampleGroup[], differences: Partial<RunReport> = {}): RunReport {
  return {
    run: { id: 12, startedAt: '2026-11-23T07:00:00.000Z', isBaseline: false, tokenCount: 214, surplus: 0 },
    previous: { id: 11, startedAt: '2026-11-22T07:00:00.000Z' },
    tokensByType: [
      { type: 'personal', count: 200 },
      { type: 'organization', count: 14 },
    ],
    groups: groups.map(sampleGroup),
    acknowledgements: [],
    openBySeverity: noSeverityCounts(),
    acknowledgedCount: 0,
    openSubjects: 0,
    ownersProblem: null,
    ownersLost: false,
    ownersUnresolved: 0,
    blindRuns: 0,
    breaker: null,
    rejudgedCount: 0,
    discardedRecipients: [],
    recent: null,
    ...differences,
  };
}

export function baselineReport(groups: readonly SampleGroup[], differences: Partial<RunReport> = {}): RunReport {
  return sampleReport(groups, {
    run: { id: 1, startedAt: '2026-11-23T07:00:00.000Z', isBaseline: true, tokenCount: 214, surplus: 0 },
    previous: null,
    ...differences,
  });
}

/** Every group that one run can tell, each full: the longest mail there is. */
export function everyGroup(name: string, count: number): SampleGroup[] {
  const names: string[] = Array(50).fill(name);
  const shapes: [FindingKind, readonly Transition[], readonly Severity[]][] = [
    ['owner-deactivated', ['opened', 'reopened', 'expired', 'resolved'], ['critical']],
    ['owner-missing', ['opened', 'reopened', 'expired', 'resolved'], ['critical']],
    ['credential-changed', ['event'], ['critical']],
    ['token-identity-changed', ['event'], ['critical']],
    ['token-created', ['event'], ['high', 'medium']],
    ['token-enabled', ['event'], ['high']],
    ['token-reappeared', ['event'], ['high']],
    ['type-first-seen', ['event'], ['medium']],
    ['token-renamed', ['event'], ['low']],
    ['token-disabled', ['event'], ['info']],
    ['token-removed', ['event'], ['info']],
    ['token-stale', ['opened', 'reopened', 'expired', 'resolved'], ['low', 'medium', 'high']],
    ['token-stale', ['escalated'], ['medium', 'high']],
    ['token-type-unknown', ['opened', 'reopened', 'expired', 'resolved'], ['medium']],
    ['token-disabled-lingering', ['opened', 'reopened', 'expired', 'resolved'], ['low']],
    ['owner-idle', ['opened', 'reopened', 'expired', 'resolved'], ['low']],
  ];
  const shared = { names, count, type: 'mcp', membershipId: 'c3d4e5f6-a7b8', owner: { ...jane, displayName: name } };
  const tokens = heldTokens(3, { name, type: 'mcp' });
  return shapes.flatMap(([kind, turns, severities]) =>
    turns.flatMap((transition) => severities.map((severity) => ({ kind, transition, severity, tokens, ...shared }))),
  );
}
