import type { KnownRole } from './role.ts';

/** A user, as Omni's SCIM endpoints list it. Its id is the membership id of its tokens. */
export interface Owner {
  membershipId: string;
  /** Usually an e-mail address. Untrusted text, like every name. */
  userName: string;
  displayName: string;
  active: boolean;
  /** In UTC as ISO 8601; null if unknown, which does not mean never. */
  lastLogin: string | null;
}

/** `missing`: each SCIM endpoint that has users answered 404 for this id. */
export type OwnerState = 'active' | 'deactivated' | 'missing';

/** What is known about the user with a membership id. */
export interface KnownOwner {
  state: OwnerState;
  /** For a missing owner, the last known name; null if none was ever known. */
  userName: string | null;
  displayName: string | null;
  lastLogin: string | null;
  /** The list that shows the account; for a missing one, the last that did. null: unknown, or both lists show it. */
  list: UserList | null;
}

/** An owner and the number of its tokens in the current snapshot. */
export interface Holding {
  membershipId: string;
  owner: KnownOwner;
  tokenCount: number;
}

/** Why owners could not be read, and what an operator can do about it. */
export interface OwnersProblem {
  problem: string;
  hint: string;
}

/** What a run learned about the owners. `unresolved`: the number that it could neither read nor confirm as missing. */
export type LearnedOwners = { known: true; unresolved: number } | ({ known: false } & OwnersProblem);

/** The owner of a finding, as of a run. `state` is null if it was never known, and so is `role`. */
export type FindingOwner = Omit<KnownOwner, 'state'> & { state: OwnerState | null; role: KnownRole | null };

/** Why an account is external: it is an embed user of a customer, or its address is in another domain. */
export type ExternalReason = 'embed' | 'domain';

/** Omni keeps embed users in a list of their own. */
export type UserList = 'regular' | 'embed';
