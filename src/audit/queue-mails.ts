import type { MailContent, MailContext } from '../digest/content/mail-content.ts';
import { failingContent, recoveredContent } from '../digest/content/outage-content.ts';
import { runContent } from '../digest/content/run-content.ts';
import { inventoryContent, summaryContent } from '../digest/content/summary-content.ts';
import { findingsFile, tokensFile } from '../digest/render/attached-files.ts';
import { renderFallback, renderFallbackNotice, renderMail } from '../digest/render/render-mail.ts';
import type { FailureMail, SummaryPeriod } from '../history/report.ts';
import { openCount, type RunFindings, type RunReport, type SummaryReport } from '../history/report.ts';
import type { Logger } from '../logging.ts';
import type { AddressedMail, MailDetails } from '../mail/address-mail.ts';
import { mailForFailure } from '../mail/failure-policy.ts';
import type { Attachment, MessageKind, RenderedMail } from '../mail/message.ts';
import { type MailPolicy, mailsForRun, type RunMail } from '../mail/run-mail-policy.ts';
import type { Transaction } from '../store/transaction.ts';
import type { AuditStore } from '../stores.ts';

export interface RunMailDeps {
  store: AuditStore;
  log: Logger;
  /** The organisation that the mails are about, and whether files with personal data may be attached. */
  context: MailContext;
  policy: MailPolicy;
  alertAfterMs: number;
  /** Gives a rendered mail its sender, recipients, date and Message-ID. */
  address(kind: MessageKind, mail: RenderedMail, now: Date, parts: MailDetails): AddressedMail;
}

export interface QueuedMail {
  /** Deliveries that were put into the outbox. */
  queued: number;
  /** The mail about the run itself; null when it had nothing to mail. */
  mail: RenderedMail | null;
}

/** Puts into the outbox what a complete run has to mail. */
export function enqueueRunMails(tx: Transaction, deps: RunMailDeps, news: RunFindings, now: Date): QueuedMail {
  const { store } = deps;
  const { run } = news;
  const period = store.history.summaryPeriod(run.id);
  const kinds = mailsForRun(
    {
      isBaseline: run.isBaseline,
      newsCount: newsCount(news),
      lastSummaryAt: toDate(period.since),
      lastInventoryAt: toDate(period.inventorySince),
    },
    deps.policy,
    now,
  );
  let queued = 0;
  let first: RenderedMail | null = null;
  const outage = store.history.outageBefore(run.id);
  if (outage !== null && outage.thread.length > 0) {
    const mail = renderNotice(deps, 'recovered', run.id, () => recoveredContent(outage, run, deps.context));
    queued += enqueue(tx, deps, 'recovered', mail, now, { runId: run.id, thread: outage.thread, attachments: [] });
  }
  if (kinds.length === 0) return { queued, mail: null };
  const report: RunReport = { ...news, ...store.history.runTotals(run.id) };
  for (const kind of kinds) {
    const mail = render(deps, kind, report, period, now);
    const attachments = deps.context.hasAttachments ? attachmentsOf(deps, kind, report) : [];
    queued += enqueue(tx, deps, kind, mail, now, { runId: run.id, thread: [], attachments });
    first ??= mail;
  }
  return { queued, mail: first };
}

/** Puts the mail about failed runs into the outbox, if it is time for one; returns how many deliveries. */
export function enqueueFailureMail(
  tx: Transaction,
  deps: RunMailDeps,
  failure: { runId: number; kind: FailureMail; isUrgent: boolean; hint: string },
  now: Date,
): number {
  const outage = deps.store.history.outage();
  if (outage === null) return 0;
  const { kind, runId, hint } = failure;
  const isDue = mailForFailure({
    failingSince: new Date(outage.failingSince),
    lastFailureAt: new Date(outage.lastFailureAt),
    lastMailAt: toDate(outage.lastMailAt[kind]),
    isUrgent: failure.isUrgent,
    alertAfterMs: deps.alertAfterMs,
  });
  if (isDue === null) return 0;
  const mail = renderNotice(deps, kind, runId, () => failingContent(outage, hint, kind, deps.context));
  return enqueue(tx, deps, kind, mail, now, { runId, thread: outage.thread, attachments: [] });
}

/** The plain form when a mail cannot be rendered: what a run found must arrive even if one name defeats the renderer. */
function render(deps: RunMailDeps, kind: RunMail, report: RunReport, period: SummaryPeriod, now: Date): RenderedMail {
  try {
    return renderMail(contentOf(deps, kind, report, period, now));
  } catch (error) {
    deps.log.error({ runId: report.run.id, err: error }, plainFormSent);
    return renderFallback(report);
  }
}

function contentOf(
  { store, context, policy }: RunMailDeps,
  kind: RunMail,
  report: RunReport,
  period: SummaryPeriod,
  now: Date,
): MailContent {
  const summaryReport = (): SummaryReport => ({
    report,
    openGroups: store.history.openGroups(now),
    period,
    trend: store.history.trend(report.run.id, now),
  });
  switch (kind) {
    case 'baseline':
    case 'digest':
      return runContent(report, context);
    case 'summary':
      return summaryContent(summaryReport(), policy.reminderDays, context);
    case 'inventory':
      return inventoryContent(summaryReport(), store.history.inventory(report.run.id), context);
    default:
      return kind satisfies never;
  }
}

/** Every row that a mail is about, as a file. A mail goes out without its file rather than not at all. */
function attachmentsOf({ store, log }: RunMailDeps, kind: RunMail, report: RunReport): Attachment[] {
  const { id, startedAt } = report.run;
  const now = new Date(startedAt);
  try {
    switch (kind) {
      case 'baseline':
      case 'digest':
        if (report.groups.length === 0) return [];
        return [findingsFile(store.findings.reportedBy(id), now, `omni-token-audit findings --run ${id} --format csv`)];
      case 'summary':
        if (openCount(report) === report.acknowledgedCount) return [];
        return [findingsFile(store.history.openFindings(now), now, 'omni-token-audit findings --open --format csv')];
      case 'inventory':
        return [tokensFile(store.history.ownedTokens(id), now, `omni-token-audit tokens --run ${id} --format csv`)];
      default:
        return kind satisfies never;
    }
  } catch (error) {
    log.error({ runId: id, err: error }, 'the file of a mail could not be made; the mail goes without it');
    return [];
  }
}

function renderNotice(
  deps: RunMailDeps,
  kind: FailureMail | 'recovered',
  runId: number,
  content: () => MailContent,
): RenderedMail {
  try {
    return renderMail(content());
  } catch (error) {
    deps.log.error({ runId, err: error }, plainFormSent);
    return renderFallbackNotice(kind, runId);
  }
}

function newsCount({ groups, acknowledgements, ownersLost }: RunFindings): number {
  return groups.reduce((sum, { count }) => sum + count, acknowledgements.length + Number(ownersLost));
}

function toDate(instant: string | null): Date | null {
  return instant === null ? null : new Date(instant);
}

const plainFormSent = 'the mail could not be rendered; its plain form is sent';

/** Returns how many deliveries. */
function enqueue(
  tx: Transaction,
  deps: RunMailDeps,
  kind: MessageKind,
  mail: RenderedMail,
  now: Date,
  parts: MailDetails & { runId: number },
): number {
  const { message, recipients } = deps.address(kind, mail, now, parts);
  deps.store.outbox.enqueue(tx, message, recipients, parts.runId);
  return recipients.length;
}
