import { ageInDays, firstAfter } from '../time/duration.ts';
import { type ConditionKind, conditionSeverity } from './catalogue.ts';
import { createCondition, type JudgedCondition, type TokenFacts, type TokenRule } from './condition-rule.ts';
import { isKnownTokenType, type KnownTokenType, type Token } from './token.ts';

/** The settings of the rules about tokens. */
export interface TokenRuleSettings {
  /** Thresholds for each type, in days, ascending. If a type has none, its tokens are never stale. */
  staleAfterDays: Record<KnownTokenType, readonly number[]>;
  /** Days after which a disabled token lingers; 0 turns the rule off. */
  disabledAfterDays: number;
}

/** The rules about tokens, by kind of condition. */
export const tokenRules = {
  'token-stale': {
    judge: judgeStale,
    settings: ({ staleAfterDays }) => staleAfterDays,
    nextChangeAt: ({ token }, settings, now) => firstAfter(now, token.createdAt, staleThresholds(token, settings)),
    facts: ({ token }, level, now) => ({
      kind: 'token-stale',
      detail: { ageDays: ageInDays(token.createdAt, now), thresholdDays: level },
    }),
  },
  'token-disabled-lingering': {
    judge: judgeLingering,
    settings: ({ disabledAfterDays }) => disabledAfterDays,
    nextChangeAt: ({ disabledSince }, { disabledAfterDays }, now) =>
      disabledSince === null || disabledAfterDays === 0 ? null : firstAfter(now, disabledSince, [disabledAfterDays]),
    facts: ({ token, disabledSince: since }, level, now) => {
      if (since === null) throw new Error(`token ${token.id} is enabled, so it cannot have been disabled for long`);
      const detail = { since, ageDays: ageInDays(since, now), thresholdDays: level };
      return { kind: 'token-disabled-lingering', detail };
    },
  },
  'token-type-unknown': { judge: judgeType, facts: () => ({ kind: 'token-type-unknown', detail: {} }) },
} satisfies { [Kind in ConditionKind]?: TokenRule<Kind, TokenRuleSettings> };

/**
 * Finds an enabled token that has reached a threshold. The level is the highest one reached, in days. The rule
 * compares ages, so a day without an audit delays the finding but never skips it. The first default follows CIS AWS
 * Foundations 2.12 (rotate access keys within 90 days).
 */
function judgeStale({ token }: TokenFacts, settings: TokenRuleSettings, now: Date): JudgedCondition | null {
  const thresholds = staleThresholds(token, settings);
  const rank = thresholds.findLastIndex((days) => ageInDays(token.createdAt, now) >= days);
  const level = thresholds[rank];
  if (level === undefined) return null;
  return { kind: 'token-stale', level, severity: conditionSeverity('token-stale', rank) };
}

/** Returns the thresholds of a token in days, ascending; none if it cannot be stale. */
function staleThresholds({ enabled, type }: Token, { staleAfterDays }: TokenRuleSettings): readonly number[] {
  return enabled && isKnownTokenType(type) ? staleAfterDays[type] : [];
}

/** Omni does not say when a token was disabled, so the time counts from the first audit that saw it disabled. */
function judgeLingering({ disabledSince }: TokenFacts, settings: TokenRuleSettings, now: Date): JudgedCondition | null {
  const { disabledAfterDays } = settings;
  if (disabledSince === null || disabledAfterDays === 0) return null;
  if (ageInDays(disabledSince, now) < disabledAfterDays) return null;
  return createCondition('token-disabled-lingering', disabledAfterDays);
}

function judgeType({ token }: TokenFacts): JudgedCondition | null {
  return isKnownTokenType(token.type) ? null : createCondition('token-type-unknown');
}
