import { ageInDays, earliest } from '../time/duration.ts';
import type { ConditionKind, FindingKind } from './catalogue.ts';
import type { ConditionSubject, JudgedCondition, OwnerRule, Rule, TokenFacts, TokenRule } from './condition-rule.ts';
import type { Finding, KindWithFacts } from './finding.ts';
import type { FindingFacts } from './finding-facts.ts';
import type { Holding } from './owner.ts';
import { type OwnerRuleSettings, ownerRules } from './owner-rules.ts';
import { registerRules } from './register-rules.ts';
import { type TokenRuleSettings, tokenRules } from './token-rules.ts';

/** The settings of all rules. Each is declared next to the rules that use it. */
export type RuleSettings = TokenRuleSettings & OwnerRuleSettings;

/** What the rules found. `undecided`: kinds that cannot be judged now, so they neither open nor resolve. */
export interface Verdict {
  judged: JudgedCondition[];
  undecided: ConditionKind[];
}

type TokenConditionKind = keyof typeof tokenRules | keyof typeof registerRules;

const rulesOfTokens: { [Kind in TokenConditionKind]: TokenRule<Kind, RuleSettings> } = {
  ...tokenRules,
  ...registerRules,
};
const rulesOfOwners: { [Kind in keyof typeof ownerRules]: OwnerRule<Kind, RuleSettings> } = ownerRules;

/** The kinds of conditions that only a register can have. */
export const registerKinds = Object.keys(registerRules) as (keyof typeof registerRules)[];

/** The rules together with the settings of this process. */
export interface Judge {
  /** Returns what the rules find about a token. */
  token(facts: TokenFacts, now: Date): JudgedCondition[];
  /** Returns the first instant after `now` at which the verdict on an unchanged token differs; null if time changes nothing. */
  nextChangeAt(facts: TokenFacts, now: Date): Date | null;
  /** Returns what the rules find about an owner. */
  owner(holding: Holding, now: Date): Verdict;
  /** The settings of each kind that has any, as text. Equal settings give equal text. */
  readonly fingerprint: string;
}

export function createJudge(settings: RuleSettings): Judge {
  const rules: [string, Rule<RuleSettings>][] = Object.entries({ ...rulesOfTokens, ...rulesOfOwners });
  return {
    token: (facts, now) =>
      Object.values(rulesOfTokens)
        .map(({ judge }) => judge(facts, settings, now))
        .filter((judged) => judged !== null),
    nextChangeAt: (facts, now) =>
      earliest(Object.values(rulesOfTokens).map((rule) => rule.nextChangeAt?.(facts, settings, now) ?? null)),
    owner(holding, now) {
      const verdict: Verdict = { judged: [], undecided: [] };
      for (const [kind, { judge }] of Object.entries(rulesOfOwners)) {
        const judged = judge(holding, settings, now);
        if (judged === 'undecided') verdict.undecided.push(kind as ConditionKind);
        else if (judged !== null) verdict.judged.push(judged);
      }
      return verdict;
    },
    fingerprint: JSON.stringify(
      Object.fromEntries(rules.flatMap(([kind, rule]) => (rule.settings ? [[kind, rule.settings(settings)]] : []))),
    ),
  };
}

/**
 * Returns the kinds whose settings differ between two fingerprints. Transitions of these kinds may come from
 * the settings, so they are suppressed. A kind that the earlier run did not know is not returned, so that its
 * findings are reported.
 *
 * @param earlier null if there is no earlier run.
 */
export function changedKinds(earlier: string | null, current: string): ReadonlySet<ConditionKind> {
  const [before, now]: Record<string, unknown>[] = [JSON.parse(earlier ?? '{}'), JSON.parse(current)];
  const changed = Object.keys(before ?? {}).filter(
    (kind) => JSON.stringify(before?.[kind]) !== JSON.stringify(now?.[kind]),
  );
  return new Set(changed as ConditionKind[]);
}

/** Returns whether changed settings can have led to this verdict; `level` is null if the condition no longer holds. */
export function settingsMayCause(kind: ConditionKind, level: number | null): boolean {
  const rule: Rule<RuleSettings> = isTokenCondition(kind) ? rulesOfTokens[kind] : rulesOfOwners[kind];
  return level === null || !rule.isFixed?.(level);
}

/** Returns the organisation's own mail domains by the settings of a run; null if that run had none. */
export function ownerDomainsOf(fingerprint: string | null): readonly string[] | null {
  const settings: { 'owner-external'?: OwnerRuleSettings['ownerDomains'] } = JSON.parse(fingerprint ?? '{}');
  return settings['owner-external'] ?? null;
}

/** Returns the facts of a finding about a condition at that level, as of `now`. */
export function conditionFacts(
  kind: ConditionKind,
  level: number,
  about: ConditionSubject,
  now: Date,
): KindWithFacts<ConditionKind> {
  if (about.kind === 'token') {
    if (isTokenCondition(kind)) return rulesOfTokens[kind].facts(about, level, now);
  } else if (!isTokenCondition(kind)) {
    const { owner, tokenCount, tokens } = about;
    return rulesOfOwners[kind].facts({ owner, tokenCount, tokens }, level, now);
  }
  throw new Error(`the condition ${kind} cannot have the subject type ${about.kind}`);
}

/** Kinds whose facts change with time. */
type AgingKind = {
  [Kind in ConditionKind & keyof FindingFacts]: 'ageDays' extends keyof FindingFacts[Kind] ? Kind : never;
}[ConditionKind & keyof FindingFacts];

/** Returns a finding with its ages as of a later instant. Nothing else about it may have changed since. */
export function findingAsOf(finding: Finding, now: Date): Finding {
  if (finding.detail === null) return finding;
  switch (finding.kind) {
    case 'token-stale': {
      const { token, detail } = finding;
      return token === null ? finding : { ...finding, detail: { ...detail, ageDays: ageInDays(token.createdAt, now) } };
    }
    case 'token-disabled-lingering': {
      const { detail } = finding;
      return { ...finding, detail: { ...detail, ageDays: ageInDays(detail.since, now) } };
    }
    case 'review-overdue': {
      const { detail } = finding;
      return { ...finding, detail: { ...detail, ageDays: ageInDays(detail.since, now) } };
    }
    case 'revocation-pending': {
      const { detail } = finding;
      return { ...finding, detail: { ...detail, ageDays: ageInDays(detail.since, now) } };
    }
    case 'owner-idle': {
      const { detail } = finding;
      const { lastLogin } = detail.owner;
      return lastLogin === null ? finding : { ...finding, detail: { ...detail, ageDays: ageInDays(lastLogin, now) } };
    }
    default:
      finding.kind satisfies Exclude<FindingKind, AgingKind>;
      return finding;
  }
}

function isTokenCondition(kind: ConditionKind): kind is TokenConditionKind {
  return kind in rulesOfTokens;
}
