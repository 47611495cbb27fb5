import type { FindingOwner } from './owner.ts';

/** The columns of the register, in the order in which it is printed. Only `id` and the last seven are read. */
export const registerColumns = [
  'id',
  'name',
  'type',
  'owner',
  'created',
  'responsible',
  'purpose',
  'ticket',
  'review_by',
  'decision',
  'decided_by',
  'decided_on',
] as const;

export const registerDecisions = ['keep', 'revoke'] as const;
export type RegisterDecision = (typeof registerDecisions)[number];

/** What people say about a token: a row of the register. All text is untrusted; empty text means nothing. */
export interface RegisterEntry {
  /** Who answers for the token. */
  responsible: string;
  purpose: string;
  ticket: string;
  /** The last day before the decision has to be reviewed, YYYY-MM-DD. */
  reviewBy: string | null;
  decision: RegisterDecision | null;
  decidedBy: string;
  /** YYYY-MM-DD. */
  decidedOn: string | null;
  /** The row is no longer in the file, but its decision to revoke counts until the token is gone. */
  isVanished: boolean;
}

/** What the register of a run says about a token. */
export interface RegisterFacts {
  /** null: it has no row. */
  entry: RegisterEntry | null;
  /** The owner of the token, as far as it is known. */
  owner: RegisterOwner;
  /** When the day of `reviewBy` ends in the time zone of the audit, in UTC as ISO 8601. */
  overdueAt: string | null;
  /** Start of the run that first saw the decision to revoke, in UTC as ISO 8601. */
  revokeSince: string | null;
}

/** An owner, for comparing it with who decided. */
export interface RegisterOwner {
  /** null: the token has no owner. */
  membershipId: string | null;
  owner: Pick<FindingOwner, 'userName' | 'displayName'> | null;
}

/** Why a row does not approve its token. */
export type ApprovalGap =
  | 'no-row'
  | 'no-decision'
  | 'no-responsible'
  | 'no-date'
  | 'no-decider'
  | 'self-review'
  | 'owner-unknown';

/**
 * Returns why a row does not approve its token; null if it does. It needs a responsible, the decision to keep the
 * token, its date, and somebody who decided and is not the owner. Printing the register fills in none of them.
 */
export function approvalGap(entry: RegisterEntry | null, owner: RegisterOwner): ApprovalGap | null {
  if (entry === null) return 'no-row';
  if (entry.decision !== 'keep') return 'no-decision';
  if (folded(entry.responsible) === '') return 'no-responsible';
  if (entry.decidedOn === null) return 'no-date';
  if (folded(entry.decidedBy) === '') return 'no-decider';
  if (isSelfReview(entry, owner)) return 'self-review';
  // Without a name, it cannot be ruled out that the owner decided.
  const isKnown = owner.membershipId === null || owner.owner?.userName || owner.owner?.displayName;
  return isKnown ? null : 'owner-unknown';
}

/** Returns whether the register approves a token. */
export function isApproved(facts: RegisterFacts | null): boolean {
  return facts !== null && approvalGap(facts.entry, facts.owner) === null;
}

/**
 * Returns whether the decision to revoke a token counts although its row in the file does not say so: the row is gone,
 * or came back without a decision.
 *
 * @param before what counted so far
 * @param row the row that the file has now
 */
export function isStillRevoked(before: RegisterEntry | null, row: RegisterEntry | null): boolean {
  return before?.decision === 'revoke' && (row === null || (before.isVanished && row.decision === null));
}

/**
 * Returns whether the owner of a token decided about it. It compares what people write: an address, with or without a
 * name around it, the part before its `@`, the display name, or the membership id; without regard to case.
 */
export function isSelfReview({ decidedBy }: RegisterEntry, { membershipId, owner }: RegisterOwner): boolean {
  const decider = folded(decidedBy);
  if (decider === '' || membershipId === null) return false;
  const { userName, displayName } = owner ?? {};
  const address = folded(userName ?? '');
  const [localPart = ''] = address.split('@');
  const isNamed = [address, localPart, folded(displayName ?? ''), folded(membershipId)].some(
    (name) => name === decider,
  );
  return (
    isNamed || (address.includes('@') && hasAddress(decider, address)) || isNameWithAddress(decider, displayName ?? '')
  );
}

/** Returns whether an address is in a text, and is not a part of a longer one. */
function hasAddress(text: string, address: string): boolean {
  for (let at = text.indexOf(address); at >= 0; at = text.indexOf(address, at + 1)) {
    const hasMoreBefore = /[\p{L}\p{N}._+-]$/u.test(text.slice(0, at));
    const hasMoreAfter = /^(?:[\p{L}\p{N}_-]|\.[\p{L}\p{N}])/u.test(text.slice(at + address.length));
    if (!hasMoreBefore && !hasMoreAfter) return true;
  }
  return false;
}

/** `Jane Doe <jane@elsewhere.example>`, or `Jane Doe (security)`. */
function isNameWithAddress(decider: string, displayName: string): boolean {
  const name = folded(displayName);
  return name !== '' && decider.startsWith(name) && /^[\s<(,;]/.test(decider.slice(name.length));
}

/** Returns what people read. In upper case, because ß and SS are the same name. */
function folded(name: string): string {
  return name
    .replaceAll(/\p{Default_Ignorable_Code_Point}+/gu, '')
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s"']+/g, ' ')
    .trim();
}
