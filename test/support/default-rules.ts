import type { RuleSettings } from '../../src/rules/judge.ts';

/** The settings of the rules when no variable is set. */
export const defaultRules: RuleSettings = {
  staleAfterDays: { organization: [90, 180, 365], personal: [180, 365], mcp: [180, 365] },
  disabledAfterDays: 30,
  ownerIdleDays: 90,
  ownerDomains: null,
};
