import { type ConditionKind, conditionSeverity } from './finding-catalogue.ts';
import type { Holding } from './owner.ts';
import type { Severity } from './severity.ts';
import { ageInDays, isKnownTokenType, type KnownTokenType, msPerDay, type Token } from './token.ts';

/** What operators set. Zero, an empty list or null switches a rule off. */
export interface RuleSettings {
  /** Ascending thresholds in days for each type. */
  staleAfterDays: Record<KnownTokenType, readonly number[]>;
  disabledAfterDays: number;
  ownerIdleDays: number;
  ownerTokenLimit: number;
  /** The source of a regular expression (flag `u`) that the names of organization keys match. */
  namePattern: string | null;
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

/** `undecided`: what cannot be judged now, so that it neither opens nor resolves. */
export interface Verdict {
  judged: JudgedCondition[];
  undecided: ConditionKind[];
}

/** What the age of a token is counted from. */
type AgeFrom = 'createdAt' | 'disabledSince';

interface TokenRule {
  judge(facts: TokenFacts, settings: RuleSettings, now: Date): JudgedCondition | null;
  /** The ages, in days, at which an unchanged token is judged otherwise; none: only a change of the token does that. */
  turnsAt?: { from: AgeFrom; days(settings: RuleSettings): readonly number[] };
}

/** Tokens whose age began after the one instant, and up to the other, both UTC ISO-8601. */
export interface AgeWindow {
  from: AgeFrom;
  after: string;
  until: string;
}

/** `undecided` where the owner is known, but not what the rule asks for. */
type OwnerRule = (holding: Holding, settings: RuleSettings, now: Date) => JudgedCondition | 'undecided' | null;

const tokenRules = {
  'token-stale': {
    judge: judgeStale,
    turnsAt: { from: 'createdAt', days: ({ staleAfterDays }) => Object.values(staleAfterDays).flat() },
  },
  'token-disabled-lingering': {
    judge: judgeLingering,
    turnsAt: { from: 'disabledSince', days: ({ disabledAfterDays }) => [disabledAfterDays] },
  },
  'token-type-unknown': { judge: judgeType },
  'token-name-policy': { judge: judgeName },
} satisfies Partial<Record<ConditionKind, TokenRule>>;

const ownerRules = {
  'owner-deactivated': judgeDeactivated,
  'owner-missing': judgeMissing,
  'owner-idle': judgeIdle,
  'owner-many-tokens': judgeManyTokens,
} satisfies Record<Exclude<ConditionKind, keyof typeof tokenRules>, OwnerRule>;

/**
 * Applies every rule about a token. A new kind of condition is added to the table and to the catalogue.
 * A rule that begins to judge unchanged tokens otherwise must change the fingerprint of the settings, too.
 */
export function judgeToken(facts: TokenFacts, settings: RuleSettings, now: Date): JudgedCondition[] {
  return Object.values(tokenRules)
    .map(({ judge }) => judge(facts, settings, now))
    .filter((judged) => judged !== null);
}

/**
 * Which tokens come into another age, as the rules see it, between two instants. All others are
 * judged at both alike, as long as they and the settings stay the same.
 */
export function agingBetween(settings: RuleSettings, before: Date, now: Date): AgeWindow[] {
  const rules: TokenRule[] = Object.values(tokenRules);
  return rules.flatMap(({ turnsAt }) => {
    if (turnsAt === undefined) return [];
    const ago = (instant: Date, days: number): string => new Date(instant.getTime() - days * msPerDay).toISOString();
    return [...new Set(turnsAt.days(settings))].map((days) => ({
      from: turnsAt.from,
      after: ago(before, days),
      until: ago(now, days),
    }));
  });
}

/** Applies every rule about the owner of tokens. Nothing is decided about one that was not learned. */
export function judgeOwner(holding: Holding, settings: RuleSettings, now: Date): Verdict {
  const verdict: Verdict = { judged: [], undecided: [] };
  for (const [kind, rule] of Object.entries(ownerRules) as [keyof typeof ownerRules, OwnerRule][]) {
    const judged = holding.owner === null ? 'undecided' : rule(holding, settings, now);
    if (judged === 'undecided') verdict.undecided.push(kind);
    else if (judged !== null) verdict.judged.push(judged);
  }
  return verdict;
}

/**
 * An enabled token that is as old as a threshold or older; the level is the highest threshold it
 * reached, in days. `>=` and not a crossing: a missed day delays the finding and never skips it.
 * The first default follows CIS AWS Foundations 2.12 (rotate access keys within 90 days).
 */
function judgeStale({ token }: TokenFacts, settings: RuleSettings, now: Date): JudgedCondition | null {
  if (!token.enabled || !isKnownTokenType(token.type)) return null;
  const thresholds = settings.staleAfterDays[token.type];
  const rank = thresholds.findLastIndex((days) => ageInDays(token.createdAt, now) >= days);
  const level = thresholds[rank];
  if (level === undefined) return null;
  return { kind: 'token-stale', level, severity: conditionSeverity('token-stale', rank) };
}

/** Omni does not say when a token was disabled: counted from the first audit that saw it so. */
function judgeLingering(
  { disabledSince }: TokenFacts,
  { disabledAfterDays }: RuleSettings,
  now: Date,
): JudgedCondition | null {
  if (disabledSince === null || disabledAfterDays === 0) return null;
  if (ageInDays(disabledSince, now) < disabledAfterDays) return null;
  return simple('token-disabled-lingering', disabledAfterDays);
}

function judgeType({ token }: TokenFacts): JudgedCondition | null {
  return isKnownTokenType(token.type) ? null : simple('token-type-unknown');
}

/**
 * Longer names are judged by their beginning: whoever names a key must not keep a pattern busy. What
 * could take exponential time is refused with the setting.
 */
const longestJudgedName = 200;

/** Only keys of the organisation: the record does not say who made them, so that the name has to. */
function judgeName({ token }: TokenFacts, { namePattern }: RuleSettings): JudgedCondition | null {
  if (namePattern === null || token.type !== 'organization') return null;
  const fits = new RegExp(namePattern, 'u').test(token.name.slice(0, longestJudgedName));
  return fits ? null : simple('token-name-policy');
}

/**
 * PCI DSS 8.2.5 and OWASP NHI1: access of those who left ends at once. The level is the number of
 * tokens: one more of them is worse, whoever accepted the others.
 */
function judgeDeactivated({ owner, tokenCount }: Holding): JudgedCondition | null {
  return owner?.state === 'deactivated' ? simple('owner-deactivated', tokenCount) : null;
}

function judgeMissing({ owner, tokenCount }: Holding): JudgedCondition | null {
  return owner?.state === 'missing' ? simple('owner-missing', tokenCount) : null;
}

/** The last log-in is a proxy: a token may be busy while its owner is not. */
function judgeIdle(
  { owner }: Holding,
  { ownerIdleDays }: RuleSettings,
  now: Date,
): JudgedCondition | 'undecided' | null {
  if (owner?.state !== 'active' || ownerIdleDays === 0) return null;
  if (owner.lastLogin === null) return 'undecided';
  return ageInDays(owner.lastLogin, now) >= ownerIdleDays ? simple('owner-idle', ownerIdleDays) : null;
}

/** The level doubles: somebody who accepted 6 tokens hears of 60. */
function judgeManyTokens({ tokenCount }: Holding, { ownerTokenLimit }: RuleSettings): JudgedCondition | null {
  if (ownerTokenLimit === 0 || tokenCount <= ownerTokenLimit) return null;
  const doublings = Math.floor(Math.log2((tokenCount - 1) / ownerTokenLimit));
  return simple('owner-many-tokens', ownerTokenLimit * 2 ** doublings);
}

/** A condition of one severity; its level is what it worsens by, if anything. */
function simple(kind: ConditionKind, level = 0): JudgedCondition {
  return { kind, level, severity: conditionSeverity(kind, 0) };
}
