/** The auditor's own credential, as whoami describes it. */
export interface Credential {
  /** `organization` or `user`. */
  keyScope: string;
  orgRole: string;
}

const scopes = ['user', 'organization'];
const roles = ['MEMBER', 'ORG_ADMIN'];

/**
 * Returns whether a credential may now see and do the same, more or less. A change from or to a scope or role that
 * we do not know counts as less, because tokens may now be hidden from the credential.
 */
export function compareCredentials(before: Credential, after: Credential): 'same' | 'more' | 'less' {
  const steps = [
    stepBetween(scopes, before.keyScope, after.keyScope),
    stepBetween(roles, before.orgRole, after.orgRole),
  ];
  if (steps.includes('less')) return 'less';
  return steps.includes('more') ? 'more' : 'same';
}

function stepBetween(ascending: readonly string[], before: string, after: string): 'same' | 'more' | 'less' {
  if (before === after) return 'same';
  const [from, to] = [ascending.indexOf(before), ascending.indexOf(after)];
  return from !== -1 && to > from ? 'more' : 'less';
}

/** Returns a phrase such as `organization-scoped, ORG_ADMIN`. */
export function describeCredential({ keyScope, orgRole }: Credential): string {
  return `${keyScope}-scoped, ${orgRole}`;
}
