import { msPerDay } from '../time/duration.ts';
import type { ConditionKind } from './catalogue.ts';
import type { JudgedCondition } from './condition-rule.ts';
import type { ResolvedReason, Suppression, Transition } from './finding.ts';
import type { Verdict } from './judge.ts';
import type { OwnerState } from './owner.ts';
import { isAtLeast } from './severity.ts';

/** A condition that has not been resolved. */
export interface OpenInterval extends JudgedCondition {
  id: number;
  /** It reopened, but the report was suppressed (flapping), and no mail has reported it since. */
  isUnreported: boolean;
}

/** What is open and what the rules find, for one kind of condition and one subject. At most one of them is null. */
export interface ConditionDifference {
  kind: ConditionKind;
  open: OpenInterval | null;
  judged: JudgedCondition | null;
}

/** What the history knows about one kind of condition of one subject. */
export interface ConditionPast {
  /** The condition was open before and was resolved. */
  hadEarlierInterval: boolean;
  /** Start of the run that last reported a transition; null if none did or if there was no earlier interval. */
  lastReportedAt: string | null;
}

/** The current state of a token or an owner. An owner is `removed` when it has no tokens left. */
export type SubjectState = 'enabled' | 'disabled' | OwnerState | 'removed';

export interface TransitionContext {
  past: ConditionPast;
  subjectState: SubjectState;
  /** The settings of the rule differ from those of the last complete run, so they may be the cause of the transition. */
  settingsChanged: boolean;
  now: Date;
}

export interface TransitionDecision {
  transition: Exclude<Transition, 'event' | 'expired'>;
  /** null if the transition is reported. */
  suppressedBy: Suppression | null;
  /** Only for `resolved`. */
  reason: ResolvedReason | null;
}

/** Returns how a verdict differs from the open conditions of its subject. Unreported conditions are always included. */
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

/** Decides the transition of a condition and whether a mail reports it. Returns null if there is no transition. */
export function decideTransition(
  { kind, open, judged }: ConditionDifference,
  context: TransitionContext,
): TransitionDecision | null {
  const suppressedBy = context.settingsChanged ? 'settings-changed' : null;
  if (judged === null) return resolution(kind, open?.isUnreported ?? false, context);
  if (open === null) return opening(judged, context, suppressedBy);
  if (judged.level > open.level || isMoreSevere(judged, open)) {
    return { transition: 'escalated', suppressedBy, reason: null };
  }
  if (judged.level < open.level || judged.severity !== open.severity) {
    return { transition: 'eased', suppressedBy: suppressedBy ?? 'eased', reason: null };
  }
  if (!open.isUnreported || isFlapping(judged, context)) return null;
  return { transition: 'reopened', suppressedBy: null, reason: null };
}

/** Returns whether a suppressed reopening must still be reported after a decision. */
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

/** Returns the earliest instant at which a suppressed reopening can be reported. */
export function reportableFrom({ lastReportedAt }: ConditionPast): Date {
  return new Date(lastReportedAt === null ? 0 : Date.parse(lastReportedAt) + msPerDay);
}

function opening(
  judged: JudgedCondition,
  context: TransitionContext,
  suppressedBy: Suppression | null,
): TransitionDecision {
  if (!context.past.hadEarlierInterval) return { transition: 'opened', suppressedBy, reason: null };
  const flapping = isFlapping(judged, context) ? 'flapping' : null;
  return { transition: 'reopened', suppressedBy: suppressedBy ?? flapping, reason: null };
}

/** A condition that comes and goes is reported at most once a day, unless it is critical. */
function isFlapping({ severity }: JudgedCondition, { past, now }: TransitionContext): boolean {
  const sinceReport = now.getTime() - Date.parse(past.lastReportedAt ?? '');
  return severity !== 'critical' && sinceReport < msPerDay;
}

function resolution(
  kind: ConditionKind,
  isUnreported: boolean,
  { subjectState, settingsChanged }: TransitionContext,
): TransitionDecision {
  const transition = 'resolved';
  // An event already reports the removal or the disabling. It would be misleading to report the token as no longer stale.
  if (subjectState === 'removed') return { transition, suppressedBy: 'event', reason: 'token-removed' };
  if (subjectState === 'disabled' && kind === 'token-stale') {
    return { transition, suppressedBy: 'event', reason: 'token-disabled' };
  }
  if (settingsChanged) return { transition, suppressedBy: 'settings-changed', reason: 'settings-changed' };
  if (isReplaced(kind, subjectState)) return { transition, suppressedBy: 'event', reason: 'fixed' };
  return { transition, suppressedBy: isUnreported ? 'flapping' : null, reason: 'fixed' };
}

/** Returns whether something worse is reported instead: a worse condition of the owner, or a token that was enabled again. */
function isReplaced(kind: ConditionKind, subjectState: SubjectState): boolean {
  switch (kind) {
    case 'token-disabled-lingering':
      return subjectState === 'enabled';
    case 'owner-external':
      return subjectState === 'missing';
    case 'owner-idle':
    case 'owner-deactivated':
    case 'owner-missing':
      return subjectState === 'deactivated' || subjectState === 'missing';
    default:
      return false;
  }
}

/** The severity can rise while the level stays the same: if a token changes type, the new type may have different thresholds. */
function isMoreSevere(judged: JudgedCondition, open: JudgedCondition): boolean {
  return judged.severity !== open.severity && isAtLeast(judged.severity, open.severity);
}
