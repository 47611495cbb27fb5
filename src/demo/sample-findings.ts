import type { Finding, FindingContent, FindingHeader, FindingToken, Subject } from '../rules/finding.ts';
import type { OwnerFacts } from '../rules/finding-facts.ts';
import type { FindingOwner } from '../rules/owner.ts';
import type { RegisterEntry } from '../rules/register.ts';
import type { KnownRole } from '../rules/role.ts';
import type { Severity } from '../rules/severity.ts';

const asOf = '2026-11-23T07:00:00.000Z';
const viewer = role('VIEWER', 'Viewer', 2, { asOf: '2026-11-20T07:00:00.000Z' });
const admin = role('CONNECTION_ADMIN', 'Connection Admin', 2);
const analyst = role('QUERIER', 'Finance analyst', 1, { unknownRoles: ['Data steward'] });

const elif = person('Elif Sato', 'elif.sato@acme.example', 'deactivated', '2026-10-30T16:12:00.000Z', admin);
export const ada = person('Ada Okafor', 'ada.okafor@acme.example', 'active', '2026-11-22T08:40:00.000Z', admin);
const jun = person('Jun Novak', 'jun.novak@acme.example', 'active', '2026-07-14T10:05:00.000Z', viewer);
const bram = person('Bram Marin', 'bram.marin@acme.example', 'missing', null);
const mia = person('Mia Lund', 'mia.lund@customer.example', 'active', '2026-11-21T14:30:00.000Z', analyst, 'embed');
const people = [elif, ada, jun, bram, mia];

export const boardExport = token(1, 'Nightly board export', 'organization', '2026-05-27T06:00:00.000Z');
const crawler = token(2, 'Data catalogue crawler', 'organization', '2026-08-25T02:30:00.000Z');
const grant = token(3, 'Claude', 'mcp', '2026-11-22T22:14:00.000Z', jun);
const notebook = token(4, 'Ada, growth: notebook', 'personal', '2026-03-02T11:00:00.000Z', ada);
export const refresh = token(5, 'Airflow nightly refresh', 'organization', '2026-03-30T08:00:00.000Z');
export const crmSync = token(6, 'CRM sync', 'organization', '2025-11-20T08:00:00.000Z');
export const trial = token(7, 'Reverse ETL trial', 'organization', '2026-08-03T09:30:00.000Z');
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
const terraform = token(21, 'Terraform provider', 'organization', '2026-11-22T21:58:00.000Z');
const perplexity = token(22, 'Perplexity', 'mcp', '2026-11-22T23:47:00.000Z', jun);
const embedded = token(23, 'embedded reports', 'personal', '2026-06-11T10:00:00.000Z', mia);

export const registered = new Map<unknown, RegisterEntry>([
  [
    refresh,
    {
      responsible: 'Ann Archer',
      purpose: 'nightly refresh',
      ticket: '',
      reviewBy: '2027-02-28',
      decision: 'keep',
      decidedBy: 'Bob Berg',
      decidedOn: '2026-11-22',
      isVanished: false,
    },
  ],
  [
    terraform,
    {
      responsible: 'Ann Archer',
      purpose: 'Terraform',
      ticket: 'OPS-12',
      reviewBy: '2027-05-31',
      decision: 'keep',
      decidedBy: 'Bob Berg',
      decidedOn: '2026-11-20',
      isVanished: false,
    },
  ],
  [
    editor,
    {
      responsible: 'Jun Novak',
      purpose: '',
      ticket: '',
      reviewBy: null,
      decision: 'keep',
      decidedBy: 'jun.novak@acme.example',
      decidedOn: '2026-11-03',
      isVanished: false,
    },
  ],
]);

/** At least one of each kind. */
export const findings: Finding[] = [
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
  of('high', mia, {
    kind: 'owner-external',
    transition: 'opened',
    detail: { ...holding(mia, embedded), reason: 'embed' },
  }),
  of('high', ada, {
    kind: 'owner-role-raised',
    transition: 'event',
    detail: { ...holding(ada, notebook, dashboards), before: viewer, after: admin },
  }),
  of('medium', terraform, {
    kind: 'token-rotated',
    transition: 'event',
    detail: { replaced: uuid(24), replacedAgeDays: 88, ageDays: 0 },
  }),
  of('medium', perplexity, {
    kind: 'mcp-client-new',
    transition: 'event',
    detail: { client: 'Perplexity', grants: 1, others: 0 },
  }),
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
  of('high', migration, {
    kind: 'revocation-pending',
    transition: 'escalated',
    detail: { since: '2026-11-14T07:00:00.000Z', ageDays: 9, decidedBy: 'Ann Archer' },
  }),
  of('medium', share, { kind: 'token-unregistered', transition: 'opened', detail: { gap: 'no-row' } }),
  of('low', editor, { kind: 'token-unregistered', transition: 'opened', detail: { gap: 'self-review' } }),
  of('low', crawler, {
    kind: 'review-overdue',
    transition: 'opened',
    detail: { reviewBy: '2026-11-20', since: '2026-11-20T23:00:00.000Z', ageDays: 2 },
  }),
  of('info', costs, { kind: 'token-disabled', transition: 'event', detail: {} }),
  of('info', adHoc, { kind: 'token-removed', transition: 'event', detail: { confirmed: true } }),
  of('info', workshop, { kind: 'token-removed', transition: 'event', detail: { confirmed: false } }),
  of('info', notebook, { kind: 'token-stale', transition: 'resolved', detail: null }),
  of('info', ada, { kind: 'owner-idle', transition: 'resolved', detail: null }),
].map((finding, index) => ({ ...finding, id: 201 + index, runId: 42 }));

function role(baseRole: string, name: string, connections: number, facts: Partial<KnownRole> = {}): KnownRole {
  return { baseRole, name, connections, unknownRoles: [], asOf, measureBaseRole: baseRole, ...facts };
}

function person(
  displayName: string,
  userName: string,
  state: FindingOwner['state'],
  lastLogin: string | null,
  role: FindingOwner['role'] = null,
  list: FindingOwner['list'] = 'regular',
): FindingOwner {
  return { state, userName, displayName, lastLogin, list, role };
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
    return { ...content, severity, subject, token: null, owner: null, register: null };
  }
  if (!('id' in about))
    return { ...content, severity, subject: subjectOf(about), token: null, owner: about, register: null };
  const owner = people.find((each) => membershipOf(each) === about.membershipId) ?? null;
  return {
    ...content,
    severity,
    subject: subjectOf(about),
    token: about,
    owner,
    register: registered.get(about) ?? null,
  };
}

export function subjectOf(about: FindingToken | FindingOwner): Subject {
  return 'id' in about ? { type: 'token', id: about.id } : { type: 'owner', id: membershipOf(about) };
}

function holding(owner: FindingOwner, ...tokens: FindingToken[]): OwnerFacts {
  const held = tokens.map(({ id, name, type, createdAt }) => ({ id, name, type, createdAt, enabled: true }));
  return { owner, tokenCount: held.length, tokens: held };
}
