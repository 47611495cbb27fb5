import { ageInDays } from '../time/duration.ts';
import type { ConditionKind } from './catalogue.ts';
import { createCondition, type JudgedCondition, type OwnerRule } from './condition-rule.ts';
import type { Holding } from './owner.ts';
import type { tokenRules } from './token-rules.ts';

/** The settings of the rules about owners. */
export interface OwnerRuleSettings {
  /** Days without a login after which an owner is idle; 0 turns the rule off. */
  ownerIdleDays: number;
}

/** The rules about owners, by kind of condition. */
export const ownerRules = {
  'owner-deactivated': { judge: judgeDeactivated, facts: (detail) => ({ kind: 'owner-deactivated', detail }) },
  'owner-missing': { judge: judgeMissing, facts: (detail) => ({ kind: 'owner-missing', detail }) },
  'owner-idle': {
    judge: judgeIdle,
    settings: ({ ownerIdleDays }) => ownerIdleDays,
    facts: (about, level, now) => {
      const { lastLogin } = about.owner;
      const ageDays = lastLogin === null ? null : ageInDays(lastLogin, now);
      return { kind: 'owner-idle', detail: { ...about, ageDays, thresholdDays: level } };
    },
  },
} satisfies { [Kind in Exclude<ConditionKind, keyof typeof tokenRules>]: OwnerRule<Kind, OwnerRuleSettings> };

/**
 * PCI DSS 8.2.5 and OWASP NHI1 require that the access of people who leave ends immediately. The level is the number of
 * tokens, because one more token is worse even if the others were accepted.
 */
function judgeDeactivated({ owner, tokenCount }: Holding): JudgedCondition | null {
  return owner.state === 'deactivated' ? createCondition('owner-deactivated', tokenCount) : null;
}

function judgeMissing({ owner, tokenCount }: Holding): JudgedCondition | null {
  return owner.state === 'missing' ? createCondition('owner-missing', tokenCount) : null;
}

/** The last login is only a hint, because a token can be in use even if its owner never logs in. */
function judgeIdle(
  { owner }: Holding,
  { ownerIdleDays }: OwnerRuleSettings,
  now: Date,
): JudgedCondition | 'undecided' | null {
  if (owner.state !== 'active' || ownerIdleDays === 0) return null;
  if (owner.lastLogin === null) return 'undecided';
  return ageInDays(owner.lastLogin, now) >= ownerIdleDays ? createCondition('owner-idle', ownerIdleDays) : null;
}
