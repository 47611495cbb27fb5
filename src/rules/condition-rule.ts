import { type ConditionKind, conditionSeverity } from './catalogue.ts';
import type { KindWithFacts } from './finding.ts';
import type { OwnerFacts } from './finding-facts.ts';
import type { Holding } from './owner.ts';
import type { RegisterFacts } from './register.ts';
import type { Severity } from './severity.ts';
import type { Token } from './token.ts';

/** A condition that a rule found. `level` rises as it gets worse; its unit depends on the kind. */
export interface JudgedCondition {
  kind: ConditionKind;
  level: number;
  severity: Severity;
}

/** A token and what the history knows about it. */
export interface TokenFacts {
  token: Token;
  /** Start of the run that first saw it disabled, in UTC as ISO 8601; null while it is enabled. */
  disabledSince: string | null;
  /** What the register says about it; null if no register is in effect. */
  register: RegisterFacts | null;
}

/** The subject of a condition: a token, or an owner with its tokens. */
export type ConditionSubject = ({ kind: 'token' } & TokenFacts) | ({ kind: 'owner' } & OwnerFacts);

/** Everything specific to one kind of condition except its wording (see the catalogue and digest/wording.ts). */
export interface Rule<Settings> {
  /** Returns the settings that the rule depends on. When they change, the transitions that result are suppressed. */
  settings?(settings: Settings): unknown;
  /** Returns whether a condition reaches this level whatever the settings are. Missing: none does. */
  isFixed?(level: number): boolean;
}

/** A rule about a token. If a new version of a rule judges unchanged tokens differently, its settings must change too. */
export interface TokenRule<Kind extends ConditionKind, Settings> extends Rule<Settings> {
  judge(facts: TokenFacts, settings: Settings, now: Date): JudgedCondition | null;
  /** Returns the first instant after `now` at which the verdict on an unchanged token differs; null if time changes nothing. */
  nextChangeAt?(facts: TokenFacts, settings: Settings, now: Date): Date | null;
  /** Returns the facts of a finding about the token at that level, as of `now`. */
  facts(about: TokenFacts, level: number, now: Date): KindWithFacts<Kind>;
}

/** A rule about an owner. */
export interface OwnerRule<Kind extends ConditionKind, Settings> extends Rule<Settings> {
  /** Returns `undecided` if the owner is known but a fact that the rule needs is not. */
  judge(holding: Holding, settings: Settings, now: Date): JudgedCondition | 'undecided' | null;
  /** Returns the facts of a finding about the owner at that level, as of `now`. */
  facts(about: OwnerFacts, level: number, now: Date): KindWithFacts<Kind>;
}

/** Creates a condition of a kind that has only one severity. Without a level it never escalates. */
export function createCondition(kind: ConditionKind, level = 0): JudgedCondition {
  return { kind, level, severity: conditionSeverity(kind, 0) };
}
