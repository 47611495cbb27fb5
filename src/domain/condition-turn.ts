import type { FindingTurn, ResolvedReason, Silence } from './finding.ts';
import type { ConditionKind } from './finding-catalogue.ts';
import { isAtLeast, type Severity } from './severity.ts';

/** Where the rules' verdict of now differs from what stood until now. */
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
  /** The token as it is listed now. */
  token: 'enabled' | 'disabled' | 'removed';
}

export interface ConditionTurn {
  turn: Exclude<FindingTurn, 'event'>;
  /** null: the turn is told. */
  silence: Silence | null;
  /** Only for `resolved`. */
  reason: ResolvedReason | null;
}

/**
 * Decides what becomes of a condition and whether readers hear of it. `rulesChanged`: the settings
 * differ from those of the last complete run, so a difference may come from them and is no news.
 */
export function conditionTurn(difference: ConditionDifference, rulesChanged: boolean): ConditionTurn {
  const { standingLevel, judgedLevel, hadEarlierInterval } = difference;
  const silence = rulesChanged ? 'settings-changed' : null;
  if (judgedLevel === null) return resolution(difference, rulesChanged);
  if (standingLevel === null) return { turn: hadEarlierInterval ? 'reopened' : 'opened', silence, reason: null };
  if (judgedLevel > standingLevel || isGraver(difference)) return { turn: 'worsened', silence, reason: null };
  return { turn: 'eased', silence: silence ?? 'eased', reason: null };
}

function resolution({ kind, token }: ConditionDifference, rulesChanged: boolean): ConditionTurn {
  // The event about the token (removed, disabled) is the news; "no longer stale" would be false praise.
  if (token === 'removed') return { turn: 'resolved', silence: 'said-by-event', reason: 'token-removed' };
  if (token === 'disabled' && kind === 'token-stale')
    return { turn: 'resolved', silence: 'said-by-event', reason: 'token-disabled' };
  if (rulesChanged) return { turn: 'resolved', silence: 'settings-changed', reason: 'settings-changed' };
  return { turn: 'resolved', silence: null, reason: 'fixed' };
}

/** The same age may weigh more: another type of token has other thresholds. */
function isGraver({ standingSeverity, judgedSeverity }: ConditionDifference): boolean {
  if (standingSeverity === null || judgedSeverity === null) return false;
  return judgedSeverity !== standingSeverity && isAtLeast(judgedSeverity, standingSeverity);
}
