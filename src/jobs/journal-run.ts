import { judgeToken, type RuleSettings } from '../domain/condition-rules.ts';
import { conditionTurn } from '../domain/condition-turn.ts';
import type { FindingDetail, Subject } from '../domain/finding.ts';
import { eventSeverity } from '../domain/finding-catalogue.ts';
import { ageInDays } from '../domain/token.ts';
import { tokenEvents } from '../domain/token-events.ts';
import type { OpenDifference } from '../store/conditions.ts';
import type { AuditStore } from '../store/store.ts';

/** The run that is being decided. */
export interface DecidedRun {
  id: number;
  /** The complete run before; null at the baseline. */
  previousRunId: number | null;
  rules: RuleSettings;
  /** The rules differ from those of the run before. */
  rulesChanged: boolean;
  /** The one instant of the audit. */
  now: Date;
}

/** Turns the staged tokens into the snapshot of this run and journals what that means. Needs a transaction. */
export function journalRun(store: AuditStore, run: DecidedRun): void {
  if (run.previousRunId === null) {
    store.snapshots.openBaseline(run.id);
  } else {
    journalChanges(store, run.id, run.previousRunId);
  }
  journalConditions(store, run);
}

function journalChanges(store: AuditStore, runId: number, previousRunId: number): void {
  store.snapshots.compare();
  store.snapshots.apply(runId, previousRunId);
  for (const change of store.snapshots.changes()) {
    for (const { kind, severity, token, detail } of tokenEvents(change)) {
      store.findings.journal({
        runId,
        kind,
        turn: 'event',
        severity,
        subject: { type: 'token', id: token.id },
        token,
        detail,
        conditionId: null,
        silence: null,
      });
    }
  }
  for (const type of store.snapshots.firstSeenTypes(runId)) {
    store.findings.journal({
      runId,
      kind: 'type-first-seen',
      turn: 'event',
      severity: eventSeverity('type-first-seen', null),
      subject: { type: 'organisation', id: type },
      token: null,
      detail: { value: type },
      conditionId: null,
      silence: null,
    });
  }
}

function journalConditions(store: AuditStore, run: DecidedRun): void {
  const { conditions, snapshots } = store;
  conditions.reset();
  for (const token of snapshots.current()) {
    const subject: Subject = { type: 'token', id: token.id };
    for (const judged of judgeToken(token, run.rules, run.now)) conditions.judged(subject, judged);
  }
  for (const difference of conditions.differences()) journalTurn(store, run, difference);
}

function journalTurn({ findings, conditions }: AuditStore, run: DecidedRun, difference: OpenDifference): void {
  const { kind, subject, conditionId, judgedLevel, judgedSeverity, about } = difference;
  const { turn, silence, reason } = conditionTurn(difference, run.rulesChanged);
  const findingId = findings.journal({
    runId: run.id,
    kind,
    turn,
    // What is found no more has ended: good news, whatever it was.
    severity: judgedSeverity ?? 'info',
    subject,
    token: about,
    detail: conditionDetail(difference, run.now),
    conditionId,
    silence,
  });
  if (judgedLevel === null || judgedSeverity === null) {
    if (conditionId !== null && reason !== null) conditions.resolve(conditionId, reason, run.id);
  } else if (conditionId !== null) {
    conditions.change(conditionId, judgedLevel, judgedSeverity);
  } else {
    conditions.open(findingId, subject, { kind, level: judgedLevel, severity: judgedSeverity }, run.id);
  }
}

function conditionDetail({ kind, about, judgedLevel, standingLevel }: OpenDifference, now: Date): FindingDetail {
  if (kind !== 'token-stale' || about === null) return {};
  return { ageDays: ageInDays(about.createdAt, now), thresholdDays: judgedLevel ?? standingLevel ?? 0 };
}
