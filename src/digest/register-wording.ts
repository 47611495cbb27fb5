import type { FindingOwner } from '../rules/owner.ts';
import { isSelfReview, type RegisterEntry } from '../rules/register.ts';
import { quoted } from '../text/visible.ts';
import { addressOrQuoted } from './wording.ts';

/** `"Ann Archer" for "nightly export", ticket "OPS-12", review by 2027-01-31`; empty if the row says none of it. */
export function responsibleText({ responsible, purpose, ticket, reviewBy }: RegisterEntry): string {
  const forWhat = purpose === '' ? '' : ` for ${quoted(purpose)}`;
  const parts = [
    responsible === '' ? forWhat.trim() : `${addressOrQuoted(responsible)}${forWhat}`,
    ticket === '' ? '' : `ticket ${quoted(ticket, 40)}`,
    reviewBy === null ? '' : `review by ${reviewBy}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** `keep, decided by "Bob Berg" on 2026-11-02`, and that it is a self-review; empty without a decision. */
export function decisionText(
  entry: RegisterEntry,
  membershipId: string | null,
  owner: Pick<FindingOwner, 'userName' | 'displayName'> | null,
): string {
  const { decision, decidedBy, decidedOn } = entry;
  if (decision === null) return '';
  const by = decidedBy === '' ? '' : ` by ${addressOrQuoted(decidedBy)}`;
  const on = decidedOn === null ? '' : ` on ${decidedOn}`;
  const self = isSelfReview(entry, { membershipId, owner }) ? ' (self-review)' : '';
  return `${decision}${by === '' && on === '' ? '' : `, decided${by}${on}`}${self}`;
}

/** Everything that a row says, in one line. */
export function entryText(
  entry: RegisterEntry | null,
  membershipId: string | null,
  owner: Pick<FindingOwner, 'userName' | 'displayName'> | null,
): string {
  if (entry === null) return 'no row';
  if (entry.isVanished) return 'its row was removed, but it stays marked revoke until the token is gone';
  const parts = [responsibleText(entry), decisionText(entry, membershipId, owner)].filter((part) => part !== '');
  return parts.length === 0 ? 'an empty row' : parts.join('; ');
}
