import { sampleContext as context, sampleReport as report } from '../src/demo/sample-report.ts';
import type { MailContent } from '../src/digest/content/mail-content.ts';
import { failingContent, recoveredContent } from '../src/digest/content/outage-content.ts';
import { runContent } from '../src/digest/content/run-content.ts';
import { inventoryContent, summaryContent } from '../src/digest/content/summary-content.ts';
import { testContent } from '../src/digest/content/test-content.ts';
import type {
  Inventory,
  Outage,
  OwnedToken,
  RunReport,
  SummaryPeriod,
  SummaryReport,
  Trend,
} from '../src/history/report.ts';
import type { FindingGroup } from '../src/rules/finding-groups.ts';
import { noSeverityCounts } from '../src/rules/severity.ts';

export const sampleOpenGroups: FindingGroup[] = report.groups
  .filter(({ transition }) => transition !== 'event' && transition !== 'resolved')
  .map((each) => ({ ...each, transition: 'opened' }));

const samplePeriod: SummaryPeriod = {
  since: '2026-11-16T07:00:00.000Z',
  inventorySince: '2026-08-25T07:00:00.000Z',
  attempts: 7,
  complete: 7,
  newRecordFields: [],
};

export const sampleTrend: Trend = {
  ages: [
    { fromDays: 0, count: 58 },
    { fromDays: 30, count: 71 },
    { fromDays: 90, count: 49 },
    { fromDays: 180, count: 33 },
    { fromDays: 365, count: 3 },
  ],
  weeks: [181, 186, 190, 197, 201, 209, 211, 214].map((tokenCount, index) => ({
    at: new Date(Date.UTC(2026, 9, 5 + 7 * index, 7)).toISOString(),
    tokenCount,
    openCount: [9, 9, 8, 6, 6, 7, 5, 6][index] ?? 0,
  })),
};

const tokens: OwnedToken[] = report.groups
  .flatMap(({ findings }) => findings)
  .flatMap(({ token, owner }) => (token === null ? [] : [{ token: { ...token, enabled: true }, owner }]))
  .sort((a, b) => (a.token.createdAt < b.token.createdAt ? -1 : 1));

/** Of each type the first ones. */
export const sampleInventory: Inventory = report.tokensByType.map(({ type, count }) => ({
  type,
  count,
  tokens: tokens.filter(({ token }) => token.type === type),
}));

const outage: Outage = {
  failingSince: '2026-11-23T07:00:00.000Z',
  lastFailureAt: '2026-11-23T08:05:00.000Z',
  failedCount: 4,
  errors: [
    { at: '2026-11-23T08:05:00.000Z', error: 'listing tokens, page 2, was answered with 502' },
    { at: '2026-11-23T07:20:00.000Z', error: 'listing tokens, page 1, got no answer in time' },
  ],
  lastCompleteAt: '2026-11-22T07:00:00.000Z',
  thread: [],
  lastMailAt: { failing: null, breaker: null },
};

const doubted: Outage = {
  ...outage,
  failedCount: 1,
  errors: [
    {
      at: '2026-11-23T07:00:00.000Z',
      error: '120 tokens are gone from the listing, but Omni still knows some of them by id, also after listing again',
    },
  ],
};

const clearReport: RunReport = {
  ...report,
  groups: [],
  acknowledgements: [],
  openBySeverity: noSeverityCounts(),
  acknowledgedCount: 0,
  openSubjects: 0,
  rejudgedCount: 0,
};

const clearTrend: Trend = { ...sampleTrend, weeks: sampleTrend.weeks.map((week) => ({ ...week, openCount: 0 })) };

const baselineReport: RunReport = {
  ...report,
  run: { ...report.run, id: 1, isBaseline: true },
  previous: null,
  groups: sampleOpenGroups,
  acknowledgements: [],
  acknowledgedCount: 0,
  rejudgedCount: 0,
  openBySeverity: { critical: 2, high: 0, medium: 1, low: 2, info: 0 },
  openSubjects: 5,
  recent: { count: 58, tokens: tokens.filter(({ token }) => token.type === 'mcp') },
};

const blindReport: RunReport = {
  ...report,
  groups: report.groups.filter(({ kind }) => kind === 'token-created'),
  ownersProblem: {
    problem: 'listing users was answered with 403: Omni refused the credential',
    hint: 'Owners can be asked for (SCIM) with an organization API key only: make one in Omni under Settings > API access, or, if this is one, ask Omni why it is refused',
  },
};

export const sampleSummary: SummaryReport = {
  report,
  openGroups: sampleOpenGroups,
  period: samplePeriod,
  trend: sampleTrend,
};

/** One mail of each kind, about an organisation that does not exist. */
export const sampleMails = {
  digest: runContent(report, context),
  baseline: runContent(baselineReport, context),
  'digest-without-owners': runContent(blindReport, context),
  summary: summaryContent(sampleSummary, 7, context),
  'all-clear': summaryContent({ ...sampleSummary, report: clearReport, openGroups: [], trend: clearTrend }, 7, context),
  inventory: inventoryContent(sampleSummary, sampleInventory, context),
  failing: failingContent(outage, 'Omni is failing; the next audit tries again', 'failing', context),
  'removals-doubted': failingContent(
    doubted,
    'Look in Omni; if the tokens are really gone, run `omni-token-audit audit --accept-removals`',
    'breaker',
    context,
  ),
  recovered: recoveredContent(outage, report.run, context),
  test: testContent(new Date('2026-11-23T09:30:00.000Z'), context),
} satisfies Record<string, MailContent>;
