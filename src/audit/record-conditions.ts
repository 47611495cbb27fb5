import { endByTransition } from '../rules/acknowledgement.ts';
import type { ConditionSubject } from '../rules/condition-rule.ts';
import type { FindingContent, FindingToken, Subject } from '../rules/finding.ts';
import { conditionFacts, settingsMayCause, type Verdict } from '../rules/judge.ts';
import type { Token } from '../rules/token.ts';
import {
  type ConditionDifference,
  decideTransition,
  findDifferences,
  reportableFrom,
  type SubjectState,
  staysUnreported,
  type TransitionDecision,
} from '../rules/transitions.ts';
import { earliest } from '../time/duration.ts';
import type { Recording } from './recording.ts';

type TokenOrOwner = Subject & { type: 'token' | 'owner' };

/** A token or an owner, with what the rules find about it. */
interface JudgedSubject {
  subject: TokenOrOwner;
  state: SubjectState;
  verdict: Verdict;
  /** The token that the findings are about; null when they are about an owner. */
  token: FindingToken | null;
  /** Called only when a condition is open afterwards. */
  about(): ConditionSubject;
}

/**
 * Judges the tokens that are due: those that changed, and those that may have crossed a threshold. Judges all
 * tokens when the settings have changed, and when the clock of the previous run could not be checked.
 */
export function judgeTokens(recording: Recording): void {
  const { tx, store, run } = recording;
  const { snapshots, register } = store;
  const { settingsFingerprint, clockChecked } = run.previous ?? { settingsFingerprint: null, clockChecked: true };
  const isNewlyJudged = settingsFingerprint !== run.judge.fingerprint || recording.isRegisterSwitched;
  if (isNewlyJudged || !clockChecked) snapshots.makeAllDue(tx);
  for (const current of snapshots.due(run.now)) {
    const { token, disabledSince } = current;
    const facts = { token, disabledSince, register: register.factsOf(token) };
    const reportAt = recordVerdict(recording, {
      subject: { type: 'token', id: token.id },
      state: token.enabled ? 'enabled' : 'disabled',
      verdict: { judged: run.judge.token(facts, run.now), undecided: [] },
      token,
      about: () => ({ kind: 'token', ...facts }),
    });
    snapshots.setDue(tx, current, earliest([run.judge.nextChangeAt(facts, run.now), reportAt]));
  }
}

/** Judges every owner of a token, and resolves the conditions of former owners, who no longer own any token. */
export function judgeOwners(recording: Recording): void {
  const { store, run } = recording;
  for (const holding of store.owners.holdings()) {
    const { membershipId: id, owner, hasOpenConditions } = holding;
    const verdict = run.judge.owner(holding, run.now);
    if (verdict.judged.length === 0 && !hasOpenConditions) continue;
    const about = (): ConditionSubject => ({ kind: 'owner', ...store.owners.withTokens(id) });
    recordVerdict(recording, { subject: { type: 'owner', id }, state: owner.state, verdict, token: null, about });
  }
  for (const id of store.conditions.formerOwners()) resolveAll(recording, { type: 'owner', id }, null);
}

/** Resolves the conditions of a token that is no longer listed. */
export function resolveVanished(recording: Recording, token: Token): void {
  resolveAll(recording, { type: 'token', id: token.id }, token);
}

/** Ends the acknowledgements that have expired, and reports their conditions as open again. */
export function recordExpired({ tx, store, run }: Recording): void {
  for (const conditionId of store.acknowledgements.expire(tx, run.now)) {
    const open = store.conditions.findOpen(conditionId);
    if (open === null) continue;
    const { subject, judged, about } = open;
    store.findings.journal(tx, {
      ...conditionFacts(judged.kind, judged.level, about, run.now),
      runId: run.id,
      transition: 'expired',
      severity: judged.severity,
      subject,
      token: about.kind === 'token' ? about.token : null,
      conditionId,
      suppressedBy: null,
    });
  }
}

function resolveAll(recording: Recording, subject: TokenOrOwner, token: FindingToken | null): void {
  const about = (): never => {
    throw new Error(`the ${subject.type} ${subject.id} is gone, so it cannot have an open condition`);
  };
  recordVerdict(recording, { subject, state: 'removed', verdict: { judged: [], undecided: [] }, token, about });
}

/**
 * Compares a verdict with the open conditions of its subject, and journals the transitions. Returns when an
 * opening that was suppressed as flapping can be reported; null when there is none.
 */
function recordVerdict(recording: Recording, judged: JudgedSubject): Date | null {
  const { store, run, rejudgedKinds } = recording;
  const { subject, state: subjectState, verdict } = judged;
  const waiting: Date[] = [];
  for (const difference of findDifferences(store.conditions.openOf(subject), verdict)) {
    const past = store.conditions.pastOf(subject, difference.kind);
    const { kind, judged: found } = difference;
    const settingsChanged = rejudgedKinds[subject.type].has(kind) && settingsMayCause(kind, found?.level ?? null);
    const decision = decideTransition(difference, { past, subjectState, settingsChanged, now: run.now });
    const isUnreported = staysUnreported(difference, decision);
    if (decision !== null) recordTransition(recording, judged, difference, decision, isUnreported);
    // The next run is the earliest that can report it.
    if (isUnreported) waiting.push(new Date(Math.max(reportableFrom(past).getTime(), run.now.getTime() + 1)));
  }
  return earliest(waiting);
}

function recordTransition(
  { tx, store, run }: Recording,
  { subject, token, about }: JudgedSubject,
  { kind, open, judged }: ConditionDifference,
  { transition, suppressedBy, reason }: TransitionDecision,
  isUnreported: boolean,
): void {
  const content: FindingContent =
    judged === null || transition === 'resolved'
      ? { kind, transition: 'resolved', detail: null }
      : { ...conditionFacts(kind, judged.level, about(), run.now), transition };
  const findingId = store.findings.journal(tx, {
    ...content,
    runId: run.id,
    // A resolution needs no action, however severe the condition was.
    severity: judged?.severity ?? 'info',
    subject,
    token,
    conditionId: open?.id ?? null,
    suppressedBy,
  });
  if (judged !== null)
    store.conditions.put(tx, subject, { ...judged, id: open?.id ?? findingId, isUnreported }, run.id);
  else if (open !== null && reason !== null) store.conditions.resolve(tx, open.id, reason, run.id);
  const end = endByTransition(transition, suppressedBy);
  if (open !== null && end !== null) store.acknowledgements.end(tx, open.id, end, run.now);
}
