import { ListingIncompleteError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniApi } from '../omni/api.ts';
import type { ResponseTimes } from '../rules/clock-check.ts';
import { judgeListing, type ListingFacts } from '../rules/listing-completeness.ts';
import type { Staging } from '../store/staging.ts';
import type { ProgressTracker } from './progress.ts';

export interface ListTokensDeps {
  omni: Pick<OmniApi, 'walkTokens'>;
  staging: Staging;
  progress: ProgressTracker;
  /** Called with the times of each page. An error that it throws ends the walk. */
  checkTimes(times: ResponseTimes): void;
  log: Logger;
}

/** A listing that was proved complete. Its tokens are staged. */
export interface CompleteListing {
  tokenCount: number;
  /** Pages of all walks so far in this run. */
  pageCount: number;
  /** Tokens that were listed and then deleted before the walk ended. */
  surplus: number;
  /** Fields of the records that this version does not recognise. */
  newFields: readonly string[];
}

const maxWalks = 3;
/** More new fields than this must be garbage rather than a change of the API. */
const maxNewFields = 20;

/**
 * Walks over all tokens and stages them, up to three times, until a walk is proved complete.
 *
 * @throws ListingIncompleteError when none of three walks was proved complete; OmniError; what `checkTimes`
 *   throws; the signal's reason.
 */
export async function listTokens(deps: ListTokensDeps, signal: AbortSignal): Promise<CompleteListing> {
  let reason = '';
  for (let walk = 1; walk <= maxWalks; walk += 1) {
    const { newFields, ...facts } = await walkOnce(deps, signal);
    const verdict = judgeListing(facts);
    if (verdict.kind === 'complete') {
      const { pageCount } = deps.progress;
      return { tokenCount: facts.uniqueCount, pageCount, surplus: verdict.surplus, newFields: [...newFields] };
    }
    reason = verdict.reason;
    deps.log.warn({ walk, reason }, 'the listing was not proved complete');
  }
  throw new ListingIncompleteError(`the listing could not be proved complete after ${maxWalks} walks: ${reason}`, {
    hint: 'No action needed: the next run lists the tokens again. If this persists, contact Omni support: GET /api/v1/api-keys contradicts itself',
  });
}

async function walkOnce(
  { omni, staging, progress, checkTimes }: ListTokensDeps,
  signal: AbortSignal,
): Promise<ListingFacts & { newFields: Set<string> }> {
  const newFields = new Set<string>();
  const totals: number[] = [];
  let recordCount = 0;
  let lastPageCount = 0;
  let pagesOfWalk = 0;
  staging.reset();
  const ending = await omni.walkTokens((page) => {
    checkTimes(page.times);
    const { totalRecords } = page;
    totals.push(totalRecords);
    lastPageCount = page.tokens.length;
    recordCount += lastPageCount;
    for (const name of page.unknownFields) if (newFields.size < maxNewFields) newFields.add(name);
    pagesOfWalk += 1;
    const pageCount = progress.pageCount + 1;
    progress.update({ pageCount, pagesOfWalk, tokensOfWalk: recordCount, totalRecords });
    staging.add(page.tokens);
  }, signal);
  return { ending, recordCount, uniqueCount: staging.seal(), totals, lastPageCount, newFields };
}
