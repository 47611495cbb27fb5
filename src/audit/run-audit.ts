import { explainDatabaseError } from '../database-error.ts';
import { InterruptedError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniApi } from '../omni/api.ts';
import type { RuleSettings } from '../rules/condition-rule.ts';
import { fingerprintRules } from '../rules/settings-fingerprint.ts';
import type { RunTrigger } from '../store/runs.ts';
import type { AuditStore } from '../stores.ts';
import { visible } from '../text/visible.ts';
import { type Answers, askOmni } from './ask-omni.ts';
import { type CompleteAudit, countChanges, countFindings, type FailedAudit } from './audit-result.ts';
import { logFindings } from './log-findings.ts';
import { type ProgressListener, trackProgress } from './progress.ts';
import { pruneHistory } from './prune-history.ts';
import { enqueueRunMails } from './queue-mails.ts';
import { type FailureDeps, reportCrashedRuns, writeFailureOrLog } from './record-failure.ts';
import { journalRun } from './record-run.ts';

export interface AuditDeps extends FailureDeps {
  omni: OmniApi;
  rules: RuleSettings;
  /** The organisation, which the database belongs to from its first complete audit on. */
  baseUrl: string;
  deadlineMs: number;
  /** How long history is kept; 0: for ever. */
  retentionDays: number;
}

export interface AuditOptions {
  trigger: RunTrigger;
  /** Decide everything, keep nothing. */
  dryRun: boolean;
  /** An operator vouches for the tokens that are gone, however many they are. */
  acceptRemovals: boolean;
  /** Called often, for whoever watches. */
  onProgress?: ProgressListener;
}

/**
 * One audit:
 *
 *     begin run ─ ask Omni: tokens, removals, credential, owners
 *       ─ ONE transaction: snapshot, findings, mail, end of run ─ log ─ prune old history
 *
 * HTTP never happens inside the transaction. The caller holds the audit lock and delivers the
 * mail afterwards. A failure is the answer and not an exception: it is written down as a failed
 * run, with the mail about it if it is time, and nothing else is.
 */
export async function runAudit(
  deps: AuditDeps,
  options: AuditOptions,
  signal: AbortSignal,
): Promise<CompleteAudit | FailedAudit> {
  const { store, clock, log } = deps;
  const startedAt = clock.now();
  const progress = trackProgress(options.onProgress);
  const begin = (): number => store.runs.begin(options.trigger, deps.lockedBy, startedAt);
  if (!options.dryRun) reportCrashedRuns(deps, startedAt);
  const runId = options.dryRun ? null : begin();
  try {
    const answers = await askOmni({ ...deps, progress }, options, signal);
    const audit =
      runId === null
        ? rolledBack(store, () => decide(deps, begin(), startedAt, answers))
        : store.inTransaction(() => decide(deps, runId, startedAt, answers));
    warnOfNewFields(audit, log);
    if (runId !== null) logFindings(store.findings.told(runId), log);
    const { tokenCount, pageCount, findings, ownersKnown } = audit;
    log.info({ runId, tokenCount, pageCount, findings, ownersKnown, dryRun: options.dryRun }, 'audit complete');
    if (runId !== null) pruneHistory({ ...deps, retention: store.retention }, deps.retentionDays);
    return audit;
  } catch (thrown) {
    const error = explainDatabaseError(thrown, `the database ${store.path}`);
    if (error instanceof InterruptedError) log.warn({ runId, reason: error.message }, 'audit interrupted');
    else log.error({ runId, err: error }, 'audit failed');
    const { pageCount } = progress;
    const counts = { pageCount, requestCount: deps.omni.requestCount };
    const queued = runId === null ? 0 : writeFailureOrLog(deps, runId, counts, error);
    return { status: 'failed', runId, pageCount, queued, error };
  }
}

/** They may make better findings possible, so somebody should look for a newer version. */
function warnOfNewFields({ runId, newRecordFields }: CompleteAudit, log: Logger): void {
  if (newRecordFields.length === 0) return;
  log.warn(
    { runId, fields: newRecordFields.map((name) => visible(name)) },
    'Omni sends fields that this version does not know',
  );
}

/** Everything that a run decides, in one synchronous piece; the caller makes it one transaction. */
function decide(deps: AuditDeps, runId: number, now: Date, answers: Answers): CompleteAudit {
  const { store, rules } = deps;
  const { listing, credential, owners, breaker } = answers;
  store.claimOrganisation(deps.baseUrl);
  const previous = store.runs.lastComplete();
  const isBaseline = previous === null;
  journalRun(store, {
    id: runId,
    previous,
    rules,
    ownersKnown: owners.known,
    confirmedRemovals: answers.confirmedIds,
    credential: { before: store.runs.lastCredential(), after: credential },
    now,
  });
  const newRecordFields = store.recordFields.remember(listing.newFields, runId);
  store.runs.complete(runId, {
    finishedAt: deps.clock.now(),
    isBaseline,
    tokenCount: listing.tokenCount,
    pageCount: listing.pageCount,
    requestCount: deps.omni.requestCount,
    surplus: listing.surplus,
    settingsFingerprint: fingerprintRules(rules),
    owners,
    credential,
    breaker,
  });
  const news = store.runNews(runId);
  if (news === null) throw new Error(`run ${runId} is not complete`);
  return {
    status: 'complete',
    runId,
    isBaseline,
    tokenCount: listing.tokenCount,
    pageCount: listing.pageCount,
    newRecordFields,
    changes: countChanges(news),
    findings: countFindings(news),
    standing: store.conditions.openBySeverity(),
    ownersKnown: owners.known,
    ...enqueueRunMails(deps, news, now),
  };
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
