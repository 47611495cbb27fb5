import { mailForFailure } from '../domain/failure-policy.ts';
import { mailsForRun, type RunMail } from '../domain/mail-policy.ts';
import type { Message, MessageKind, RenderedMail } from '../domain/message.ts';
import type { Outage } from '../domain/outage.ts';
import type { FindingGroup, RunReport } from '../domain/run-report.ts';
import type { SummaryPeriod } from '../domain/summary-period.ts';
import type { Logger } from '../logging.ts';
import type { AuditStore } from '../store/store.ts';

/** How each mail of an audit is worded; pure. */
export interface MailRenderer {
  /** Must not throw for want of data; when it throws all the same, `fallback` speaks. */
  run(report: RunReport): RenderedMail;
  fallback(report: RunReport): RenderedMail;
  /** For a failing or recovered audit, likewise. */
  fallbackNotice(kind: 'failing' | 'recovered', runId: number): RenderedMail;
  summary(facts: {
    report: RunReport;
    standing: readonly FindingGroup[];
    period: SummaryPeriod;
    reminderDays: number;
  }): RenderedMail;
  failing(outage: Outage, mend: string): RenderedMail;
  recovered(outage: Outage, run: RunReport['run']): RenderedMail;
}

export interface RunMailDeps {
  store: AuditStore;
  log: Logger;
  mails: MailRenderer;
  reminderDays: number;
  alertAfterMs: number;
  /** Gives a rendered mail its sender, readers, date and id. `thread`: Message-IDs that it continues, oldest first. */
  address(
    kind: MessageKind,
    mail: RenderedMail,
    now: Date,
    thread: readonly string[],
  ): { message: Message; recipients: string[] };
}

export interface QueuedMail {
  /** Deliveries that were put into the outbox. */
  queued: number;
  /** The mail about the run itself; null when it had nothing to mail. */
  mail: RenderedMail | null;
}

/** Puts into the outbox what a complete run has to mail. Belongs into its transaction. */
export function enqueueRunMails(deps: RunMailDeps, report: RunReport, now: Date): QueuedMail {
  const { store } = deps;
  const period = store.summaryPeriod(report.run.id);
  const kinds = mailsForRun(
    {
      isBaseline: report.run.isBaseline,
      toldCount: report.groups.reduce((sum, { count }) => sum + count, 0),
      lastSummaryAt: period.since === null ? null : new Date(period.since),
      reminderDays: deps.reminderDays,
    },
    now,
  );
  let queued = 0;
  let first: RenderedMail | null = null;
  const outage = store.outage(report.run.id);
  if (outage !== null && outage.thread.length > 0) {
    const mail = renderNotice(deps, 'recovered', report.run.id, () => deps.mails.recovered(outage, report.run));
    queued += enqueue(deps, 'recovered', mail, report.run.id, now, outage.thread);
  }
  for (const kind of kinds) {
    const mail = render(deps, kind, report, period, now);
    queued += enqueue(deps, kind, mail, report.run.id, now, []);
    first ??= mail;
  }
  return { queued, mail: first };
}

/** Puts into the outbox what there is to mail about failed attempts, if it is time; answers how many deliveries. Belongs into the transaction that wrote the last of them. */
export function enqueueFailureMail(
  deps: RunMailDeps,
  failure: { runId: number; credentialRefused: boolean; mend: string },
  now: Date,
): number {
  const outage = deps.store.outage(null);
  if (outage === null) return 0;
  const kind = mailForFailure({
    failingSince: new Date(outage.failingSince),
    lastFailureAt: new Date(outage.lastFailureAt),
    lastMailAt: outage.lastMailAt === null ? null : new Date(outage.lastMailAt),
    credentialRefused: failure.credentialRefused,
    alertAfterMs: deps.alertAfterMs,
  });
  if (kind === null) return 0;
  const mail = renderNotice(deps, 'failing', failure.runId, () => deps.mails.failing(outage, failure.mend));
  return enqueue(deps, 'failing', mail, failure.runId, now, outage.thread);
}

function render(deps: RunMailDeps, kind: RunMail, report: RunReport, period: SummaryPeriod, now: Date): RenderedMail {
  try {
    if (kind === 'summary')
      return deps.mails.summary({
        report,
        standing: deps.store.standing(now),
        period,
        reminderDays: deps.reminderDays,
      });
    return deps.mails.run(report);
  } catch (error) {
    deps.log.error({ runId: report.run.id, err: error }, plainFormSent);
    return deps.mails.fallback(report);
  }
}

function renderNotice(
  deps: RunMailDeps,
  kind: 'failing' | 'recovered',
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

const plainFormSent = 'the mail could not be rendered; its plain form is sent';

function enqueue(
  deps: RunMailDeps,
  kind: MessageKind,
  mail: RenderedMail,
  runId: number,
  now: Date,
  thread: readonly string[],
): number {
  const { message, recipients } = deps.address(kind, mail, now, thread);
  deps.store.outbox.enqueue(message, recipients, runId);
  return recipients.length;
}
