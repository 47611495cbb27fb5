import type { RenderedMail } from '../domain/message.ts';
import type { FailureMail, Outage } from '../domain/outage.ts';
import type { Inventory, RunReport, StandingReport } from '../domain/run-report.ts';
import { findingsFile, tokensFile } from './attached-files.ts';
import type { MailContext } from './content.ts';
import { failingContent, recoveredContent } from './outage-content.ts';
import { renderFallback, renderFallbackNotice, renderMail } from './render.ts';
import { runContent } from './run-content.ts';
import { inventoryContent, summaryContent } from './summary-content.ts';

/** Every mail of an audit, worded and rendered for one organisation. */
export function createMailRenderer(context: MailContext) {
  return {
    run: (report: RunReport): RenderedMail => renderMail(runContent(report, context)),
    fallback: renderFallback,
    fallbackNotice: renderFallbackNotice,
    summary: (facts: StandingReport, reminderDays: number): RenderedMail =>
      renderMail(summaryContent(facts, reminderDays, context)),
    inventory: (facts: StandingReport, inventory: Inventory): RenderedMail =>
      renderMail(inventoryContent(facts, inventory, context)),
    failing: (outage: Outage, mend: string, kind: FailureMail): RenderedMail =>
      renderMail(failingContent(outage, mend, kind, context)),
    findingsFile,
    tokensFile,
    recovered: (outage: Outage, run: RunReport['run']): RenderedMail =>
      renderMail(recoveredContent(outage, run, context)),
  };
}
