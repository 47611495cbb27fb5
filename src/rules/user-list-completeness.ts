import { msPerMinute } from '../time/duration.ts';

/** For an owner that no list shows, the number of days for which an answer by id stays valid. */
export const lookupLifeDays = 7;

/** Audits are not punctual to the second: without this, a weekly one would find every answer too old. */
export const lookupToleranceMs = 60 * msPerMinute;

/**
 * Returns how many of the owners that no list shows are looked up by id in one run. This is enough for a daily
 * audit to look up each of them again before its last answer expires.
 */
export function maxLookups(hiddenOwners: number): number {
  return Math.max(20, Math.ceil(hiddenOwners / lookupLifeDays));
}

/** What is known about one pass over all pages of a list of users. */
export interface UserListFacts {
  /** The `totalResults` of each page, in order. */
  totals: readonly number[];
  /** Users received, including repeated ones. */
  receivedCount: number;
  /** Distinct ids among these users. */
  uniqueCount: number;
  /** True if an organisation may have no users of this kind. */
  mayBeEmpty: boolean;
}

/**
 * Returns why a pass proves neither who is missing nor the state of the listed users; null if it proves both.
 * Pages are cut by position: when a user is deleted between two pages, all later users move up and one is
 * never shown. So a pass counts only if every page has the same total, no id comes twice, and there are as
 * many ids as the total.
 */
export function userListDoubt({ totals, receivedCount, uniqueCount, mayBeEmpty }: UserListFacts): string | null {
  const [total] = totals;
  if (total === undefined || totals.some((other) => other !== total))
    return 'the number of users changed while they were being listed';
  if (total === 0 && !mayBeEmpty) return emptyUserList;
  if (uniqueCount < receivedCount) return 'a user was listed twice';
  if (uniqueCount !== total) return `${uniqueCount} users were listed, but Omni counts ${total}`;
  return null;
}

/** Someone created the credential, so there is at least one user. */
export const emptyUserList = 'the list of users is empty, but every organisation has users';

/** The facts that decide how to search for users. */
export interface UserSearchFacts {
  /** The number of users that Omni reports. */
  totalUsers: number;
  /** The number of users on the first page, which has been read. */
  pageSize: number;
  /** The number of users that have not been found yet. */
  wanted: number;
}

/**
 * Returns whether asking for each wanted user by id takes fewer requests than reading the remaining pages.
 * There can be hundreds of thousands of embed users.
 */
export function isCheaperById({ totalUsers, pageSize, wanted }: UserSearchFacts): boolean {
  const remainingPages = Math.ceil(Math.max(0, totalUsers - pageSize) / Math.max(1, pageSize));
  return remainingPages > wanted;
}
