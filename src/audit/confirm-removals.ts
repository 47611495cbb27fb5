import { type AppError, OmniError, RemovalsUnconfirmedError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniApi } from '../omni/api.ts';
import { type BreakerVerdict, randomSample, removalSampleSize, tripsBreaker } from '../rules/removal-policy.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { Staging } from '../store/staging.ts';
import { plural } from '../text/words.ts';
import { askByIds } from './ask-by-id.ts';
import type { CompleteListing } from './list-tokens.ts';

export interface ConfirmRemovalsDeps {
  omni: Pick<OmniApi, 'tokenExists'>;
  snapshots: Pick<Snapshots, 'count' | 'vanishedIds' | 'listedIds'>;
  staging: Pick<Staging, 'keepUnlisted'>;
  log: Logger;
  /** Returns at least 0 and less than 1. */
  random(): number;
  /** Replaces the staged listing with another complete one. */
  listAgain(): Promise<CompleteListing>;
  /** Throws when our own credential may see less than before. Called when tokens vanished. */
  requireCredential(): Promise<void>;
}

export interface ConfirmedRemovals {
  /** The listing that becomes the snapshot. */
  listing: CompleteListing;
  /** Removed tokens for which Omni answered 404 while it found others by id. */
  confirmedIds: ReadonlySet<string>;
  /** Tokens that Omni's list lacks but that Omni still knows by id. They stay in the snapshot. */
  hiddenIds: readonly string[];
  /** Why an unlikely number of removals was believed; null when there was none. */
  breaker: BreakerVerdict | null;
}

/** Ids to choose controls from: enough for each of them to be asked in vain. */
const controlCount = 30;

/**
 * Compares the staged listing with the previous snapshot, and asks Omni by id for the tokens that
 * vanished. Lists again when an unlikely number vanished, and when Omni still knows one of them.
 *
 * @param isAccepted whether an operator vouches for the removals, so that an unlikely number is believed
 * @throws RemovalsUnconfirmedError when an unlikely number vanished and Omni does not confirm all those that we
 *   asked for; what `requireCredential` throws; OmniError; the signal's reason.
 */
export async function confirmRemovals(
  deps: ConfirmRemovalsDeps,
  first: CompleteListing,
  isAccepted: boolean,
  signal: AbortSignal,
): Promise<ConfirmedRemovals> {
  const { snapshots, staging, log, listAgain } = deps;
  let listing = first;
  for (let isFirst = true; ; isFirst = false) {
    const vanishedIds = snapshots.vanishedIds();
    const vanished = { vanishedCount: vanishedIds.length, previousCount: snapshots.count() };
    if (vanishedIds.length === 0) return { listing, confirmedIds: new Set(), hiddenIds: [], breaker: null };
    if (!isAccepted) await deps.requireCredential();
    const isUnlikely = tripsBreaker(vanished);
    if (isUnlikely && !isAccepted && isFirst) {
      log.warn(vanished, 'an unlikely number of tokens vanished: listing again');
    } else {
      const { confirmedIds, hiddenIds, unconfirmedCount, error } = await askForAll(deps, vanishedIds, signal);
      if (error !== null) log.warn({ ...vanished, err: error }, 'removals could not all be confirmed by id');
      if (isUnlikely && !isAccepted) {
        if (hiddenIds[0] !== undefined) throw contradicted(vanished.vanishedCount, hiddenIds.length, hiddenIds[0]);
        if (unconfirmedCount > 0) throw unconfirmed(vanished.vanishedCount, error);
      }
      if (hiddenIds.length === 0 || !isFirst) {
        staging.keepUnlisted(hiddenIds);
        if (hiddenIds.length > 0) log.warn({ tokenIds: hiddenIds }, 'Omni hides tokens from its list: they are kept');
        const breaker = !isUnlikely ? null : isAccepted ? 'accepted' : 'confirmed';
        return { listing, confirmedIds, hiddenIds, breaker };
      }
      log.warn({ ...vanished, tokenIds: hiddenIds }, 'Omni still knows tokens that its list lacks: listing again');
    }
    listing = await listAgain();
  }
}

interface AskedRemovals {
  confirmedIds: Set<string>;
  hiddenIds: string[];
  /** Asked for without an answer that proves anything. */
  unconfirmedCount: number;
  /** What ended the questions early. */
  error: OmniError | null;
}

/** Asks for each of these tokens by id, or for a random sample where there are many. */
async function askForAll(
  { omni, snapshots, random }: ConfirmRemovalsDeps,
  vanishedIds: readonly string[],
  signal: AbortSignal,
): Promise<AskedRemovals> {
  const ids = randomSample(vanishedIds, removalSampleSize, random);
  const confirmedIds = new Set<string>();
  const hiddenIds: string[] = [];
  let error: OmniError | null = null;
  const route = {
    ask: async (id: string) => ((await omni.tokenExists(id, signal)) ? id : null),
    controls: snapshots.listedIds(controlCount),
  };
  try {
    for await (const { id, answer } of askByIds(route, ids, signal)) {
      if (answer.kind === 'absent') confirmedIds.add(id);
      if (answer.kind === 'found') hiddenIds.push(id);
    }
  } catch (thrown) {
    // The same credential has just listed the tokens: what fails is this question, and not the listing.
    if (!(thrown instanceof OmniError)) throw thrown;
    error = thrown;
  }
  return { confirmedIds, hiddenIds, unconfirmedCount: ids.length - confirmedIds.size - hiddenIds.length, error };
}

const acceptHint =
  'Nothing was concluded from it. Check in Omni; if the tokens are really gone, run `omni-token-audit audit --accept-removals`';

function contradicted(vanishedCount: number, knownCount: number, tokenId: string): RemovalsUnconfirmedError {
  return new RemovalsUnconfirmedError(
    `${plural(vanishedCount, 'token')} are missing from the listing, but Omni still knows ${knownCount} of them by id (such as ${tokenId}), even after listing again`,
    { hint: acceptHint },
  );
}

function unconfirmed(vanishedCount: number, error: AppError | null): RemovalsUnconfirmedError {
  const why = error === null ? 'Omni did not even find by id tokens that it had just listed' : error.message;
  return new RemovalsUnconfirmedError(
    `${plural(vanishedCount, 'token')} are missing from the listing, and Omni did not confirm by id that they are gone: ${why}`,
    { hint: acceptHint },
  );
}
