/** Owners whose absence one run confirms, at two requests each; the others wait for the next run. */
export const maxOwnersConfirmed = 20;

/** One reading of all pages of a list of users. */
export interface UserListFacts {
  /** Every `totalResults` that was seen, in order. */
  totals: readonly number[];
  /** Users received, repeats included. */
  receivedCount: number;
  /** Different ids among them. */
  uniqueCount: number;
}

/**
 * Why a reading does not prove who is absent; null when it does. The pages are cut by position: when a
 * user is deleted between two of them, all later users move up and one is never shown. So a reading
 * counts only with one total throughout, no id twice, and as many ids as the total says.
 */
export function userListDoubt({ totals, receivedCount, uniqueCount }: UserListFacts): string | null {
  const [total] = totals;
  if (total === undefined || totals.some((other) => other !== total)) return 'the number of users changed meanwhile';
  if (uniqueCount < receivedCount) return 'a user was listed twice';
  if (uniqueCount !== total) return `${uniqueCount} users were listed, but Omni counts ${total}`;
  return null;
}

export interface IdQuestionFacts {
  /** As Omni counts. */
  totalUsers: number;
  /** Users on the first page, which was read. */
  pageSize: number;
  /** Users that are still to be found. */
  wanted: number;
}

/**
 * Whether asking for each wanted user by id takes fewer requests than reading the remaining pages. There
 * can be hundreds of thousands of embed users.
 */
export function isCheaperById({ totalUsers, pageSize, wanted }: IdQuestionFacts): boolean {
  const remainingPages = Math.ceil(Math.max(0, totalUsers - pageSize) / Math.max(1, pageSize));
  return remainingPages > wanted;
}
