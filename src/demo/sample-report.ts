import type { MailContext } from '../digest/content/mail-content.ts';
import type { RunReport } from '../history/report.ts';
import type { Acknowledgement, AcknowledgementNotice } from '../rules/acknowledgement.ts';
import type { ConditionKind, OwnerFacts } from '../rules/catalogue.ts';
import type { Finding, FindingContent, FindingHeader, FindingToken, Subject } from '../rules/finding.ts';
import { groupFindings } from '../rules/finding-groups.ts';
import type { FindingOwner } from '../rules/owner.ts';
import type { Severity } from '../rules/severity.ts';

/** An organisation that does not exist. */
export const sampleContext: MailContext = {
  organizationName: 'Acme',
  baseUrl: 'https://acme.omniapp.co',
  hasAttachments: true,
  timeZone: 'Europe/Berlin',
};

const elif = person('Elif Sato', 'elif.sato@acme.example', 'deactivated', '2026-10-30T16:12:00.000Z');
const ada = person('Ada Okafor', 'ada.okafor@acme.example', 'active', '2026-11-22T08:40:00.000Z');
const jun = person('Jun Novak', 'jun.novak@acme.example', 'active', '2026-07-14T10:05:00.000Z');
const bram = person('Bram Marin', 'bram.marin@acme.example', 'missing', null);
const people = [elif, ada, jun, bram];

const boardExport = token(1, 'Nightly board export', 'organization', '2026-05-27T06:00:00.000Z');
const crawler = token(2, 'Data catalogue crawler', 'organization', '2026-08-25T02:30:00.000Z');
const grant = token(3, 'Claude', 'mcp', '2026-11-22T22:14:00.000Z', ada);
const notebook = token(4, 'Ada, growth: notebook', 'personal', '2026-03-02T11:00:00.000Z', ada);
const refresh = token(5, 'Airflow nightly refresh', 'organization', '2026-03-30T08:00:00.000Z');
const crmSync = token(6, 'CRM sync', 'organization', '2025-11-20T08:00:00.000Z');
const trial = token(7, 'Reverse ETL trial', 'organization', '2026-08-03T09:30:00.000Z');
const agent = token(8, 'Agent gateway', 'service', '2026-11-22T21:05:00.000Z');
const warehouse = token(9, 'Warehouse writer', 'organization', '2026-04-14T12:00:00.000Z');
const dashboards = token(10, 'Dashboards as code', 'personal', '2026-10-20T07:45:00.000Z', ada);
const cli = token(11, 'Elif, security: omni CLI', 'personal', '2026-09-10T14:16:00.000Z', elif);
const chat = token(12, 'ChatGPT', 'mcp', '2026-08-17T19:04:00.000Z', elif);
const migration = token(13, 'migration script', 'personal', '2026-02-01T09:00:00.000Z', bram);
const share = token(14, 'Partner data share', 'organization', '2026-11-22T22:36:00.000Z');
const bridge = token(15, 'Legacy BI bridge', 'organization', '2026-09-24T08:00:00.000Z');
const sync = token(16, 'AO: dbt Cloud sync', 'organization', '2026-10-01T08:00:00.000Z');
const editor = token(17, 'VS Code', 'mcp', '2026-06-30T12:00:00.000Z', jun);
const costs = token(18, 'Warehouse cost export', 'organization', '2026-10-11T08:00:00.000Z');
const adHoc = token(19, 'ad-hoc export', 'personal', '2026-10-07T08:00:00.000Z', ada);
const workshop = token(20, 'workshop 2026-10', 'personal', '2026-10-12T13:20:00.000Z', jun);

const findings: Finding[] = [
  of('critical', elif, { kind: 'owner-deactivated', transition: 'opened', detail: holding(elif, cli, chat) }),
  of('critical', bram, { kind: 'owner-missing', transition: 'opened', detail: holding(bram, migration) }),
  of('critical', 'credential', {
    kind: 'credential-changed',
    transition: 'event',
    detail: { before: 'organization-scoped, ORG_ADMIN', after: 'user-scoped, ORG_ADMIN', isReduced: true },
  }),
  of('critical', dashboards, {
    kind: 'token-identity-changed',
    transition: 'event',
    detail: {
      changes: [
        {
          field: 'membershipId',
          before: membershipOf(elif),
          after: membershipOf(ada),
          owners: { before: elif, after: ada },
        },
        { field: 'type', before: 'mcp', after: 'personal' },
        { field: 'createdAt', before: '2026-10-19T16:30:00.000Z', after: dashboards.createdAt },
      ],
    },
  }),
  of('high', share, { kind: 'token-created', transition: 'event', detail: {} }),
  of('high', bridge, { kind: 'token-enabled', transition: 'event', detail: {} }),
  of('high', warehouse, { kind: 'token-reappeared', transition: 'event', detail: {} }),
  of('high', crmSync, { kind: 'token-stale', transition: 'expired', detail: { ageDays: 367, thresholdDays: 365 } }),
  of('medium', grant, { kind: 'token-created', transition: 'event', detail: {} }),
  of('medium', 'service', { kind: 'type-first-seen', transition: 'event', detail: { value: 'service' } }),
  of('medium', boardExport, {
    kind: 'token-stale',
    transition: 'escalated',
    detail: { ageDays: 180, thresholdDays: 180 },
  }),
  of('medium', agent, { kind: 'token-type-unknown', transition: 'opened', detail: {} }),
  of('low', sync, {
    kind: 'token-renamed',
    transition: 'event',
    detail: { before: 'dbt Cloud sync', after: 'AO: dbt Cloud sync' },
  }),
  of('low', crawler, { kind: 'token-stale', transition: 'opened', detail: { ageDays: 90, thresholdDays: 90 } }),
  of('low', trial, {
    kind: 'token-disabled-lingering',
    transition: 'opened',
    detail: { since: '2026-10-24T07:00:00.000Z', ageDays: 30, thresholdDays: 30 },
  }),
  of('low', jun, {
    kind: 'owner-idle',
    transition: 'reopened',
    detail: { ...holding(jun, editor), ageDays: 131, thresholdDays: 90 },
  }),
  of('info', costs, { kind: 'token-disabled', transition: 'event', detail: {} }),
  of('info', adHoc, { kind: 'token-removed', transition: 'event', detail: { confirmed: true } }),
  of('info', workshop, { kind: 'token-removed', transition: 'event', detail: { confirmed: false } }),
  of('info', notebook, { kind: 'token-stale', transition: 'resolved', detail: null }),
  of('info', ada, { kind: 'owner-idle', transition: 'resolved', detail: null }),
].map((finding, index) => ({ ...finding, id: 201 + index, runId: 42 }));

/** 80 tokens are gone at once, which trips the breaker. The sample names only two of them. */
const groups = groupFindings(findings).map((group) =>
  group.kind === 'token-removed' ? { ...group, count: 80, tokenCount: 80 } : group,
);

const accepted = {
  by: 'Bob Berg',
  createdAt: '2026-11-22T15:20:00.000Z',
  expiresOn: '2027-01-31',
  end: null,
} as const;
const endedAt = '2026-11-23T07:00:00.000Z';

const acknowledgements: AcknowledgementNotice[] = [
  {
    what: 'made',
    acknowledgement: {
      ...accepted,
      ...about(7, 'token-stale', 'medium', refresh),
      by: 'Ann Archer',
      reason: 'board report, rotated each January',
    },
  },
  {
    what: 'ended',
    acknowledgement: {
      ...accepted,
      ...about(5, 'token-stale', 'medium', boardExport),
      reason: 'leaves with the project',
      end: { at: endedAt, because: 'void', what: 'it escalated' },
    },
  },
  {
    what: 'ended',
    acknowledgement: {
      ...accepted,
      ...about(8, 'token-disabled-lingering', 'low', trial),
      reason: 'the trial may be extended',
      end: { at: '2026-11-23T06:30:00.000Z', because: 'revoked', by: 'Ann Archer' },
    },
  },
  {
    what: 'ended',
    acknowledgement: {
      ...accepted,
      ...about(3, 'token-stale', 'high', crmSync),
      reason: 'rotated in the November maintenance',
      createdAt: '2026-08-24T09:10:00.000Z',
      expiresOn: '2026-11-22',
      end: { at: endedAt, because: 'expired' },
    },
  },
  {
    what: 'ended',
    acknowledgement: {
      ...accepted,
      ...about(9, 'owner-idle', 'low', ada),
      reason: 'on parental leave',
      end: { at: endedAt, because: 'resolved' },
    },
  },
];

/** A digest with something in every section, and every kind of finding. */
export const sampleReport: RunReport = {
  run: { id: 42, startedAt: '2026-11-23T07:00:00.000Z', isBaseline: false, tokenCount: 214, surplus: 1 },
  previous: { id: 41, startedAt: '2026-11-22T07:00:00.000Z' },
  tokensByType: [
    { type: 'mcp', count: 112 },
    { type: 'personal', count: 89 },
    { type: 'organization', count: 12 },
    { type: 'service', count: 1 },
  ],
  groups,
  acknowledgements,
  openBySeverity: { critical: 2, high: 1, medium: 3, low: 3, info: 0 },
  acknowledgedCount: 1,
  openSubjects: 9,
  ownersProblem: null,
  ownersLost: false,
  ownersUnresolved: 2,
  clockChecked: true,
  credential: 'known',
  hiddenTokens: [{ id: '5d0c9b51-6f0e-4f4e-9a53-0d1f8f6b2c11', name: 'warehouse sync' }],
  hasNewHidden: true,
  runsWithoutOwners: 1,
  breaker: 'confirmed',
  rejudgedCount: 2,
  mail: {
    undelivered: [
      {
        id: 38,
        kind: 'digest',
        createdAt: '2026-11-20T07:00:00.000Z',
        deliveries: [
          { recipient: 'soc@acme.example', status: 'parked', replyCodes: '550 5.7.1' },
          { recipient: 'it@acme.example', status: 'pending', replyCodes: null },
        ],
      },
      {
        id: 36,
        kind: 'summary',
        createdAt: '2026-11-16T07:00:00.000Z',
        deliveries: [{ recipient: 'soc@acme.example', status: 'discarded', replyCodes: null }],
      },
    ],
    added: ['new.colleague@acme.example'],
    removed: ['former.colleague@acme.example'],
    redirected: [{ id: 39, kind: 'digest', createdAt: '2026-11-21T07:00:00.000Z' }],
    givenUp: [{ recipient: 'former.colleague@acme.example', count: 3 }],
  },
  recent: null,
};

function person(
  displayName: string,
  userName: string,
  state: FindingOwner['state'],
  lastLogin: string | null,
): FindingOwner {
  return { state, userName, displayName, lastLogin };
}

function uuid(number: number): string {
  return `3f1c9a52-7b1e-4d0a-9c55-${String(number).padStart(12, '0')}`;
}

function membershipOf(owner: FindingOwner): string {
  return uuid(9001 + people.indexOf(owner));
}

function token(number: number, name: string, type: string, createdAt: string, owner?: FindingOwner): FindingToken {
  return { id: uuid(number), name, type, createdAt, membershipId: owner === undefined ? null : membershipOf(owner) };
}

/** Creates a finding about a token or an owner or, if `about` is a text, about the organisation. */
function of(
  severity: Severity,
  about: FindingToken | FindingOwner | string,
  content: FindingContent,
): Omit<FindingHeader, 'id' | 'runId'> & FindingContent {
  if (typeof about === 'string') {
    const subject = { type: 'organisation', id: about } as const;
    return { ...content, severity, subject, token: null, owner: null };
  }
  if (!('id' in about)) return { ...content, severity, subject: subjectOf(about), token: null, owner: about };
  const owner = people.find((each) => membershipOf(each) === about.membershipId) ?? null;
  return { ...content, severity, subject: subjectOf(about), token: about, owner };
}

function subjectOf(about: FindingToken | FindingOwner): Subject {
  return 'id' in about ? { type: 'token', id: about.id } : { type: 'owner', id: membershipOf(about) };
}

function holding(owner: FindingOwner, ...tokens: FindingToken[]): OwnerFacts {
  const held = tokens.map(({ id, name, type, createdAt }) => ({ id, name, type, createdAt, enabled: true }));
  return { owner, tokenCount: held.length, tokens: held };
}

/** What an acknowledgement is about. */
function about(
  id: number,
  kind: ConditionKind,
  severity: Severity,
  subject: FindingToken | FindingOwner,
): Pick<Acknowledgement, 'id' | 'condition' | 'tokenName' | 'owner'> {
  return {
    id,
    condition: { id: 100 + id, kind, severity, subject: subjectOf(subject) },
    tokenName: 'id' in subject ? subject.name : null,
    owner: 'id' in subject ? null : subject,
  };
}
