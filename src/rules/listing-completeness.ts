/** How a walk over the pages of the token list came to its end. */
export type WalkEnding =
  | { kind: 'terminal-page' }
  | { kind: 'cursor-missing'; page: number }
  | { kind: 'cursor-repeated'; page: number }
  | { kind: 'cursor-refused'; page: number }
  | { kind: 'too-many-pages'; page: number };

/** All that is known about one walk when it is over. */
export interface ListingFacts {
  ending: WalkEnding;
  /** Records received, repeats included. */
  recordCount: number;
  /** Different token ids among them. */
  uniqueCount: number;
  /** `pageInfo.totalRecords` of the last page that was read. */
  totalRecords: number;
}

export type ListingVerdict =
  /** `surplus`: tokens that were read and had been deleted by the end of the walk. */
  { kind: 'complete'; surplus: number } | { kind: 'walk-again'; reason: string };

/**
 * Decides whether a walk proves that every token was seen. Only a complete listing may become a
 * snapshot: a removal is inferred from absence, so absence must never be an accident.
 *
 * The end of the pages, unrepeated ids and Omni's own `totalRecords` are three independent
 * witnesses. The worker's own token is always in the list, so an empty one is a fault.
 */
export function judgeListing(facts: ListingFacts): ListingVerdict {
  const oddEnding = describeOddEnding(facts.ending);
  if (oddEnding !== null) return again(oddEnding);
  if (facts.uniqueCount === 0) return again('the list is empty, though the token that asks must be in it');
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

function describeOddEnding(ending: WalkEnding): string | null {
  switch (ending.kind) {
    case 'terminal-page':
      return null;
    case 'cursor-missing':
      return `page ${ending.page} promises a next page but gives no cursor`;
    case 'cursor-repeated':
      return `page ${ending.page} gives a cursor that was already used`;
    case 'cursor-refused':
      return `page ${ending.page} was refused: the token that its cursor names is probably gone`;
    case 'too-many-pages':
      return `the list did not end within ${ending.page} pages`;
    default:
      return ending satisfies never;
  }
}
