import type { MailContext } from '../digest/content/mail-content.ts';
import type { RunReport } from '../history/report.ts';
import type { Acknowledgement } from '../rules/acknowledgement.ts';
import type { FindingFacts, OwnerFacts } from '../rules/catalogue.ts';
import {
  type Finding,
  type FindingContent,
  type FindingHeader,
  type FindingToken,
  ownerFacts,
} from '../rules/finding.ts';
import type { FindingGroup } from '../rules/finding-groups.ts';
import type { FindingOwner } from '../rules/owner.ts';
import type { Severity } from '../rules/severity.ts';

/** An organisation that does not exist, with something in every section, for a preview before anything is installed. */
export const sampleContext: MailContext = {
  organizationName: 'Acme',
  baseUrl: 'https://acme.omniapp.co',
  hasAttachments: true,
};

const elif = person('Elif Sato', 'elif.sato@acme.example', 'deactivated', '2026-10-30T16:12:00.000Z');
const ada = person('Ada Okafor', 'ada.okafor@acme.example', 'active', '2026-11-22T08:40:00.000Z');
const jun = person('Jun Novak', 'jun.novak@acme.example', 'active', '2026-07-14T10:05:00.000Z');
const gone = person('Bram Marin', 'bram.marin@acme.example', 'missing', null);

const people = [elif, ada, jun, gone];

const boardExport = token(1, 'Nightly board export', 'organization', '2026-05-27T06:00:00.000Z');
const crawler = token(2, 'Data catalogue crawler', 'organization', '2026-08-25T02:30:00.000Z');
const grant = token(3, 'Claude', 'mcp', '2026-11-22T22:14:00.000Z', ada);
const notebook = token(4, 'Ada, growth: notebook', 'personal', '2026-03-02T11:00:00.000Z', ada);
const refresh = token(5, 'Airflow nightly refresh', 'organization', '2026-03-30T08:00:00.000Z');
const cli = token(11, 'Elif, security: omni CLI', 'personal', '2026-09-10T14:16:00.000Z', elif);
const chat = token(12, 'ChatGPT', 'mcp', '2026-08-17T19:04:00.000Z', elif);
const migration = token(13, 'migration script', 'personal', '2026-02-01T09:00:00.000Z', gone);
const share = token(14, 'Partner data share', 'organization', '2026-11-22T22:36:00.000Z');
const bridge = token(15, 'Legacy BI bridge', 'organization', '2026-09-24T08:00:00.000Z');
const sync = token(16, 'AO: dbt Cloud sync', 'organization', '2026-10-01T08:00:00.000Z');
const editor = token(17, 'VS Code', 'mcp', '2026-06-30T12:00:00.000Z', jun);
const costs = token(18, 'Warehouse cost export', 'organization', '2026-10-11T08:00:00.000Z');
const adHoc = token(19, 'ad-hoc export', 'personal', '2026-10-07T08:00:00.000Z', ada);

const created = { kind: 'token-created', transition: 'event', detail: {} } as const;
const idle = { ...holding(jun, editor), ageDays: 131, thresholdDays: 90 };
const rename = { before: 'dbt Cloud sync', after: 'AO: dbt Cloud sync' };

const groups: FindingGroup[] = [
  of('critical', elif, { kind: 'owner-deactivated', transition: 'opened', detail: holding(elif, cli, chat) }),
  of('critical', gone, { kind: 'owner-missing', transition: 'opened', detail: holding(gone, migration) }),
  of('high', share, created),
  of('high', bridge, { kind: 'token-enabled', transition: 'event', detail: {} }),
  of('medium', grant, created),
  of('medium', boardExport, { kind: 'token-stale', transition: 'escalated', detail: stale(180) }),
  of('low', crawler, { kind: 'token-stale', transition: 'opened', detail: stale(90) }),
  of('low', sync, { kind: 'token-renamed', transition: 'event', detail: rename }),
  of('low', jun, { kind: 'owner-idle', transition: 'opened', detail: idle }),
  of('info', costs, { kind: 'token-disabled', transition: 'event', detail: {} }),
  of('info', adHoc, { kind: 'token-removed', transition: 'event', detail: { confirmed: true } }),
  of('info', notebook, { kind: 'token-stale', transition: 'resolved', detail: null }),
].map((finding, index) => groupOf({ ...finding, id: 201 + index, runId: 42 }));

export const sampleReport: RunReport = {
  run: { id: 42, startedAt: '2026-11-23T07:00:00.000Z', isBaseline: false, tokenCount: 214, surplus: 0 },
  previous: { id: 41, startedAt: '2026-11-22T07:00:00.000Z' },
  tokensByType: [
    { type: 'mcp', count: 112 },
    { type: 'personal', count: 89 },
    { type: 'organization', count: 13 },
  ],
  groups,
  acknowledgements: [
    {
      what: 'made',
      acknowledgement: acknowledgement(7, refresh, 'Ann Archer', 'board report, rotated each January', '2027-01-31'),
    },
    {
      what: 'ended',
      acknowledgement: acknowledgement(5, boardExport, 'Bob Berg', 'leaves with the project', '2027-01-15', {
        at: '2026-11-23T07:00:00.000Z',
        because: 'void',
        what: 'it escalated',
      }),
    },
  ],
  openBySeverity: { critical: 2, high: 0, medium: 2, low: 2, info: 0 },
  acknowledgedCount: 1,
  openSubjects: 6,
  ownersProblem: null,
  ownersLost: false,
  ownersUnresolved: 0,
  blindRuns: 0,
  breaker: null,
  rejudgedCount: 2,
  discardedRecipients: [],
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

/** A finding about a token or about an owner. */
function of(
  severity: Severity,
  about: FindingToken | FindingOwner,
  content: FindingContent,
): Omit<FindingHeader, 'id' | 'runId'> & FindingContent {
  if (!('id' in about)) {
    const subject = { type: 'owner', id: membershipOf(about) } as const;
    return { ...content, severity, subject, token: null, owner: about };
  }
  const owner = people.find((each) => membershipOf(each) === about.membershipId) ?? null;
  return { ...content, severity, subject: { type: 'token', id: about.id }, token: about, owner };
}

function holding(owner: FindingOwner, ...tokens: FindingToken[]): OwnerFacts {
  const held = tokens.map(({ id, name, type, createdAt }) => ({ id, name, type, createdAt, enabled: true }));
  return { owner, tokenCount: held.length, tokens: held };
}

function stale(days: number): FindingFacts['token-stale'] {
  return { ageDays: days, thresholdDays: days };
}

function groupOf(finding: Finding): FindingGroup {
  const { kind, transition, severity } = finding;
  return {
    kind,
    transition,
    severity,
    count: 1,
    tokenCount: ownerFacts(finding)?.tokenCount ?? 1,
    findings: [finding],
  };
}

function acknowledgement(
  id: number,
  about: FindingToken,
  by: string,
  reason: string,
  expiresOn: string,
  end: Acknowledgement['end'] = null,
): Acknowledgement {
  return {
    id,
    condition: { id: 100 + id, kind: 'token-stale', severity: 'medium', subject: { type: 'token', id: about.id } },
    tokenName: about.name,
    owner: null,
    reason,
    by,
    createdAt: '2026-11-22T15:20:00.000Z',
    expiresOn,
    end,
  };
}
