import type { FindingTurn, ResolvedReason, Silence } from './finding.ts';
import type { ConditionKind } from './finding-catalogue.ts';
import type { OwnerState } from './owner.ts';
import { isAtLeast, type Severity } from './severity.ts';
import { msPerDay } from './time.ts';

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
  /** Since any turn of the same condition was last told; null: none ever was. */
  msSinceTold: number | null;
  subjectState: SubjectState;
}

export interface ConditionTurn {
  turn: Exclude<FindingTurn, 'event' | 'lapsed'>;
  /** null: the turn is told. */
  silence: Silence | null;
  /** Only for `resolved`. */
  reason: ResolvedReason | null;
}

/**
 * Decides what becomes of a condition and whether readers hear of it; null: nothing yet.
 * `settingsChanged`: the settings of its rule differ from those of the last complete run, so a
 * difference may come from them and is no news.
 */
export function conditionTurn(difference: ConditionDifference, settingsChanged: boolean): ConditionTurn | null {
  const { standingLevel, judgedLevel, isHeldBack } = difference;
  const silence = settingsChanged ? 'settings-changed' : null;
  if (judgedLevel === null) return resolution(difference, settingsChanged);
  if (standingLevel === null) return opening(difference, silence);
  if (judgedLevel > standingLevel || isGraver(difference)) return { turn: 'worsened', silence, reason: null };
  if (judgedLevel < standingLevel || difference.judgedSeverity !== difference.standingSeverity) {
    return { turn: 'eased', silence: silence ?? 'eased', reason: null };
  }
  return isHeldBack && !isFlapping(difference) ? { turn: 'reopened', silence: null, reason: null } : null;
}

function opening(difference: ConditionDifference, silence: Silence | null): ConditionTurn {
  if (!difference.hadEarlierInterval) return { turn: 'opened', silence, reason: null };
  return { turn: 'reopened', silence: silence ?? (isFlapping(difference) ? 'flapping' : null), reason: null };
}

/** What comes and goes is told again after a day at the earliest, unless it is critical. */
function isFlapping({ msSinceTold, judgedSeverity }: ConditionDifference): boolean {
  if (msSinceTold === null || judgedSeverity === 'critical') return false;
  // Either way round: what was told in the future was told by a clock that has been set back since.
  return Math.abs(msSinceTold) < msPerDay;
}

function resolution(difference: ConditionDifference, settingsChanged: boolean): ConditionTurn {
  const turn = 'resolved';
  const { kind, subjectState, isHeldBack } = difference;
  // What happened to the token or its owner is the news; "no longer stale" would be false praise.
  if (subjectState === 'removed') return { turn, silence: 'said-by-event', reason: 'token-removed' };
  if (subjectState === 'disabled' && kind === 'token-stale')
    return { turn, silence: 'said-by-event', reason: 'token-disabled' };
  if (settingsChanged) return { turn, silence: 'settings-changed', reason: 'settings-changed' };
  if (isReplaced(kind, subjectState)) return { turn, silence: 'said-by-event', reason: 'fixed' };
  return { turn, silence: isHeldBack ? 'flapping' : null, reason: 'fixed' };
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
