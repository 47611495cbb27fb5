import { ageInDays } from '../time/duration.ts';
import { type ConditionKind, conditionSeverity } from './catalogue.ts';
import { createCondition, type JudgedCondition, type OwnerRule } from './condition-rule.ts';
import { asciiDomain } from './mail-domain.ts';
import type { ExternalReason, Holding, KnownOwner } from './owner.ts';
import type { registerRules } from './register-rules.ts';
import type { tokenRules } from './token-rules.ts';

/** The settings of the rules about owners. */
export interface OwnerRuleSettings {
  /** Days without a login after which an owner is idle; 0 turns the rule off. */
  ownerIdleDays: number;
  /**
   * The organisation's own mail domains, in lower-case ASCII. null: any address may belong to the organisation, so only
   * embed users are external.
   */
  ownerDomains: readonly string[] | null;
}

/** The rules about owners, by kind of condition. */
export const ownerRules = {
  'owner-deactivated': { judge: judgeDeactivated, facts: (detail) => ({ kind: 'owner-deactivated', detail }) },
  'owner-missing': { judge: judgeMissing, facts: (detail) => ({ kind: 'owner-missing', detail }) },
  'owner-external': {
    judge: judgeExternal,
    settings: ({ ownerDomains }) => ownerDomains,
    isFixed: (level) => level === levels.embed,
    facts: (about, level) => ({
      kind: 'owner-external',
      detail: { ...about, reason: level === levels.embed ? 'embed' : 'domain' },
    }),
  },
  'owner-idle': {
    judge: judgeIdle,
    settings: ({ ownerIdleDays }) => ownerIdleDays,
    facts: (about, level, now) => {
      const { lastLogin } = about.owner;
      const ageDays = lastLogin === null ? null : ageInDays(lastLogin, now);
      return { kind: 'owner-idle', detail: { ...about, ageDays, thresholdDays: level } };
    },
  },
} satisfies {
  [Kind in Exclude<ConditionKind, keyof typeof tokenRules | keyof typeof registerRules>]: OwnerRule<
    Kind,
    OwnerRuleSettings
  >;
};

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

/** A customer's user is worse than a colleague or contractor with an address elsewhere. */
const levels: Record<ExternalReason, number> = { domain: 1, embed: 2 };

function judgeExternal({ owner }: Holding, { ownerDomains }: OwnerRuleSettings): JudgedCondition | 'undecided' | null {
  // A worse condition says that the account does not exist.
  if (owner.state === 'missing') return null;
  const reason = externalReason(owner, ownerDomains);
  if (reason === null || reason === 'undecided') return reason;
  const level = levels[reason];
  return { kind: 'owner-external', level, severity: conditionSeverity('owner-external', level - 1) };
}

/**
 * Returns why an account is external; null if it is not. `undecided`: both lists show it, or its user name has no
 * domain that could be compared. A subdomain is another domain.
 */
export function externalReason(
  { list, userName }: Pick<KnownOwner, 'list' | 'userName'>,
  domains: readonly string[] | null,
): ExternalReason | 'undecided' | null {
  if (list === 'embed') return 'embed';
  if (list === null) return 'undecided';
  if (domains === null) return null;
  const [, ...parts] = (userName ?? '').replace(quotedLocalPart, '').split('@');
  if (parts.every((part) => part === '')) return 'undecided';
  // Two of these signs are no address, so no part of them can prove that the account is ours.
  const [domain = '', ...more] = parts;
  const ours = more.length === 0 ? comparableDomain(domain) : null;
  return ours !== null && domains.includes(ours) ? null : 'domain';
}

/** RFC 5321 4.1.2: a local part in quotes may contain that sign. */
const quotedLocalPart = /^"(?:[^"\\]|\\.)*"(?=@)/;
/** Marks that are letters' companions for Unicode, but cannot be seen. */
const invisible = /\p{Default_Ignorable_Code_Point}/u;

/** Returns a domain in the form of `OWNER_DOMAINS`; null if it is none, or has a look-alike such as a full-width letter. */
function comparableDomain(domain: string): string | null {
  const composed = domain.normalize('NFKC');
  // Some systems write a letter and its mark as two characters.
  const isAsTyped = domain === composed || domain === composed.normalize('NFD');
  return invisible.test(domain) || !isAsTyped ? null : asciiDomain(domain);
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
