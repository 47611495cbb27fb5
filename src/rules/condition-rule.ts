import { type ConditionKind, conditionSeverity } from './catalogue.ts';
import type { FindingDetail, FindingOwner, HeldToken } from './finding.ts';
import type { Holding } from './owner.ts';
import type { Severity } from './severity.ts';
import type { KnownTokenType, Token } from './token.ts';

/** What operators set. Zero, an empty list or null switches a rule off. */
export interface RuleSettings {
  /** Ascending thresholds in days for each type. */
  staleAfterDays: Record<KnownTokenType, readonly number[]>;
  disabledAfterDays: number;
  ownerIdleDays: number;
}

/** A condition that holds now. `level` rises as it worsens; its unit is the kind's own. */
export interface JudgedCondition {
  kind: ConditionKind;
  level: number;
  severity: Severity;
}

/** A token and what the history knows of it. */
export interface TokenFacts {
  token: Token;
  /** Start of the run that first saw it disabled, UTC ISO-8601; null while it is enabled. */
  disabledSince: string | null;
}

/** What a condition is about: a token, or an owner with what it holds. */
export type ConditionSubject =
  | ({ kind: 'token' } & TokenFacts)
  | { kind: 'owner'; owner: FindingOwner; tokenCount: number; tokens: HeldToken[] };

/** What the age of a token is counted from. */
export type AgeFrom = 'createdAt' | 'disabledSince';

/** All that is particular to a kind of condition, but its words, which the catalogue has. */
interface Rule {
  /** The settings by which it judges; none: it judges all alike. What changes with them is no news. */
  settings?(settings: RuleSettings): unknown;
}

/** A rule that begins to judge unchanged tokens otherwise must change its settings, too. */
export interface TokenRule extends Rule {
  judge(facts: TokenFacts, settings: RuleSettings, now: Date): JudgedCondition | null;
  /** The ages, in days, at which an unchanged token is judged otherwise; none: only a change of the token does that. */
  turnsAt?: { from: AgeFrom; days(settings: RuleSettings): readonly number[] };
  /** What a finding says of the token at that level, as of `now`. */
  detail?(facts: TokenFacts, level: number, now: Date): FindingDetail;
}

export interface OwnerRule extends Rule {
  /** `undecided` where the owner is known, but not what the rule asks for. */
  judge(holding: Holding, settings: RuleSettings, now: Date): JudgedCondition | 'undecided' | null;
  /** What a finding says besides who the owner is and what it holds. */
  detail?(owner: FindingOwner, level: number, now: Date): FindingDetail;
}

/** A condition of one severity; its level is what it worsens by, if anything. */
export function simple(kind: ConditionKind, level = 0): JudgedCondition {
  return { kind, level, severity: conditionSeverity(kind, 0) };
}
