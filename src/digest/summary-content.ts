import type { FindingGroup, RunReport } from '../domain/run-report.ts';
import type { SummaryPeriod } from '../domain/summary-period.ts';
import { minuteOf, plural } from '../text/words.ts';
import type { MailContent, MailContext } from './content.ts';
import { findingSection } from './finding-section.ts';
import { headingOf, runNotes, stock, subjectPrefix } from './run-content.ts';
import { inReadingOrder, tally } from './tally.ts';

export interface SummaryFacts {
  report: RunReport;
  /** Open conditions by kind and severity. */
  standing: readonly FindingGroup[];
  period: SummaryPeriod;
  /** Days between summaries. */
  reminderDays: number;
}

/** What still stands, worst first; or that nothing does, so that silence always means trouble. */
export function summaryContent(
  { report, standing, period, reminderDays }: SummaryFacts,
  context: MailContext,
): MailContent {
  const { run } = report;
  const open = standing.reduce((sum, { count }) => sum + count, 0);
  const audits = `${period.complete} of ${plural(period.attempts, 'audit')} complete`;
  const moreCommand = 'omni-token-audit findings --open';
  return {
    subject: `${subjectPrefix(context)}: ${open === 0 ? `all clear, ${audits}` : `${reminderDays === 7 ? 'weekly summary' : 'summary'}, ${open} open`}`,
    heading: headingOf(context),
    lead: open === 0 ? 'All clear: nothing is open.' : `${plural(open, 'finding')} still open: ${tally(standing)}.`,
    paragraphs: [
      `${audits}${period.since === null ? '' : ` since ${minuteOf(period.since)}`}; the last is audit ${run.id} of ${minuteOf(run.startedAt)}.`,
      stock(report),
    ],
    sections: inReadingOrder(standing).map((group) =>
      findingSection(group, new Date(run.startedAt), context, moreCommand),
    ),
    notes: runNotes(report),
    footer: `omni-token-audit, audit ${run.id} of ${context.baseUrl}`,
    moreCommand: open === 0 ? null : moreCommand,
  };
}
