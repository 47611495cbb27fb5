import { msPerDay } from '../time/duration.ts';
import { type ConditionKind, isConditionKind } from './catalogue.ts';
import type {
  AgeFrom,
  ConditionSubject,
  JudgedCondition,
  OwnerRule,
  RuleSettings,
  TokenFacts,
  TokenRule,
} from './condition-rule.ts';
import type { Finding, FindingDetail } from './finding.ts';
import type { Holding } from './owner.ts';
import { ownerRules } from './owner-rules.ts';
import { tokenRules } from './token-rules.ts';

/** `undecided`: what cannot be judged now, so that it neither opens nor resolves. */
export interface Verdict {
  judged: JudgedCondition[];
  undecided: ConditionKind[];
}

/** Tokens whose age began after the one instant, and up to the other, both UTC ISO-8601. */
export interface AgeWindow {
  from: AgeFrom;
  after: string;
  until: string;
}

const rulesOfTokens: Partial<Record<ConditionKind, TokenRule>> = tokenRules;
const rulesOfOwners: Partial<Record<ConditionKind, OwnerRule>> = ownerRules;

/** Applies every rule about a token. */
export function judgeToken(facts: TokenFacts, settings: RuleSettings, now: Date): JudgedCondition[] {
  return Object.values(rulesOfTokens)
    .map(({ judge }) => judge(facts, settings, now))
    .filter((judged) => judged !== null);
}

/**
 * Which tokens come into another age, as the rules see it, between two instants. All others are
 * judged at both alike, as long as they and the settings stay the same.
 */
export function agingBetween(settings: RuleSettings, before: Date, now: Date): AgeWindow[] {
  return Object.values(rulesOfTokens).flatMap(({ turnsAt }) => {
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
  for (const [kind, { judge }] of Object.entries(rulesOfOwners) as [ConditionKind, OwnerRule][]) {
    const judged = holding.owner === null ? 'undecided' : judge(holding, settings, now);
    if (judged === 'undecided') verdict.undecided.push(kind);
    else if (judged !== null) verdict.judged.push(judged);
  }
  return verdict;
}

/** The settings by which each kind is judged; kinds that do not depend on any are left out. */
export function settingsByKind(settings: RuleSettings): Record<string, unknown> {
  const rules = Object.entries({ ...rulesOfTokens, ...rulesOfOwners });
  return Object.fromEntries(rules.flatMap(([kind, rule]) => (rule.settings ? [[kind, rule.settings(settings)]] : [])));
}

/** What a finding says of its condition at `level`, as of `now`. `about` null: nothing is known of its subject any more. */
export function conditionDetail(
  kind: ConditionKind,
  level: number,
  about: ConditionSubject | null,
  now: Date,
): FindingDetail {
  if (about === null) return {};
  if (about.kind === 'token') return rulesOfTokens[kind]?.detail?.(about, level, now) ?? {};
  const { owner, tokenCount, tokens } = about;
  return { owner, tokenCount, tokens, ...rulesOfOwners[kind]?.detail?.(owner, level, now) };
}

/** The detail of a journalled transition as of a later instant, up to which nothing but time went on: ages are those of then. */
export function detailAsOf({ kind, token, detail }: Finding, now: Date): FindingDetail {
  if (!isConditionKind(kind)) return detail;
  const level = detail.thresholdDays ?? 0;
  if (token !== null) {
    const about = { token: { ...token, enabled: detail.since === undefined }, disabledSince: detail.since ?? null };
    return { ...detail, ...rulesOfTokens[kind]?.detail?.(about, level, now) };
  }
  return detail.owner === undefined
    ? detail
    : { ...detail, ...rulesOfOwners[kind]?.detail?.(detail.owner, level, now) };
}
