import type { FindingDetail, FindingOwner, HeldToken } from './finding.ts';
import type { ConditionKind } from './finding-catalogue.ts';
import { ageInDays, type Token } from './token.ts';

/** What a condition is about: a token, or an owner with what it holds. */
export type ConditionSubject =
  | { kind: 'token'; token: Token; disabledSince: string | null }
  | { kind: 'owner'; owner: FindingOwner; tokenCount: number; tokens: HeldToken[] };

/** What a finding says of its condition at `level`, as of `now`. `about` null: nothing is known of its subject any more. */
export function conditionDetail(
  kind: ConditionKind,
  level: number,
  about: ConditionSubject | null,
  now: Date,
): FindingDetail {
  if (about === null) return {};
  if (about.kind === 'owner') {
    const { owner, tokenCount, tokens } = about;
    return { owner, tokenCount, tokens, ...ownerDetail(kind, level, owner, now) };
  }
  return tokenDetail(kind, level, about.token, about.disabledSince, now);
}

function tokenDetail(
  kind: ConditionKind,
  level: number,
  token: Token,
  disabledSince: string | null,
  now: Date,
): FindingDetail {
  if (kind === 'token-stale') return { ageDays: ageInDays(token.createdAt, now), thresholdDays: level };
  if (kind === 'token-disabled-lingering' && disabledSince !== null) {
    return { since: disabledSince, ageDays: ageInDays(disabledSince, now), thresholdDays: level };
  }
  return {};
}

function ownerDetail(kind: ConditionKind, level: number, { lastLogin }: FindingOwner, now: Date): FindingDetail {
  if (kind === 'owner-many-tokens') return { limit: level };
  if (kind !== 'owner-idle') return {};
  // A log-in that was known once may be unknown now, which decides nothing.
  return { ...(lastLogin === null ? {} : { ageDays: ageInDays(lastLogin, now) }), thresholdDays: level };
}
