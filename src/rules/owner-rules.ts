import { ageInDays } from '../time/duration.ts';
import type { ConditionKind } from './catalogue.ts';
import { type JudgedCondition, type OwnerRule, type RuleSettings, simple } from './condition-rule.ts';
import type { Holding } from './owner.ts';
import type { tokenRules } from './token-rules.ts';

/** The rules about an account that holds tokens, one for each kind of condition. */
export const ownerRules = {
  'owner-deactivated': { judge: judgeDeactivated },
  'owner-missing': { judge: judgeMissing },
  'owner-idle': {
    judge: judgeIdle,
    settings: ({ ownerIdleDays }) => ownerIdleDays,
    // A log-in that was known once may be unknown now, which decides nothing.
    detail: ({ lastLogin }, level, now) => ({
      ...(lastLogin === null ? {} : { ageDays: ageInDays(lastLogin, now) }),
      thresholdDays: level,
    }),
  },
} satisfies Record<Exclude<ConditionKind, keyof typeof tokenRules>, OwnerRule>;

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
