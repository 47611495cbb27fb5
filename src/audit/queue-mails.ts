import type { MailContent, MailContext } from '../digest/content/mail-content.ts';
import { failingContent, recoveredContent } from '../digest/content/outage-content.ts';
import { runContent } from '../digest/content/run-content.ts';
import { inventoryContent, summaryContent } from '../digest/content/summary-content.ts';
import { testContent } from '../digest/content/test-content.ts';
import { findingsFile, tokensFile } from '../digest/render/attached-files.ts';
import { renderFallback, renderFallbackNotice, renderMail } from '../digest/render/render-mail.ts';
import type { FailureMail, RunReport, SummaryPeriod, SummaryReport } from '../history/report.ts';
import { openCount } from '../history/report.ts';
import type { StuckAudit } from '../history/stuck-audit.ts';
import type { Logger } from '../logging.ts';
import type { AddressedMail, MailDetails } from '../mail/address-mail.ts';
import { isFailureMailDue } from '../mail/failure-policy.ts';
import type { Attachment, MessageKind, RenderedMail } from '../mail/message.ts';
import { type MailPolicy, mailsForRun, type RunMail } from '../mail/run-mail-policy.ts';
import { groupFindings } from '../rules/finding-groups.ts';
import type { Transaction } from '../store/transaction.ts';
import type { AuditStore } from '../stores.ts';
import { type CompleteAudit, countReported } from './audit-result.ts';

/** What the mails about failing and recovered audits need. */
export interface FailureMailDeps {
  store: Pick<AuditStore, 'outbox' | 'history'>;
  log: Logger;
  /** The organisation that the mails are about, and whether files with personal data may be attached. */
  context: MailContext;
  alertAfterMs: number;
  /** The addresses of MAIL_TO. */
  recipients: readonly string[];
  /** Adds sender, recipients, date and Message-ID to a rendered mail. */
  address(kind: MessageKind, mail: RenderedMail, now: Date, parts: MailDetails): AddressedMail;
}

export interface RunMailDeps extends FailureMailDeps {
  store: AuditStore;
  policy: MailPolicy;
}

type EnqueueDeps = Pick<FailureMailDeps, 'address' | 'store'>;

/** What a run found, and the mail about it. */
type ReportedRun = Pick<CompleteAudit, 'changes' | 'findings' | 'queued' | 'mail'>;

/** Counts what a complete run found, and queues its mails. */
export function reportRun(tx: Transaction, deps: RunMailDeps, runId: number): ReportedRun {
  const { store, log, context } = deps;
  const found = store.history.runFindings(runId);
  if (found === null) throw new Error(`run ${runId} is not complete`);
  const { run, groups, acknowledgements, ownersLost, hasNewHidden, register } = found;
  const hasRegisterNews =
    register.wasTakenAway ||
    register.startedWith !== null ||
    register.isReadableAgain ||
    register.problem?.isNew === true;
  const counts = countReported(found);
  const now = new Date(run.startedAt);
  const period = store.history.summaryPeriod(run.id);
  const facts = {
    isBaseline: run.isBaseline,
    reportedCount: groups.reduce(
      (sum, { count }) => sum + count,
      acknowledgements.length + Number(ownersLost) + Number(hasNewHidden) + Number(hasRegisterNews),
    ),
    baselineAt: period.baselineAt,
    lastSummaryAt: period.since,
    lastInventoryAt: period.inventorySince,
  };
  const kinds = mailsForRun(facts, deps.policy, now);
  const outage = store.history.outageBefore(run.id);
  const hasRecovered = outage !== null && outage.thread.length > 0;
  if (!hasRecovered && kinds.length === 0) return { ...counts, queued: 0, mail: null };
  // All mails of the run report the same about other mail, so it is read before the first of them is queued.
  const mail = store.history.mailReport(deps.recipients, now);
  let queued = 0;
  if (hasRecovered) {
    const notice = { kind: 'recovered', runId: run.id, thread: outage.thread } as const;
    queued += enqueueNotice(tx, deps, notice, now, () => recoveredContent(outage, run, mail, context));
  }
  if (kinds.length === 0) return { ...counts, queued, mail: null };
  const report: RunReport = { ...found, ...store.history.runTotals(run.id), mail };
  const mails = kinds.map((kind) => {
    const { content, file } = partsOf(deps, kind, report, period, now);
    const rendered = render(log, run.id, content, () => renderFallback(report));
    const attachments = context.hasAttachments ? attach(log, run.id, file) : [];
    queued += enqueue(tx, deps, kind, rendered, now, { runId: run.id, thread: [], attachments }).queued;
    return rendered;
  });
  return { ...counts, queued, mail: mails[0] ?? null };
}

/** The newest failure. `stuck`: it is not a run that failed, but an audit that does not end. */
interface NewestFailure {
  runId: number;
  kind: FailureMail;
  isUrgent: boolean;
  hint: string;
  stuck?: StuckAudit;
}

/** Queues the mail about failed runs if one is due. Returns the number of deliveries. */
export function enqueueFailureMail(
  tx: Transaction,
  deps: FailureMailDeps,
  { kind, runId, isUrgent, hint, stuck }: NewestFailure,
  now: Date,
): number {
  const outage = deps.store.history.outage(stuck);
  if (outage === null || outage.failedCount === 0) return 0;
  const { alertAfterMs } = deps;
  if (!isFailureMailDue({ ...outage, lastMailAt: outage.lastMailAt[kind], isUrgent, alertAfterMs })) return 0;
  const notice = { kind, runId, thread: outage.thread };
  const mail = deps.store.history.mailReport(deps.recipients, now);
  return enqueueNotice(tx, deps, notice, now, () => failingContent(outage, hint, kind, mail, deps.context));
}

/** The content of a mail about a run, and the file that lists all its rows; null when there are none. */
function partsOf(
  { store, context, policy }: RunMailDeps,
  kind: RunMail,
  report: RunReport,
  period: SummaryPeriod,
  now: Date,
): { content(): MailContent; file(): Attachment | null } {
  const { history } = store;
  const { id } = report.run;
  const summaryReport = (): SummaryReport => ({
    report,
    openGroups: groupFindings(history.openFindings(now)),
    period,
    trend: history.trend(id, now),
  });
  const command = (listing: string) => `omni-token-audit ${listing} --format csv`;
  switch (kind) {
    case 'baseline':
    case 'digest':
      return {
        content: () => runContent(report, context),
        file: () =>
          report.groups.length === 0
            ? null
            : findingsFile(store.findings.reportedBy(id), now, command(`findings --run ${id}`)),
      };
    case 'summary':
      return {
        content: () => summaryContent(summaryReport(), policy.reminderDays, context),
        file: () =>
          openCount(report) === report.acknowledgedCount
            ? null
            : findingsFile(history.openFindings(now), now, command('findings --open')),
      };
    case 'inventory':
      return {
        content: () => inventoryContent(summaryReport(), history.inventory(id), context),
        file: () => tokensFile(history.ownedTokens(id), now, command(`tokens --run ${id}`)),
      };
    default:
      return kind satisfies never;
  }
}

/** Renders a mail. Falls back to its plain form, because the findings must arrive even if a name breaks the renderer. */
function render(log: Logger, runId: number, content: () => MailContent, plainForm: () => RenderedMail): RenderedMail {
  try {
    return renderMail(content());
  } catch (error) {
    log.error({ runId, err: error }, 'the mail could not be rendered; sending its plain form');
    return plainForm();
  }
}

/** Returns an empty list if the file cannot be created, so that the mail still goes out. */
function attach(log: Logger, runId: number, file: () => Attachment | null): Attachment[] {
  try {
    return [file()].filter((attachment) => attachment !== null);
  } catch (error) {
    log.error({ runId, err: error }, 'the attachment could not be created; sending the mail without it');
    return [];
  }
}

/** Queues a test mail and returns the id of its message. */
export function enqueueTestMail(
  tx: Transaction,
  deps: EnqueueDeps & Pick<FailureMailDeps, 'context' | 'recipients'>,
  now: Date,
): number {
  const mail = renderMail(testContent(now, deps.store.history.mailReport(deps.recipients, now), deps.context));
  return enqueue(tx, deps, 'test', mail, now, { runId: null, thread: [], attachments: [] }).messageId;
}

/** Returns the number of deliveries. */
function enqueueNotice(
  tx: Transaction,
  deps: FailureMailDeps,
  { kind, runId, thread }: { kind: FailureMail | 'recovered'; runId: number; thread: readonly string[] },
  now: Date,
  content: () => MailContent,
): number {
  const mail = render(deps.log, runId, content, () => renderFallbackNotice(kind, runId));
  return enqueue(tx, deps, kind, mail, now, { runId, thread, attachments: [] }).queued;
}

/** Returns the id of the message, and the number of deliveries. */
function enqueue(
  tx: Transaction,
  deps: EnqueueDeps,
  kind: MessageKind,
  mail: RenderedMail,
  now: Date,
  parts: MailDetails,
): { messageId: number; queued: number } {
  const { message, recipients } = deps.address(kind, mail, now, parts);
  const messageId = deps.store.outbox.enqueue(tx, message, recipients, parts.runId);
  return { messageId, queued: recipients.length };
}
