import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { RuleSettings } from '../domain/condition-rules.ts';
import { type EventKind, findingKinds, isConditionKind } from '../domain/finding-catalogue.ts';
import { mailForRun } from '../domain/mail-policy.ts';
import type { Message, MessageKind, RenderedMail } from '../domain/message.ts';
import type { RunReport } from '../domain/run-report.ts';
import { noSeverityCounts, type SeverityCounts } from '../domain/severity.ts';
import { DeadlineError, InterruptedError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniClient } from '../omni/client.ts';
import type { RunTrigger } from '../store/runs.ts';
import type { AuditStore } from '../store/store.ts';
import { journalRun } from './journal-run.ts';
import { logFindings } from './log-findings.ts';
import { type ListingProgress, type ProvedListing, proveListing } from './prove-listing.ts';

export interface AuditDeps {
  store: AuditStore;
  omni: OmniClient;
  clock: Clock;
  log: Logger;
  rules: RuleSettings;
  deadlineMs: number;
  /** Process and host, for whoever finds the lock taken. */
  holder: string;
  /** Must not throw for want of data; when it throws all the same, `renderFallback` speaks. */
  render(report: RunReport): RenderedMail;
  renderFallback(report: RunReport): RenderedMail;
  /** Gives a rendered mail its sender, readers, date and id. */
  address(kind: MessageKind, mail: RenderedMail, now: Date): { message: Message; recipients: string[] };
}

export interface AuditOptions {
  trigger: RunTrigger;
  /** Decide everything, keep nothing. */
  dryRun: boolean;
}

export interface ChangeCounts {
  created: number;
  removed: number;
  disabled: number;
  enabled: number;
  renamed: number;
  other: number;
}

export interface CompleteAudit {
  status: 'complete';
  /** In a dry run the id that the run would have had. */
  runId: number;
  isBaseline: boolean;
  tokenCount: number;
  pageCount: number;
  changes: ChangeCounts;
  /** Told by this run. */
  findings: SeverityCounts;
  /** Open conditions after the run. */
  standing: SeverityCounts;
  ownersKnown: boolean;
  /** Deliveries that this run put into the outbox. */
  queued: number;
  /** null: the run had nothing to mail. */
  mail: RenderedMail | null;
}

export interface FailedAudit {
  status: 'failed';
  /** null: a dry run, which leaves no record. */
  runId: number | null;
  pageCount: number;
  error: unknown;
}

/**
 * One audit:
 *
 *     begin run ─ list and prove ─ ONE transaction: snapshot, findings, mail, end of run ─ log
 *
 * HTTP never happens inside the transaction. The caller holds the audit lock and delivers the
 * mail afterwards. A failure is the answer and not an exception: it is written down as a failed
 * run, and nothing else is.
 */
export async function runAudit(
  deps: AuditDeps,
  options: AuditOptions,
  signal: AbortSignal,
): Promise<CompleteAudit | FailedAudit> {
  const { store, clock, log } = deps;
  const startedAt = clock.now();
  const progress: ListingProgress = { pageCount: 0 };
  const begin = (): number => store.runs.begin(options.trigger, deps.holder, startedAt);
  const runId = options.dryRun ? null : begin();
  try {
    const listing = await listWithinDeadline(deps, progress, signal);
    const audit = options.dryRun
      ? rolledBack(store, () => decide(deps, begin(), startedAt, listing))
      : store.inTransaction(() => decide(deps, runId ?? begin(), startedAt, listing));
    if (!options.dryRun) logFindings(store.findings.told(audit.runId), log);
    log.info(
      {
        runId: audit.runId,
        tokenCount: audit.tokenCount,
        pageCount: audit.pageCount,
        findings: audit.findings,
        dryRun: options.dryRun,
      },
      'audit complete',
    );
    return audit;
  } catch (error) {
    if (runId !== null) {
      store.runs.fail(runId, {
        status: error instanceof InterruptedError ? 'interrupted' : 'failed',
        finishedAt: clock.now(),
        pageCount: progress.pageCount,
        requestCount: deps.omni.requestCount,
        errorType: error instanceof Error ? error.name : 'Error',
        error: error instanceof Error ? error.message : String(error),
      });
    }
    log.error({ runId, err: error }, 'audit failed');
    return { status: 'failed', runId, pageCount: progress.pageCount, error };
  }
}

async function listWithinDeadline(
  deps: AuditDeps,
  progress: ListingProgress,
  signal: AbortSignal,
): Promise<ProvedListing> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(
      new DeadlineError(
        `the audit was not done within ${deps.deadlineMs / 60_000} minutes, at page ${progress.pageCount}`,
        {
          mend: 'Raise AUDIT_DEADLINE_MINUTES, or have Omni raise the rate limit and set OMNI_REQUESTS_PER_MINUTE',
        },
      ),
    );
  }, deps.deadlineMs);
  try {
    return await proveListing(
      deps.omni,
      deps.store.staging,
      progress,
      deps.log,
      AbortSignal.any([signal, deadline.signal]),
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Everything that a run decides, in one synchronous piece; the caller makes it one transaction. */
function decide(deps: AuditDeps, runId: number, now: Date, listing: ProvedListing): CompleteAudit {
  const { store } = deps;
  const previous = store.runs.lastComplete();
  const isBaseline = previous === null;
  const rulesHash = fingerprint(deps.rules);
  journalRun(store, {
    id: runId,
    previousRunId: previous?.id ?? null,
    rules: deps.rules,
    rulesChanged: previous !== null && previous.rulesHash !== rulesHash,
    now,
  });
  store.runs.complete(runId, {
    finishedAt: deps.clock.now(),
    isBaseline,
    tokenCount: listing.tokenCount,
    pageCount: listing.pageCount,
    requestCount: deps.omni.requestCount,
    surplus: listing.surplus,
    rulesHash,
  });
  const report = store.runReport(runId);
  if (report === null) throw new Error(`run ${runId} has no report`);
  return {
    status: 'complete',
    runId,
    isBaseline,
    tokenCount: listing.tokenCount,
    pageCount: listing.pageCount,
    changes: countChanges(report),
    findings: countFindings(report),
    standing: report.standing,
    ownersKnown: false,
    ...enqueueMail(deps, report, now),
  };
}

function enqueueMail(deps: AuditDeps, report: RunReport, now: Date): Pick<CompleteAudit, 'queued' | 'mail'> {
  const toldCount = report.groups.reduce((sum, { count }) => sum + count, 0);
  const kind = mailForRun({ isBaseline: report.run.isBaseline, toldCount });
  if (kind === null) return { queued: 0, mail: null };
  const mail = renderSafely(deps, report);
  const { message, recipients } = deps.address(kind, mail, now);
  deps.store.outbox.enqueue(message, recipients, report.run.id);
  return { queued: recipients.length, mail };
}

function renderSafely({ render, renderFallback, log }: AuditDeps, report: RunReport): RenderedMail {
  try {
    return render(report);
  } catch (error) {
    log.error({ runId: report.run.id, err: error }, 'the mail could not be rendered; its plain form is sent');
    return renderFallback(report);
  }
}

/** Does the work in a transaction that is undone, and answers what it found. */
function rolledBack<T>(store: AuditStore, work: () => T): T {
  class Undo extends Error {
    readonly answer: T;
    constructor(answer: T) {
      super('undo');
      this.answer = answer;
    }
  }
  try {
    return store.inTransaction(() => {
      throw new Undo(work());
    });
  } catch (error) {
    if (error instanceof Undo) return error.answer;
    throw error;
  }
}

function countChanges({ groups }: RunReport): ChangeCounts {
  const changes: ChangeCounts = { created: 0, removed: 0, disabled: 0, enabled: 0, renamed: 0, other: 0 };
  for (const { kind, count } of groups) {
    if (!isConditionKind(kind)) addChange(changes, kind, count);
  }
  return changes;
}

function addChange(changes: ChangeCounts, kind: EventKind, count: number): void {
  switch (kind) {
    case 'token-created':
      changes.created += count;
      break;
    case 'token-removed':
      changes.removed += count;
      break;
    case 'token-disabled':
      changes.disabled += count;
      break;
    case 'token-enabled':
      changes.enabled += count;
      break;
    case 'token-renamed':
      changes.renamed += count;
      break;
    case 'token-owner-changed':
    case 'token-type-changed':
    case 'token-created-at-changed':
    case 'token-reappeared':
      changes.other += count;
      break;
    case 'type-first-seen':
      // About the organisation; the token itself is among the created.
      break;
    default:
      kind satisfies never;
  }
}

function countFindings({ groups }: RunReport): SeverityCounts {
  const counts = noSeverityCounts();
  for (const { severity, count } of groups) counts[severity] += count;
  return counts;
}

/** Tells settings apart; equal for equal rules. */
function fingerprint(rules: RuleSettings): string {
  return createHash('sha256')
    .update(JSON.stringify({ rules, kinds: findingKinds }))
    .digest('hex')
    .slice(0, 16);
}
