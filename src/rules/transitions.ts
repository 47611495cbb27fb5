import { msPerDay } from '../time/duration.ts';
import type { ConditionKind } from './catalogue.ts';
import type { ResolvedReason, Suppression, Transition } from './finding.ts';
import type { OwnerState } from './owner.ts';
import { isAtLeast, type Severity } from './severity.ts';

/** What has become of a token or an owner. `removed`, of an owner: it holds no token any more. */
export type SubjectState = 'enabled' | 'disabled' | OwnerState | 'removed';

/** Where the rules' verdict of now differs from what stood until now, or what stands has not been told yet. */
export interface ConditionDifference {
  kind: ConditionKind;
  /** The level that stood; null when the condition was not open. */
  standingLevel: number | null;
  standingSeverity: Severity | null;
  /** The level that the rules find now; null when they find nothing. */
  judgedLevel: number | null;
  judgedSeverity: Severity | null;
  /** An earlier interval of the same condition was resolved before. */
  hadEarlierInterval: boolean;
  /** It came back so soon that this was not told yet. */
  isHeldBack: boolean;
  /** Since any transition of the same condition was last told; null: none ever was. */
  msSinceTold: number | null;
  subjectState: SubjectState;
}

export interface TransitionDecision {
  transition: Exclude<Transition, 'event' | 'expired'>;
  /** null: the transition is told. */
  suppressedBy: Suppression | null;
  /** Only for `resolved`. */
  reason: ResolvedReason | null;
}

/**
 * Decides what becomes of a condition and whether readers hear of it; null: nothing yet.
 * `settingsChanged`: the settings of its rule differ from those of the last complete run, so a
 * difference may come from them and is no news.
 */
export function decideTransition(difference: ConditionDifference, settingsChanged: boolean): TransitionDecision | null {
  const { standingLevel, judgedLevel, isHeldBack } = difference;
  const suppressedBy = settingsChanged ? 'settings-changed' : null;
  if (judgedLevel === null) return resolution(difference, settingsChanged);
  if (standingLevel === null) return opening(difference, suppressedBy);
  if (judgedLevel > standingLevel || isGraver(difference))
    return { transition: 'escalated', suppressedBy, reason: null };
  if (judgedLevel < standingLevel || difference.judgedSeverity !== difference.standingSeverity) {
    return { transition: 'eased', suppressedBy: suppressedBy ?? 'eased', reason: null };
  }
  return isHeldBack && !isFlapping(difference) ? { transition: 'reopened', suppressedBy: null, reason: null } : null;
}

function opening(difference: ConditionDifference, suppressedBy: Suppression | null): TransitionDecision {
  if (!difference.hadEarlierInterval) return { transition: 'opened', suppressedBy, reason: null };
  return {
    transition: 'reopened',
    suppressedBy: suppressedBy ?? (isFlapping(difference) ? 'flapping' : null),
    reason: null,
  };
}

/** What comes and goes is told again after a day at the earliest, unless it is critical. */
function isFlapping({ msSinceTold, judgedSeverity }: ConditionDifference): boolean {
  if (msSinceTold === null || judgedSeverity === 'critical') return false;
  // Either way round: what was told in the future was told by a clock that has been set back since.
  return Math.abs(msSinceTold) < msPerDay;
}

function resolution(difference: ConditionDifference, settingsChanged: boolean): TransitionDecision {
  const transition = 'resolved';
  const { kind, subjectState, isHeldBack } = difference;
  // What happened to the token or its owner is the news; "no longer stale" would be false praise.
  if (subjectState === 'removed') return { transition, suppressedBy: 'event', reason: 'token-removed' };
  if (subjectState === 'disabled' && kind === 'token-stale')
    return { transition, suppressedBy: 'event', reason: 'token-disabled' };
  if (settingsChanged) return { transition, suppressedBy: 'settings-changed', reason: 'settings-changed' };
  if (isReplaced(kind, subjectState)) return { transition, suppressedBy: 'event', reason: 'fixed' };
  return { transition, suppressedBy: isHeldBack ? 'flapping' : null, reason: 'fixed' };
}

/** Something worse holds in its place, or the end of it is worse: a disabled token that was enabled again. */
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
function isGraver({ standingSeverity, judgedSeverity }: ConditionDifference): boolean {
  if (standingSeverity === null || judgedSeverity === null) return false;
  return judgedSeverity !== standingSeverity && isAtLeast(judgedSeverity, standingSeverity);
}
