import { msPerDay } from '../time/duration.ts';
import type { ConditionKind } from './catalogue.ts';
import type { JudgedCondition } from './condition-rule.ts';
import type { ResolvedReason, Suppression, Transition } from './finding.ts';
import type { Verdict } from './judge.ts';
import type { OwnerState } from './owner.ts';
import { isAtLeast } from './severity.ts';

/** A condition that is open. */
export interface OpenInterval extends JudgedCondition {
  id: number;
  /** Its opening was suppressed because it comes and goes, and no mail has reported it since. */
  isUnreported: boolean;
}

/** What is open and what the rules find, of one kind of condition of one subject. Not both are null. */
export interface ConditionDifference {
  kind: ConditionKind;
  open: OpenInterval | null;
  judged: JudgedCondition | null;
}

/** What the history knows of one kind of condition of one subject. */
export interface ConditionPast {
  /** An earlier interval was resolved. */
  hadEarlierInterval: boolean;
  /** Start of the run that last reported a transition; null: none did, or there was no earlier interval. */
  lastReportedAt: string | null;
}

/** What has become of a token or an owner. `removed`, of an owner: it owns no token any more. */
export type SubjectState = 'enabled' | 'disabled' | OwnerState | 'removed';

export interface TransitionContext {
  past: ConditionPast;
  subjectState: SubjectState;
  /** The settings of the rule differ from those of the last complete run, so that the difference may come from them. */
  settingsChanged: boolean;
  now: Date;
}

export interface TransitionDecision {
  transition: Exclude<Transition, 'event' | 'expired'>;
  /** null: the transition is reported. */
  suppressedBy: Suppression | null;
  /** Only for `resolved`. */
  reason: ResolvedReason | null;
}

/** Where a verdict differs from what is open about its subject, and what is open without having been reported. */
export function findDifferences(open: readonly OpenInterval[], { judged, undecided }: Verdict): ConditionDifference[] {
  const found = judged.map((each) => ({
    kind: each.kind,
    open: open.find(({ kind }) => kind === each.kind) ?? null,
    judged: each,
  }));
  const ended = open
    .filter(({ kind }) => !undecided.includes(kind) && !judged.some((each) => each.kind === kind))
    .map((each) => ({ kind: each.kind, open: each, judged: null }));
  return [...found.filter(isDifferent), ...ended];
}

function isDifferent({ open, judged }: ConditionDifference): boolean {
  if (open === null || judged === null || open.isUnreported) return true;
  return open.level !== judged.level || open.severity !== judged.severity;
}

/** Decides what becomes of a condition and whether a mail reports it. null: nothing yet. */
export function decideTransition(
  { kind, open, judged }: ConditionDifference,
  context: TransitionContext,
): TransitionDecision | null {
  const suppressedBy = context.settingsChanged ? 'settings-changed' : null;
  if (judged === null) return resolution(kind, open?.isUnreported ?? false, context);
  if (open === null) return opening(judged, context, suppressedBy);
  if (judged.level > open.level || isGraver(judged, open)) {
    return { transition: 'escalated', suppressedBy, reason: null };
  }
  if (judged.level < open.level || judged.severity !== open.severity) {
    return { transition: 'eased', suppressedBy: suppressedBy ?? 'eased', reason: null };
  }
  if (!open.isUnreported || isFlapping(judged, context)) return null;
  return { transition: 'reopened', suppressedBy: null, reason: null };
}

/** Whether the opening of a condition that goes on is still to be reported after a decision. */
export function staysUnreported({ open, judged }: ConditionDifference, decision: TransitionDecision | null): boolean {
  if (judged === null) return false;
  switch (decision?.suppressedBy) {
    case null:
      return false;
    case 'flapping':
      return true;
    default:
      return open?.isUnreported ?? false;
  }
}

/** From when on an opening can be reported that was suppressed because it comes and goes. */
export function reportableFrom({ lastReportedAt }: ConditionPast): Date {
  return new Date(lastReportedAt === null ? 0 : Date.parse(lastReportedAt) + msPerDay);
}

function opening(
  judged: JudgedCondition,
  context: TransitionContext,
  suppressedBy: Suppression | null,
): TransitionDecision {
  if (!context.past.hadEarlierInterval) return { transition: 'opened', suppressedBy, reason: null };
  const because = isFlapping(judged, context) ? 'flapping' : null;
  return { transition: 'reopened', suppressedBy: suppressedBy ?? because, reason: null };
}

/**
 * What comes and goes is reported again after a day at the earliest, unless it is critical. A report from the
 * future says nothing: it was dated by a clock that was wrong.
 */
function isFlapping({ severity }: JudgedCondition, { past, now }: TransitionContext): boolean {
  const sinceReport = now.getTime() - Date.parse(past.lastReportedAt ?? '');
  return severity !== 'critical' && Math.abs(sinceReport) < msPerDay;
}

function resolution(
  kind: ConditionKind,
  isUnreported: boolean,
  { subjectState, settingsChanged }: TransitionContext,
): TransitionDecision {
  const transition = 'resolved';
  // What happened to the token or its owner is the news; "no longer stale" would be false praise.
  if (subjectState === 'removed') return { transition, suppressedBy: 'event', reason: 'token-removed' };
  if (subjectState === 'disabled' && kind === 'token-stale') {
    return { transition, suppressedBy: 'event', reason: 'token-disabled' };
  }
  if (settingsChanged) return { transition, suppressedBy: 'settings-changed', reason: 'settings-changed' };
  if (isReplaced(kind, subjectState)) return { transition, suppressedBy: 'event', reason: 'fixed' };
  return { transition, suppressedBy: isUnreported ? 'flapping' : null, reason: 'fixed' };
}

/** Something worse holds in its place, or its end is worse: a disabled token that was enabled again. */
function isReplaced(kind: ConditionKind, subjectState: SubjectState): boolean {
  switch (kind) {
    case 'token-disabled-lingering':
      return subjectState === 'enabled';
    case 'owner-idle':
    case 'owner-deactivated':
    case 'owner-missing':
      return subjectState === 'deactivated' || subjectState === 'missing';
    default:
      return false;
  }
}

/** The same age may weigh more: another type of token has other thresholds. */
function isGraver(judged: JudgedCondition, open: JudgedCondition): boolean {
  return judged.severity !== open.severity && isAtLeast(judged.severity, open.severity);
}
