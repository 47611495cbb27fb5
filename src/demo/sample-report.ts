import type { MailContext } from '../digest/content/mail-content.ts';
import type { RunReport } from '../history/report.ts';
import type { Acknowledgement, AcknowledgementNotice } from '../rules/acknowledgement.ts';
import type { ConditionKind } from '../rules/catalogue.ts';
import type { FindingToken } from '../rules/finding.ts';
import { groupFindings } from '../rules/finding-groups.ts';
import type { FindingOwner } from '../rules/owner.ts';
import type { Severity } from '../rules/severity.ts';
import { ada, boardExport, crmSync, findings, refresh, registered, subjectOf, trial } from './sample-findings.ts';

/** An organisation that does not exist. */
export const sampleContext: MailContext = {
  organizationName: 'Acme',
  baseUrl: 'https://acme.omniapp.co',
  hasAttachments: true,
  timeZone: 'Europe/Berlin',
};

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
  registerOrphans: { count: 1, ids: [refresh.id] },
  grantsByClient: {
    clients: [
      { client: 'Claude', count: 61 },
      { client: 'Cursor', count: 30 },
      { client: 'ChatGPT', count: 18 },
    ],
    otherClients: 2,
    otherGrants: 3,
  },
  groups,
  acknowledgements,
  openBySeverity: { critical: 2, high: 1, medium: 3, low: 3, info: 0 },
  acknowledgedCount: 1,
  openSubjects: 9,
  ownersProblem: null,
  ownersLost: false,
  ownersUnresolved: 2,
  rolesPending: { owners: 0, unknown: 0 },
  register: {
    problem: {
      problem: 'TOKEN_REGISTER_FILE, line 17: review_by "2026-13-40" is not a day',
      hint: 'Use the form YYYY-MM-DD, or leave it empty',
      isNew: true,
    },
    isInEffect: true,
    wasTakenAway: false,
    startedWith: null,
    isReadableAgain: false,
    changes: {
      count: 1,
      rows: [
        {
          tokenId: refresh.id,
          token: { name: refresh.name, membershipId: null, owner: null },
          before: null,
          after: registered.get(refresh) ?? null,
        },
      ],
    },
  },
  rolesProblem: {
    problem: 'requesting the roles of an account failed: Omni answered 404',
    hint: 'No action needed: a later run asks again. If this persists, check for a newer version of this program',
  },
  clockChecked: true,
  credential: 'known',
  hiddenTokens: [{ id: '5d0c9b51-6f0e-4f4e-9a53-0d1f8f6b2c11', name: 'warehouse sync', isToBeRevoked: false }],
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
