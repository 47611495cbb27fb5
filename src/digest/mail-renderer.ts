import type { FailureMail, Outage } from '../history/outage.ts';
import type { Inventory, RunReport, StandingReport } from '../history/run-report.ts';
import type { RenderedMail } from '../mail/message.ts';
import type { MailContext } from './content/mail-content.ts';
import { failingContent, recoveredContent } from './content/outage-content.ts';
import { runContent } from './content/run-content.ts';
import { inventoryContent, summaryContent } from './content/summary-content.ts';
import { findingsFile, tokensFile } from './render/attached-files.ts';
import { renderFallback, renderFallbackNotice, renderMail } from './render/render-mail.ts';

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
    failing: (outage: Outage, hint: string, kind: FailureMail): RenderedMail =>
      renderMail(failingContent(outage, hint, kind, context)),
    findingsFile,
    tokensFile,
    recovered: (outage: Outage, run: RunReport['run']): RenderedMail =>
      renderMail(recoveredContent(outage, run, context)),
  };
}
