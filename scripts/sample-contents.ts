import { sampleContext, sampleReport } from '../src/demo/sample-report.ts';
import type { MailContent } from '../src/digest/content/mail-content.ts';
import { noticeContent } from '../src/digest/content/notice-content.ts';
import { failingContent, recoveredContent } from '../src/digest/content/outage-content.ts';
import { runContent } from '../src/digest/content/run-content.ts';
import { inventoryContent, summaryContent } from '../src/digest/content/summary-content.ts';
import { testContent } from '../src/digest/content/test-content.ts';
import type {
  Inventory,
  Outage,
  OwnedToken,
  RefusedMail,
  RunReport,
  SummaryReport,
  Trend,
} from '../src/history/report.ts';
import { noMailReport } from '../src/history/report.ts';
import type { MessageKind } from '../src/mail/message.ts';
import type { FindingGroup } from '../src/rules/finding-groups.ts';
import { noSeverityCounts } from '../src/rules/severity.ts';

/** The open findings of the sample digest, as a summary lists them. */
export const sampleOpenGroups: FindingGroup[] = sampleReport.groups
  .filter(({ transition }) => transition !== 'event' && transition !== 'resolved')
  .map((group) => ({ ...group, transition: 'opened' }));

/** A run that found nothing, has nothing open and has nothing to note. */
export const quietReport: RunReport = {
  ...sampleReport,
  run: { ...sampleReport.run, surplus: 0 },
  groups: [],
  acknowledgements: [],
  openBySeverity: noSeverityCounts(),
  acknowledgedCount: 0,
  openSubjects: 0,
  ownersUnresolved: 0,
  rolesProblem: null,
  register: {
    problem: null,
    isInEffect: true,
    wasTakenAway: false,
    startedWith: null,
    isReadableAgain: false,
    changes: { count: 0, rows: [] },
  },
  credential: 'known',
  hiddenTokens: [],
  hasNewHidden: false,
  runsWithoutOwners: 0,
  breaker: null,
  rejudgedCount: 0,
  mail: noMailReport,
};

export const sampleTrend: Trend = {
  ages: [
    { fromDays: 0, count: 58 },
    { fromDays: 30, count: 71 },
    { fromDays: 90, count: 49 },
    { fromDays: 180, count: 33 },
    { fromDays: 365, count: 3 },
  ],
  weeks: [257, 262, 266, 273, 277, 285, 291, 214].map((tokenCount, index) => ({
    at: new Date(Date.UTC(2026, 9, 5 + 7 * index, 7)).toISOString(),
    tokenCount,
    openCount: [9, 9, 8, 6, 6, 7, 5, 9][index] ?? 0,
  })),
};

const tokens: OwnedToken[] = sampleReport.groups
  .filter(({ kind }) => kind !== 'token-removed')
  .flatMap(({ kind, findings }) =>
    findings.flatMap(({ token, owner, register }) =>
      token === null ? [] : [{ token: { ...token, enabled: !kind.startsWith('token-disabled') }, owner, register }],
    ),
  )
  // A token can have several findings.
  .filter(({ token: { id } }, index, all) => all.findIndex((other) => other.token.id === id) === index)
  .sort((a, b) => (a.token.createdAt < b.token.createdAt ? -1 : 1));

/** The oldest tokens of each type. */
export const sampleInventory: Inventory = sampleReport.tokensByType.map(({ type, count }) => ({
  type,
  count,
  tokens: tokens.filter(({ token }) => token.type === type),
}));

/** A summary while owners cannot be read and Omni sends unknown fields. */
export const sampleSummary: SummaryReport = {
  report: {
    ...quietReport,
    openBySeverity: sampleReport.openBySeverity,
    acknowledgedCount: sampleReport.acknowledgedCount,
    openSubjects: sampleReport.openSubjects,
    ownersProblem: {
      problem: 'listing regular users, page 1, failed with 403: Omni refused the credential',
      hint: 'Create an organization API key in Omni (Settings › API access), because no other key can read users (SCIM). If OMNI_API_TOKEN already is an organization API key, contact Omni support',
    },
  },
  openGroups: sampleOpenGroups,
  period: {
    since: '2026-11-16T07:00:00.000Z',
    baselineAt: '2026-05-27T07:00:00.000Z',
    inventorySince: '2026-08-25T07:00:00.000Z',
    runs: 8,
    complete: 7,
    newRecordFields: ['lastUsedAt', 'scopes'],
  },
  trend: sampleTrend,
};

/** A summary while nothing is open. */
const clearSummary: SummaryReport = {
  report: quietReport,
  openGroups: [],
  period: { ...sampleSummary.period, runs: 7, newRecordFields: [] },
  trend: { ...sampleTrend, weeks: sampleTrend.weeks.map((week) => ({ ...week, openCount: 0 })) },
};

const baselineGroups = sampleOpenGroups.filter(({ kind }) => kind.startsWith('owner-') || kind === 'token-stale');

const baselineReport: RunReport = {
  ...quietReport,
  run: { ...quietReport.run, id: 1, isBaseline: true },
  previous: null,
  groups: baselineGroups,
  openBySeverity: { critical: 2, high: 1, medium: 1, low: 2, info: 0 },
  openSubjects: 6,
  recent: {
    count: 58,
    tokens: tokens.filter(({ token }) => token.createdAt > '2026-10-24').toReversed(),
  },
};

export const sampleOutage: Outage = {
  failingSince: '2026-11-23T07:00:00.000Z',
  lastFailureAt: '2026-11-23T08:05:00.000Z',
  lastNoticedAt: '2026-11-23T08:06:00.000Z',
  failedCount: 4,
  errors: [
    { at: '2026-11-23T08:05:00.000Z', error: 'listing tokens, page 2, failed with 502' },
    { at: '2026-11-23T07:20:00.000Z', error: 'listing tokens, page 1, timed out' },
  ],
  lastCompleteAt: '2026-11-22T07:00:00.000Z',
  thread: [],
  lastMailAt: { failing: null, breaker: null },
};

const doubtedRemovals: Outage = {
  ...sampleOutage,
  failedCount: 1,
  errors: [
    {
      at: '2026-11-23T07:00:00.000Z',
      error:
        '120 tokens are missing from the listing, even after listing again, but Omni still returns 7 of them by id (for example 3f1c9a52-7b1e-4d0a-9c55-000000000001), so this run reported no removals',
    },
  ],
};

const sampleRefusal: RefusedMail = {
  id: 38,
  kind: 'digest',
  createdAt: '2026-11-23T07:00:00.000Z',
  replyCodes: '550 5.7.1',
  reported: { critical: 1, high: 2, medium: 0, low: 4, info: 1 },
};

/** Changes facts before they are put into words. */
export type Change = <Facts>(facts: Facts) => Facts;

/**
 * One mail of each kind, about an organisation that does not exist. Together they have every section, note
 * and kind of finding.
 */
export function sampleMails(change: Change = (facts) => facts): Record<MessageKind, MailContent> {
  const context = change(sampleContext);
  return {
    baseline: runContent(change(baselineReport), context),
    digest: runContent(change(sampleReport), context),
    summary: summaryContent(change(sampleSummary), 7, context),
    inventory: inventoryContent(change(clearSummary), change(sampleInventory), context),
    failing: failingContent(
      change(sampleOutage),
      change({ hint: 'No action needed: Omni returned a server error. The next run retries' }).hint,
      'failing',
      sampleReport.mail,
      context,
    ),
    recovered: recoveredContent(change(sampleOutage), change(quietReport.run), noMailReport, context),
    breaker: failingContent(
      change(doubtedRemovals),
      change({
        hint: 'Check in Omni whether the tokens are really gone. If they are, run `omni-token-audit audit --accept-removals`',
      }).hint,
      'breaker',
      noMailReport,
      context,
    ),
    notice: noticeContent(change(sampleRefusal), noMailReport, context),
    test: testContent(new Date('2026-11-23T09:30:00.000Z'), noMailReport, context),
  };
}
