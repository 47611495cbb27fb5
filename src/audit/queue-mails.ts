import type { FailureMail, Outage } from '../history/outage.ts';
import {
  type Inventory,
  type OwnedToken,
  openCount,
  type RunNews,
  type RunReport,
  type StandingReport,
} from '../history/run-report.ts';
import type { SummaryPeriod } from '../history/summary-period.ts';
import type { Logger } from '../logging.ts';
import { mailForFailure } from '../mail/failure-policy.ts';
import type { Attachment, Message, MessageKind, RenderedMail } from '../mail/message.ts';
import { type MailPolicy, mailsForRun, type RunMail } from '../mail/run-mail-policy.ts';
import type { Finding } from '../rules/finding.ts';
import type { AuditStore } from '../stores.ts';

/** How each mail of an audit is worded; pure. */
export interface MailRenderer {
  /** Must not throw for want of data; when it throws all the same, `fallback` speaks. */
  run(report: RunReport): RenderedMail;
  fallback(report: RunReport): RenderedMail;
  /** For a failing or recovered audit, likewise. */
  fallbackNotice(kind: FailureMail | 'recovered', runId: number): RenderedMail;
  summary(facts: StandingReport, reminderDays: number): RenderedMail;
  /** The full list, for an access review, with what stands. */
  inventory(facts: StandingReport, inventory: Inventory): RenderedMail;
  failing(outage: Outage, hint: string, kind: FailureMail): RenderedMail;
  recovered(outage: Outage, run: RunReport['run']): RenderedMail;
  /** All findings of a mail as a file. `now`: the time of the run. */
  findingsFile(findings: Iterable<Finding>, now: Date, moreCommand: string): Attachment;
  tokensFile(tokens: Iterable<OwnedToken>, now: Date, moreCommand: string): Attachment;
}

export interface RunMailDeps {
  store: AuditStore;
  log: Logger;
  mails: MailRenderer;
  policy: MailPolicy;
  alertAfterMs: number;
  /** Whether files with personal data may go with a mail. */
  attaches: boolean;
  /** Gives a rendered mail its sender, readers, date and id. `thread`: Message-IDs that it continues, oldest first. */
  address(
    kind: MessageKind,
    mail: RenderedMail,
    now: Date,
    surroundings: { runId: number; thread: readonly string[]; attachments: readonly Attachment[] },
  ): { message: Message; recipients: string[] };
}

export interface QueuedMail {
  /** Deliveries that were put into the outbox. */
  queued: number;
  /** The mail about the run itself; null when it had nothing to mail. */
  mail: RenderedMail | null;
}

/** Puts into the outbox what a complete run has to mail. Belongs into its transaction. */
export function enqueueRunMails(deps: RunMailDeps, news: RunNews, now: Date): QueuedMail {
  const { store } = deps;
  const { run } = news;
  const period = store.summaryPeriod(run.id);
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
  const outage = store.outage(run.id);
  if (outage !== null && outage.thread.length > 0) {
    const mail = renderNotice(deps, 'recovered', run.id, () => deps.mails.recovered(outage, run));
    queued += enqueue(deps, 'recovered', mail, now, { runId: run.id, thread: outage.thread, attachments: [] });
  }
  if (kinds.length === 0) return { queued, mail: null };
  const report: RunReport = { ...news, ...store.runTotals(run) };
  for (const kind of kinds) {
    const mail = render(deps, kind, report, period, now);
    const attachments = deps.attaches ? attachmentsOf(deps, kind, report) : [];
    queued += enqueue(deps, kind, mail, now, { runId: run.id, thread: [], attachments });
    first ??= mail;
  }
  return { queued, mail: first };
}

/** Puts into the outbox what there is to mail about failed attempts, if it is time; answers how many deliveries. Belongs into the transaction that wrote the last of them. */
export function enqueueFailureMail(
  deps: RunMailDeps,
  failure: { runId: number; kind: FailureMail; isUrgent: boolean; hint: string },
  now: Date,
): number {
  const outage = deps.store.outage(null);
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
  const mail = renderNotice(deps, kind, runId, () => deps.mails.failing(outage, hint, kind));
  return enqueue(deps, kind, mail, now, { runId, thread: outage.thread, attachments: [] });
}

function render(deps: RunMailDeps, kind: RunMail, report: RunReport, period: SummaryPeriod, now: Date): RenderedMail {
  try {
    switch (kind) {
      case 'baseline':
      case 'digest':
        return deps.mails.run(report);
      case 'summary':
        return deps.mails.summary(standingReport(deps, report, period, now), deps.policy.reminderDays);
      case 'inventory':
        return deps.mails.inventory(standingReport(deps, report, period, now), deps.store.inventory(report.run.id));
      default:
        return kind satisfies never;
    }
  } catch (error) {
    deps.log.error({ runId: report.run.id, err: error }, plainFormSent);
    return deps.mails.fallback(report);
  }
}

function standingReport({ store }: RunMailDeps, report: RunReport, period: SummaryPeriod, now: Date): StandingReport {
  return { report, standing: store.standing(now), period, trend: store.trend(report.run.id, now) };
}

/** All that a mail tells, row by row, where there is any. A mail goes out without its files rather than not at all. */
function attachmentsOf(deps: RunMailDeps, kind: RunMail, report: RunReport): Attachment[] {
  const { store, mails, log } = deps;
  const { id, startedAt } = report.run;
  const now = new Date(startedAt);
  try {
    switch (kind) {
      case 'baseline':
      case 'digest':
        if (report.groups.length === 0) return [];
        return [mails.findingsFile(store.findings.told(id), now, `omni-token-audit findings --run ${id} --format csv`)];
      case 'summary':
        if (openCount(report) === report.acknowledgedCount) return [];
        return [mails.findingsFile(store.allStanding(now), now, 'omni-token-audit findings --open --format csv')];
      case 'inventory':
        return [mails.tokensFile(store.ownedTokens(id), now, `omni-token-audit tokens --run ${id} --format csv`)];
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
  renderIt: () => RenderedMail,
): RenderedMail {
  try {
    return renderIt();
  } catch (error) {
    deps.log.error({ runId, err: error }, plainFormSent);
    return deps.mails.fallbackNotice(kind, runId);
  }
}

function newsCount({ groups, acknowledgements, ownersLost }: RunNews): number {
  return groups.reduce((sum, { count }) => sum + count, acknowledgements.length + Number(ownersLost));
}

function toDate(instant: string | null): Date | null {
  return instant === null ? null : new Date(instant);
}

const plainFormSent = 'the mail could not be rendered; its plain form is sent';

function enqueue(
  deps: RunMailDeps,
  kind: MessageKind,
  mail: RenderedMail,
  now: Date,
  surroundings: { runId: number; thread: readonly string[]; attachments: readonly Attachment[] },
): number {
  const { message, recipients } = deps.address(kind, mail, now, surroundings);
  deps.store.outbox.enqueue(message, recipients, surroundings.runId);
  return recipients.length;
}
