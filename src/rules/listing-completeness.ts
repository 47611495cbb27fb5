/** How a walk over the pages of the token list ended. */
export type WalkEnding =
  | { kind: 'terminal-page' }
  | { kind: 'cursor-missing'; page: number }
  | { kind: 'cursor-repeated'; page: number }
  | { kind: 'cursor-refused'; page: number }
  | { kind: 'too-many-pages'; page: number }
  /** No working server would send this page; `problem` says why. */
  | { kind: 'page-impossible'; page: number; problem: string };

/** What is known about a walk that has ended. */
export interface ListingFacts {
  ending: WalkEnding;
  /** Records received, including repeated ones. */
  recordCount: number;
  /** Distinct token ids in these records. */
  uniqueCount: number;
  /** `pageInfo.totalRecords` of every page that was read, in order. */
  totals: readonly number[];
  /** Records on the last page that was read. */
  lastPageCount: number;
}

export type ListingVerdict =
  /** `surplus`: listed tokens that were deleted before the walk ended. */
  { kind: 'complete'; surplus: number } | { kind: 'walk-again'; reason: string };

/**
 * Decides whether a walk proves that every token was seen. Only a complete listing may become a
 * snapshot, because a removal is inferred from absence.
 *
 * Independent facts must agree: the last page was reached, no id came twice, Omni's own counts do not contradict
 * each other, and at least as many ids were listed as the last page counts. The auditor's own token is always in
 * the list, so an empty list is an error.
 */
export function judgeListing(facts: ListingFacts): ListingVerdict {
  const earlyEnd = describeEarlyEnd(facts.ending);
  if (earlyEnd !== null) return again(earlyEnd);
  if (facts.uniqueCount === 0) return again('the list is empty, but it must at least contain this audit’s own token');
  if (facts.uniqueCount < facts.recordCount) {
    return again(`${facts.recordCount - facts.uniqueCount} of ${facts.recordCount} records repeat a token id`);
  }
  const doubt = describeTotals(facts);
  if (doubt !== null) return again(doubt);
  const total = facts.totals.at(-1) ?? 0;
  if (facts.uniqueCount < total) return again(`${facts.uniqueCount} tokens were listed, but Omni counts ${total}`);
  return { kind: 'complete', surplus: facts.uniqueCount - total };
}

/**
 * Returns why the first page of a listing is not plausible; null if it is. It does not judge later pages.
 *
 * @param isLast whether the page says that there is no other
 */
export function doubtFirstPage(page: { ids: readonly string[]; totalRecords: number; isLast: boolean }): string | null {
  const { ids, totalRecords, isLast } = page;
  const verdict = judgeListing({
    ending: { kind: 'terminal-page' },
    recordCount: ids.length,
    uniqueCount: new Set(ids).size,
    totals: [isLast ? totalRecords : Math.min(totalRecords, ids.length)],
    lastPageCount: ids.length,
  });
  return verdict.kind === 'complete' ? null : verdict.reason;
}

/** Omni's count may drop during a walk because tokens are deleted. We do not believe a drop that exceeds both limits. */
const maxDrop = { count: 10, share: 0.25 };

/** Returns how Omni's own counts contradict each other; null if they do not. */
function describeTotals({ totals, lastPageCount }: ListingFacts): string | null {
  if (totals.some((total) => total < 1))
    return 'a page reports a total of 0 tokens, but this audit’s own token must be counted';
  const last = totals.at(-1) ?? 0;
  if (last < lastPageCount) return `the last page has ${lastPageCount} records but reports a total of only ${last}`;
  let most = 0;
  for (const total of totals) {
    most = Math.max(most, total);
    const drop = most - total;
    if (drop > maxDrop.count && drop > maxDrop.share * most) {
      return `Omni counted ${most} tokens on one page and ${total} on a later one`;
    }
  }
  return null;
}

function again(reason: string): ListingVerdict {
  return { kind: 'walk-again', reason };
}

/** Returns why the last page was not reached; null if it was. */
function describeEarlyEnd(ending: WalkEnding): string | null {
  switch (ending.kind) {
    case 'terminal-page':
      return null;
    case 'cursor-missing':
      return `page ${ending.page} says there is a next page but has no cursor`;
    case 'cursor-repeated':
      return `page ${ending.page} has a cursor that was already used`;
    case 'cursor-refused':
      return `page ${ending.page} was refused: the token that its cursor names was probably deleted`;
    case 'too-many-pages':
      return `the list did not end within ${ending.page} pages`;
    case 'page-impossible':
      return `page ${ending.page} is invalid: ${ending.problem}`;
    default:
      return ending satisfies never;
  }
}
