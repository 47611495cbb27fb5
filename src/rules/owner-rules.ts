import { ageInDays } from '../time/duration.ts';
import type { ConditionKind } from './catalogue.ts';
import { type JudgedCondition, type OwnerRule, simple } from './condition-rule.ts';
import type { Holding } from './owner.ts';
import type { tokenRules } from './token-rules.ts';

/** What operators set. */
export interface OwnerRuleSettings {
  /** Days without a log-in; 0: never idle. */
  ownerIdleDays: number;
}

/** The rules about an owner, one for each kind of condition. */
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
 * PCI DSS 8.2.5 and OWASP NHI1: access of those who left ends at once. The level is the number of
 * tokens: one more of them is worse, even if the others were accepted.
 */
function judgeDeactivated({ owner, tokenCount }: Holding): JudgedCondition | null {
  return owner.state === 'deactivated' ? simple('owner-deactivated', tokenCount) : null;
}

function judgeMissing({ owner, tokenCount }: Holding): JudgedCondition | null {
  return owner.state === 'missing' ? simple('owner-missing', tokenCount) : null;
}

/** The last log-in is a proxy: a token may be busy while its owner is not. */
function judgeIdle(
  { owner }: Holding,
  { ownerIdleDays }: OwnerRuleSettings,
  now: Date,
): JudgedCondition | 'undecided' | null {
  if (owner.state !== 'active' || ownerIdleDays === 0) return null;
  if (owner.lastLogin === null) return 'undecided';
  return ageInDays(owner.lastLogin, now) >= ownerIdleDays ? simple('owner-idle', ownerIdleDays) : null;
}
