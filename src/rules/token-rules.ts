import { ageInDays, msPerDay } from '../time/duration.ts';
import { type ConditionKind, conditionSeverity } from './catalogue.ts';
import { type JudgedCondition, simple, type TokenFacts, type TokenRule } from './condition-rule.ts';
import { isKnownTokenType, type KnownTokenType, type Token } from './token.ts';

/** What operators set. */
export interface TokenRuleSettings {
  /** Ascending thresholds in days for each type; none: never stale. */
  staleAfterDays: Record<KnownTokenType, readonly number[]>;
  /** 0: never. */
  disabledAfterDays: number;
}

/** The rules about a token, one for each kind of condition. */
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
      if (since === null) throw new Error(`token ${token.id} is enabled, so it has not been disabled for long`);
      const detail = { since, ageDays: ageInDays(since, now), thresholdDays: level };
      return { kind: 'token-disabled-lingering', detail };
    },
  },
  'token-type-unknown': { judge: judgeType, facts: () => ({ kind: 'token-type-unknown', detail: {} }) },
} satisfies { [Kind in ConditionKind]?: TokenRule<Kind, TokenRuleSettings> };

/**
 * An enabled token that is as old as a threshold or older; the level is the highest threshold it
 * reached, in days. `>=` and not a crossing: a missed day delays the finding and never skips it.
 * The first default follows CIS AWS Foundations 2.12 (rotate access keys within 90 days).
 */
function judgeStale({ token }: TokenFacts, settings: TokenRuleSettings, now: Date): JudgedCondition | null {
  const thresholds = staleThresholds(token, settings);
  const rank = thresholds.findLastIndex((days) => ageInDays(token.createdAt, now) >= days);
  const level = thresholds[rank];
  if (level === undefined) return null;
  return { kind: 'token-stale', level, severity: conditionSeverity('token-stale', rank) };
}

/** In days, ascending; none where the token cannot be stale. */
function staleThresholds({ enabled, type }: Token, { staleAfterDays }: TokenRuleSettings): readonly number[] {
  return enabled && isKnownTokenType(type) ? staleAfterDays[type] : [];
}

/** Omni does not say when a token was disabled: counted from the first audit that saw it so. */
function judgeLingering({ disabledSince }: TokenFacts, settings: TokenRuleSettings, now: Date): JudgedCondition | null {
  const { disabledAfterDays } = settings;
  if (disabledSince === null || disabledAfterDays === 0) return null;
  if (ageInDays(disabledSince, now) < disabledAfterDays) return null;
  return simple('token-disabled-lingering', disabledAfterDays);
}

function judgeType({ token }: TokenFacts): JudgedCondition | null {
  return isKnownTokenType(token.type) ? null : simple('token-type-unknown');
}

/** The first instant after `now` that lies one of these numbers of days, ascending, after `since`; null: there is none. */
function firstAfter(now: Date, since: string, days: readonly number[]): Date | null {
  const sinceMs = Date.parse(since);
  const next = days.find((count) => sinceMs + count * msPerDay > now.getTime());
  return next === undefined ? null : new Date(sinceMs + next * msPerDay);
}
