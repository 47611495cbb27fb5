import { ageInDays, earliest } from '../time/duration.ts';
import type { ConditionKind, FindingFacts, FindingKind } from './catalogue.ts';
import type {
  ConditionSubject,
  JudgedCondition,
  OwnerRule,
  RuleSettings,
  TokenFacts,
  TokenRule,
} from './condition-rule.ts';
import type { Finding, KindWithFacts } from './finding.ts';
import type { Holding } from './owner.ts';
import { ownerRules } from './owner-rules.ts';
import { tokenRules } from './token-rules.ts';

/** `undecided`: what cannot be judged now, so that it neither opens nor resolves. */
export interface Verdict {
  judged: JudgedCondition[];
  undecided: ConditionKind[];
}

type TokenConditionKind = keyof typeof tokenRules;

const rulesOfTokens: { [Kind in TokenConditionKind]: TokenRule<Kind> } = tokenRules;
const rulesOfOwners: { [Kind in keyof typeof ownerRules]: OwnerRule<Kind> } = ownerRules;

/** Applies every rule about a token. */
export function judgeToken(facts: TokenFacts, settings: RuleSettings, now: Date): JudgedCondition[] {
  return Object.values(rulesOfTokens)
    .map(({ judge }) => judge(facts, settings, now))
    .filter((judged) => judged !== null);
}

/** The first instant after `now` at which an unchanged token is judged otherwise; null: time alone changes nothing. */
export function nextChangeAt(facts: TokenFacts, settings: RuleSettings, now: Date): Date | null {
  const instants = Object.values(rulesOfTokens).map((rule) => rule.nextChangeAt?.(facts, settings, now) ?? null);
  return earliest(instants);
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
  const rules: [string, TokenRule | OwnerRule][] = Object.entries({ ...rulesOfTokens, ...rulesOfOwners });
  return Object.fromEntries(rules.flatMap(([kind, rule]) => (rule.settings ? [[kind, rule.settings(settings)]] : [])));
}

/** The facts of a finding about a condition at that level, as of `now`. */
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
  throw new Error(`the condition ${kind} cannot be about a ${about.kind}`);
}

/** Kinds whose facts change with time alone. */
type AgingKind = {
  [Kind in keyof FindingFacts]: 'ageDays' extends keyof FindingFacts[Kind] ? Kind : never;
}[keyof FindingFacts];

/** The finding as of a later instant up to which nothing changed but the time: its ages are those of then. */
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
  return kind in tokenRules;
}
