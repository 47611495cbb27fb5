import type { ExternalReason, FindingOwner } from './owner.ts';
import type { ApprovalGap } from './register.ts';
import type { EffectiveRole } from './role.ts';
import type { OwnersToken } from './token.ts';

/** A value before and after a change. */
export interface Change<Value = string> {
  before: Value;
  after: Value;
}

/** A change to a field that should never change. `membershipId` is null for a token without an owner. */
export type IdentityChange =
  | ({ field: 'type' | 'createdAt' } & Change)
  /** `owners`: the accounts, as far as they are known. The journal stores only their ids. */
  | ({ field: 'membershipId'; owners: Change<FindingOwner | null> } & Change<string | null>);

/** An owner and its tokens. */
export interface OwnerFacts {
  owner: FindingOwner;
  /** The number of all its tokens. */
  tokenCount: number;
  /** The oldest of its tokens. */
  tokens: OwnersToken[];
}

/** An age that reached a threshold, both in whole days. */
interface AgeFacts {
  ageDays: number;
  thresholdDays: number;
}

/**
 * The facts that each kind of finding needs for its sentence; in the journal and in JSON, this is `detail`.
 * A kind that is missing here needs none: its title and its token are enough.
 */
export interface FindingFacts {
  'owner-deactivated': OwnerFacts;
  'owner-missing': OwnerFacts;
  /** `isReduced`: the credential may see or do less than before. */
  'credential-changed': Change & { isReduced: boolean };
  'token-identity-changed': { changes: IdentityChange[] };
  'type-first-seen': { value: string };
  'token-renamed': Change;
  /** `confirmed`: Omni answered 404 for its id. */
  'token-removed': { confirmed: boolean };
  /** `replaced`: the id of the removed token, which Omni confirmed to be gone. Ages in whole days. */
  'token-rotated': { replaced: string; replacedAgeDays: number; ageDays: number };
  /** Before and after the raise. */
  'owner-role-raised': OwnerFacts & Change<Omit<EffectiveRole, 'unknownRoles'>>;
  'owner-external': OwnerFacts & { reason: ExternalReason };
  /**
   * `grants`: how many grants of that name are new or renamed in this run. `others`: how many further new names the
   * run saw but reports only as this number; 0 in all but its last finding.
   */
  'mcp-client-new': { client: string; grants: number; others: number };
  /** `gap`: why no row of the register approves the token. */
  'token-unregistered': { gap: ApprovalGap };
  /** `since`: when the day `reviewBy` ended, in UTC as ISO 8601; `ageDays`: whole days since then. */
  'review-overdue': { reviewBy: string; since: string; ageDays: number };
  /** `since`: start of the run that first saw the decision, in UTC as ISO 8601; `ageDays`: whole days since then. */
  'revocation-pending': { since: string; ageDays: number; decidedBy: string };
  'token-stale': AgeFacts;
  /** `since`: start of the run that first saw it disabled, in UTC as ISO 8601. */
  'token-disabled-lingering': AgeFacts & { since: string };
  /** `ageDays`: days since the last login; null if that is no longer known. */
  'owner-idle': OwnerFacts & { ageDays: number | null; thresholdDays: number };
}
