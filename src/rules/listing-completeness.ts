/** How a walk over the pages of the token list ended. */
export type WalkEnding =
  | { kind: 'terminal-page' }
  | { kind: 'cursor-missing'; page: number }
  | { kind: 'cursor-repeated'; page: number }
  | { kind: 'cursor-refused'; page: number }
  | { kind: 'too-many-pages'; page: number };

/** What is known about a walk that has ended. */
export interface ListingFacts {
  ending: WalkEnding;
  /** Records received, including repeated ones. */
  recordCount: number;
  /** Distinct token ids in these records. */
  uniqueCount: number;
  /** `pageInfo.totalRecords` of the last page that was read. */
  totalRecords: number;
}

export type ListingVerdict =
  /** `surplus`: listed tokens that were deleted before the walk ended. */
  { kind: 'complete'; surplus: number } | { kind: 'walk-again'; reason: string };

/**
 * Decides whether a walk proves that every token was seen. Only a complete listing may become a
 * snapshot, because a removal is inferred from absence.
 *
 * Three independent facts must agree: the last page was reached, no id came twice, and there are at least as
 * many ids as Omni counts. The auditor's own token is always in the list, so an empty list is an error.
 */
export function judgeListing(facts: ListingFacts): ListingVerdict {
  const earlyEnd = describeEarlyEnd(facts.ending);
  if (earlyEnd !== null) return again(earlyEnd);
  if (facts.uniqueCount === 0) return again('the list is empty, although the token of this audit must be in it');
  if (facts.uniqueCount < facts.recordCount) {
    return again(`${facts.recordCount - facts.uniqueCount} of ${facts.recordCount} records repeat a token id`);
  }
  if (facts.uniqueCount < facts.totalRecords) {
    return again(`${facts.uniqueCount} tokens were listed, but Omni counts ${facts.totalRecords}`);
  }
  return { kind: 'complete', surplus: facts.uniqueCount - facts.totalRecords };
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
      return `page ${ending.page} promises a next page but gives no cursor`;
    case 'cursor-repeated':
      return `page ${ending.page} gives a cursor that was already used`;
    case 'cursor-refused':
      return `page ${ending.page} was refused: the token that its cursor names was probably deleted`;
    case 'too-many-pages':
      return `the list did not end within ${ending.page} pages`;
    default:
      return ending satisfies never;
  }
}
