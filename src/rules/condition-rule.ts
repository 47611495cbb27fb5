import { type ConditionKind, conditionSeverity, type OwnerFacts } from './catalogue.ts';
import type { KindWithFacts } from './finding.ts';
import type { Holding } from './owner.ts';
import type { Severity } from './severity.ts';
import type { Token } from './token.ts';

/** A condition that a rule finds. `level` rises as it gets worse; its unit depends on the kind. */
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

/** What a condition is about: a token, or an owner with its tokens. */
export type ConditionSubject = ({ kind: 'token' } & TokenFacts) | ({ kind: 'owner' } & OwnerFacts);

/** Everything specific to one kind of condition except its words (see the catalogue and digest/wording.ts). */
export interface Rule<Settings> {
  /** The settings that it depends on; none: it has none. A difference that comes from them is suppressed. */
  settings?(settings: Settings): unknown;
}

/** A rule that begins to judge unchanged tokens otherwise must change its settings, too. */
export interface TokenRule<Kind extends ConditionKind, Settings> extends Rule<Settings> {
  judge(facts: TokenFacts, settings: Settings, now: Date): JudgedCondition | null;
  /** The first instant after `now` at which it judges an unchanged token otherwise; null or none: time alone does not. */
  nextChangeAt?(facts: TokenFacts, settings: Settings, now: Date): Date | null;
  /** The facts of a finding about the token at that level, as of `now`. */
  facts(about: TokenFacts, level: number, now: Date): KindWithFacts<Kind>;
}

export interface OwnerRule<Kind extends ConditionKind, Settings> extends Rule<Settings> {
  /** `undecided` where the owner is known, but not what the rule asks for. */
  judge(holding: Holding, settings: Settings, now: Date): JudgedCondition | 'undecided' | null;
  /** The facts of a finding about the owner at that level, as of `now`. */
  facts(about: OwnerFacts, level: number, now: Date): KindWithFacts<Kind>;
}

/** A condition of one severity; its level is what it worsens by, if anything. */
export function simple(kind: ConditionKind, level = 0): JudgedCondition {
  return { kind, level, severity: conditionSeverity(kind, 0) };
}
