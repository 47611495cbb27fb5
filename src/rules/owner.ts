/** A user as Omni's SCIM endpoints list it. Its id is the membership id that tokens name. */
export interface Owner {
  membershipId: string;
  /** Usually an e-mail address. Untrusted text, like all names. */
  userName: string;
  displayName: string;
  active: boolean;
  /** UTC ISO-8601; null: unknown, which is not the same as never. */
  lastLogin: string | null;
}

/** `missing`: both SCIM endpoints answered 404 for this id. */
export type OwnerState = 'active' | 'deactivated' | 'missing';

/** What is known of the user behind a membership id. */
export interface KnownOwner {
  state: OwnerState;
  /** Of a missing one, as it was last known; null: it never was. */
  userName: string | null;
  displayName: string | null;
  lastLogin: string | null;
}

/** An owner and the number of its tokens in the current snapshot. */
export interface Holding {
  membershipId: string;
  owner: KnownOwner;
  tokenCount: number;
}

/** Why owners are not known, and what an operator can do about it. */
export interface OwnersProblem {
  problem: string;
  hint: string;
}

/** `unresolved`: owners that no list has and whose absence is not confirmed; they are unknown in this run. */
export type LearnedOwners = { known: true; unresolved: number } | ({ known: false } & OwnersProblem);

/** What is said of an owner, as of a run. `state` null: not known, now or ever. */
export type FindingOwner = Omit<KnownOwner, 'state'> & { state: OwnerState | null };
