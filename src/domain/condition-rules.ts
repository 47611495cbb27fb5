import { type ConditionKind, conditionSeverity } from './finding-catalogue.ts';
import type { Severity } from './severity.ts';
import { ageInDays, isKnownTokenType, type KnownTokenType, type Token } from './token.ts';

export interface RuleSettings {
  /** Ascending thresholds in days for each type; an empty list switches the rule off. */
  staleAfterDays: Record<KnownTokenType, readonly number[]>;
}

/** A condition that holds now. `level` rises as it worsens; its unit is the kind's own. */
export interface JudgedCondition {
  kind: ConditionKind;
  level: number;
  severity: Severity;
}

/** Applies every rule to one token. A new kind of condition is added here and in the catalogue. */
export function judgeToken(token: Token, settings: RuleSettings, now: Date): JudgedCondition[] {
  return [judgeStale(token, settings, now), judgeType(token)].filter((judged) => judged !== null);
}

/**
 * An enabled token that is as old as a threshold or older; the level is the highest threshold it
 * reached, in days. `>=` and not a crossing: a missed day delays the finding and never skips it.
 * The first default follows CIS AWS Foundations 2.12 (rotate access keys within 90 days).
 */
function judgeStale(token: Token, settings: RuleSettings, now: Date): JudgedCondition | null {
  if (!token.enabled || !isKnownTokenType(token.type)) return null;
  const thresholds = settings.staleAfterDays[token.type];
  const rank = thresholds.findLastIndex((days) => ageInDays(token.createdAt, now) >= days);
  const level = thresholds[rank];
  if (level === undefined) return null;
  return { kind: 'token-stale', level, severity: conditionSeverity('token-stale', rank) };
}

function judgeType(token: Token): JudgedCondition | null {
  if (isKnownTokenType(token.type)) return null;
  return { kind: 'token-type-unknown', level: 0, severity: conditionSeverity('token-type-unknown', 0) };
}
