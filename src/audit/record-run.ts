import { endByTransition, voidedByEvent } from '../rules/acknowledgement.ts';
import { type EventKind, eventSeverity } from '../rules/catalogue.ts';
import type { ConditionSubject, RuleSettings } from '../rules/condition-rule.ts';
import type { Credential } from '../rules/credential.ts';
import type { FindingContent, FindingToken, KindWithFacts, Subject } from '../rules/finding.ts';
import { type AgeWindow, agingBetween, conditionFacts, judgeOwner, judgeToken } from '../rules/judge.ts';
import { changedKinds, fingerprintRules } from '../rules/settings-fingerprint.ts';
import type { Severity } from '../rules/severity.ts';
import { tokenEvents } from '../rules/token-events.ts';
import { decideTransition } from '../rules/transitions.ts';
import type { OpenDifference } from '../store/conditions.ts';
import type { Run } from '../store/runs.ts';
import type { AuditStore } from '../stores.ts';

/** The run that is being decided. */
export interface DecidedRun {
  id: number;
  /** The complete run before; null at the baseline. */
  previous: Pick<Run, 'id' | 'startedAt' | 'settingsFingerprint'> | null;
  rules: RuleSettings;
  ownersKnown: boolean;
  /** Ids of removed tokens for which Omni answered 404. */
  confirmedRemovals: ReadonlySet<string>;
  /** The auditor's own; null where it is not known. */
  credential: { before: Credential | null; after: Credential | null };
  /** The one instant of the audit. */
  now: Date;
}

/**
 * Turns the staged tokens and owners into the snapshot of this run and journals what that means.
 * The tokens were compared before. Needs a transaction.
 */
export function journalRun(store: AuditStore, run: DecidedRun): void {
  if (run.previous === null) {
    store.snapshots.openBaseline(run.id);
  } else {
    store.snapshots.apply(run.id, run.previous.id);
    journalChanges(store, run);
  }
  store.owners.apply(run.id, run.previous?.id ?? null);
  journalCredential(store, run);
  journalConditions(store, run);
  journalLapses(store, run);
  if (run.previous !== null) store.acknowledgements.tell(run.id);
}

function journalChanges(store: AuditStore, run: DecidedRun): void {
  for (const change of store.snapshots.changes()) {
    for (const { token, severity, ...event } of tokenEvents(change, run.confirmedRemovals)) {
      journalEvent(store, run, event, severity, { type: 'token', id: token.id }, token);
      const what = voidedByEvent(event);
      if (what === null) continue;
      store.acknowledgements.voidOfSubject({ type: 'token', id: token.id }, what, run.now);
      // What was accepted of its owner was accepted while the token was off.
      if (event.kind === 'token-enabled' && token.membershipId !== null) {
        store.acknowledgements.voidOfSubject({ type: 'owner', id: token.membershipId }, what, run.now);
      }
    }
  }
  for (const type of store.snapshots.firstSeenTypes(run.id)) {
    journalOrganisationEvent(store, run, { kind: 'type-first-seen', detail: { value: type } }, type);
  }
}

/** A change of the auditor's own credential. */
function journalCredential(store: AuditStore, run: DecidedRun): void {
  const { before, after } = run.credential;
  if (before !== null && after !== null && describe(before) !== describe(after)) {
    const detail = { before: describe(before), after: describe(after) };
    journalOrganisationEvent(store, run, { kind: 'credential-changed', detail }, 'credential');
  }
}

function describe({ keyScope, orgRole }: Credential): string {
  return `${keyScope}-scoped, ${orgRole}`;
}

/** An event that is about no token. */
function journalOrganisationEvent(
  store: AuditStore,
  run: DecidedRun,
  event: KindWithFacts<EventKind>,
  id: string,
): void {
  journalEvent(store, run, event, eventSeverity(event.kind, null), { type: 'organisation', id }, null);
}

function journalEvent(
  store: AuditStore,
  run: DecidedRun,
  event: KindWithFacts<EventKind>,
  severity: Severity,
  subject: Subject,
  token: FindingToken | null,
): void {
  const decision = { conditionId: null, suppressedBy: null };
  store.findings.journal({ ...event, ...decision, transition: 'event', runId: run.id, severity, subject, token });
}

/**
 * So many complete runs after a clock was put right, it is believed for good: what it told when it was
 * wrongly ahead is taken back then.
 */
const clockMemory = 30;

/**
 * Judges as of now. Where the clock has been set back, what only its former time still makes true
 * stays as it is for the next runs: "no longer stale" would be false praise, and the same news
 * would come twice.
 */
function journalConditions(store: AuditStore, run: DecidedRun): void {
  const { conditions, dueTokens, owners } = store;
  const settingsFingerprint = fingerprintRules(run.rules);
  const former = clockAhead(store, run, clockMemory);
  conditions.reset();
  dueTokens.choose(agingSince(store, run, settingsFingerprint));
  for (const facts of dueTokens.facts()) {
    const subject: Subject = { type: 'token', id: facts.token.id };
    for (const judged of judgeToken(facts, run.rules, run.now)) conditions.judged(subject, judged);
    if (former === null) continue;
    for (const judged of judgeToken(facts, run.rules, former)) conditions.heldFormerly(subject, judged);
  }
  if (run.ownersKnown) {
    for (const holding of owners.holdings()) {
      const subject: Subject = { type: 'owner', id: holding.membershipId };
      const { judged, undecided } = judgeOwner(holding, run.rules, run.now);
      for (const each of judged) conditions.judged(subject, each);
      for (const kind of undecided) conditions.undecided(subject, kind);
      if (former === null) continue;
      for (const each of judgeOwner(holding, run.rules, former).judged) conditions.heldFormerly(subject, each);
    }
  }
  const changed = changedKinds(run.previous?.settingsFingerprint ?? null, settingsFingerprint);
  for (const difference of conditions.differences(run.ownersKnown, run.now)) {
    journalTransition(store, run, difference, changed.has(difference.kind));
  }
}

/** Which unchanged tokens may be judged otherwise than in the run before; null: all of them. */
function agingSince(store: AuditStore, run: DecidedRun, settingsFingerprint: string): AgeWindow[] | null {
  const { previous, rules, now } = run;
  if (previous === null || previous.settingsFingerprint !== settingsFingerprint) return null;
  // Also in the first run that the former time of a clock does not protect any more.
  if (clockAhead(store, run, clockMemory + 1) !== null) return null;
  return agingBetween(rules, new Date(previous.startedAt), now);
}

/** The latest time of the last so many runs, where the clock has been set back since; else null. */
function clockAhead(store: AuditStore, { now }: DecidedRun, runCount: number): Date | null {
  const latest = store.runs.latestStart(runCount);
  return latest !== null && latest > now ? latest : null;
}

function journalTransition(store: AuditStore, run: DecidedRun, difference: OpenDifference, isRejudged: boolean): void {
  const { kind, subject, conditionId, judgedLevel, judgedSeverity, about } = difference;
  const decided = decideTransition(difference, isRejudged);
  if (decided === null) return;
  const { transition, suppressedBy, reason } = decided;
  const content: FindingContent =
    transition === 'resolved'
      ? { kind, transition, detail: null }
      : { ...conditionFacts(kind, judgedLevel ?? 0, known(about, subject), run.now), transition };
  const findingId = store.findings.journal({
    ...content,
    runId: run.id,
    // What has ended is good news, whatever it was.
    severity: judgedSeverity ?? 'info',
    subject,
    token: about?.kind === 'token' ? about.token : null,
    conditionId,
    suppressedBy,
  });
  if (conditionId === null) {
    if (judgedLevel === null || judgedSeverity === null) return;
    const judged = { kind, level: judgedLevel, severity: judgedSeverity };
    store.conditions.open(findingId, subject, judged, run.id, suppressedBy === 'flapping');
    return;
  }
  if (judgedLevel === null || judgedSeverity === null) {
    if (reason !== null) store.conditions.resolve(conditionId, reason, run.id);
  } else {
    store.conditions.change(conditionId, judgedLevel, judgedSeverity);
    if (suppressedBy === null) store.conditions.release(conditionId);
  }
  const end = endByTransition(transition, suppressedBy);
  if (end !== null) store.acknowledgements.end(conditionId, end, run.now);
}

/** What was accepted for a time that is over stands again, and is news like on its first day. */
function journalLapses(store: AuditStore, run: DecidedRun): void {
  for (const conditionId of store.acknowledgements.lapse(run.now)) {
    const standing = store.conditions.standing(conditionId);
    if (standing === null) continue;
    const { kind, subject, level, severity, about } = standing;
    store.findings.journal({
      ...conditionFacts(kind, level, known(about, subject), run.now),
      transition: 'expired',
      runId: run.id,
      severity,
      subject,
      token: about?.kind === 'token' ? about.token : null,
      conditionId,
      suppressedBy: null,
    });
  }
}

/** An open condition is about a token of the snapshot, or about an owner. @throws Error when it is about neither. */
function known(about: ConditionSubject | null, { type, id }: Subject): ConditionSubject {
  if (about === null) throw new Error(`nothing is known of the ${type} ${id}, which has an open condition`);
  return about;
}
