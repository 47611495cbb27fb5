/** The number of missing owners that a run confirms, at two requests each. The others wait for the next run. */
export const maxOwnersConfirmed = 20;

/** What is known about one pass over all pages of a list of users. */
export interface UserListFacts {
  /** The `totalResults` of each page, in order. */
  totals: readonly number[];
  /** Users received, including repeated ones. */
  receivedCount: number;
  /** Distinct ids among these users. */
  uniqueCount: number;
}

/**
 * Returns why a pass does not prove who is missing; null if it does. Pages are cut by position: when a user is
 * deleted between two pages, all later users move up and one is never shown. So a pass counts only if every
 * page has the same total, no id comes twice, and there are as many ids as the total.
 */
export function userListDoubt({ totals, receivedCount, uniqueCount }: UserListFacts): string | null {
  const [total] = totals;
  if (total === undefined || totals.some((other) => other !== total)) return 'the number of users changed meanwhile';
  if (uniqueCount < receivedCount) return 'a user was listed twice';
  if (uniqueCount !== total) return `${uniqueCount} users were listed, but Omni counts ${total}`;
  return null;
}

/** What decides how to search for users. */
export interface UserSearchFacts {
  /** The number of users that Omni reports. */
  totalUsers: number;
  /** The number of users on the first page, which has been read. */
  pageSize: number;
  /** The number of users that are still to be found. */
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
