import { ListingIncompleteError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniClient } from '../omni/client.ts';
import { walkTokens } from '../omni/token-listing.ts';
import { judgeListing } from '../rules/listing-completeness.ts';
import type { Staging } from '../store/staging.ts';
import type { AuditProgress, ProgressListener } from './progress.ts';

/** A listing that was proved complete; its tokens are in the staging table. */
export interface ProvedListing {
  tokenCount: number;
  /** Pages of all walks. */
  pageCount: number;
  surplus: number;
  /** Fields of the records that this program does not know. */
  newFields: readonly string[];
}

const maxWalks = 3;

/**
 * Walks over all tokens until one walk proves complete, three times at most.
 *
 * @throws ListingIncompleteError when none does; OmniError; the signal's reason.
 */
export async function proveListing(
  omni: OmniClient,
  staging: Staging,
  progress: AuditProgress,
  log: Logger,
  signal: AbortSignal,
  listen: ProgressListener = () => {},
): Promise<ProvedListing> {
  const reasons: string[] = [];
  for (let attempt = 1; attempt <= maxWalks; attempt += 1) {
    staging.reset();
    Object.assign(progress, { pagesOfWalk: 0, tokensOfWalk: 0 });
    const walk = await walkTokens(
      omni,
      (tokens, totalRecords) => {
        progress.pageCount += 1;
        progress.pagesOfWalk += 1;
        progress.tokensOfWalk += tokens.length;
        progress.totalRecords = totalRecords;
        listen(progress);
        staging.add(tokens);
      },
      signal,
    );
    const uniqueCount = staging.seal();
    const verdict = judgeListing({ ...walk, uniqueCount });
    if (verdict.kind === 'complete') {
      return {
        tokenCount: uniqueCount,
        pageCount: progress.pageCount,
        surplus: verdict.surplus,
        newFields: [...walk.newFields],
      };
    }
    reasons.push(verdict.reason);
    log.warn({ walk: attempt, reason: verdict.reason }, 'the listing is not proved complete');
  }
  throw new ListingIncompleteError(`the listing could not be proved complete in ${maxWalks} walks: ${reasons.at(-1)}`, {
    hint: 'Nothing was concluded from it. If this stays, ask Omni why GET /api/v1/api-keys contradicts itself',
  });
}
