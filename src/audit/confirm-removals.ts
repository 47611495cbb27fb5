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
  /** Throws if our credential has lost rights. Called when tokens have vanished. */
  requireCredential(): Promise<void>;
}

export interface ConfirmedRemovals {
  /** The listing that becomes the snapshot. */
  listing: CompleteListing;
  /** Vanished tokens for which Omni returned 404, at a time when it still found other tokens by id. */
  confirmedIds: ReadonlySet<string>;
  /** Tokens that are missing from Omni's list but that Omni still finds by id. They stay in the snapshot. */
  hiddenIds: readonly string[];
  /** Why an implausibly large number of removals was accepted; null if the number was plausible. */
  breaker: BreakerVerdict | null;
}

/** The number of ids to offer as controls. Enough that some remain even if several have just been deleted. */
const controlCount = 30;

/**
 * Compares the staged listing with the previous snapshot, and asks Omni by id for the tokens that
 * vanished. Lists again when an implausibly large number vanished, and when Omni still returns one of them by id.
 *
 * @param isAccepted whether an operator vouches for the removals, so that an implausibly large number is accepted
 * @throws RemovalsUnconfirmedError when an implausibly large number vanished and Omni does not confirm each one that we
 * looked up; what `requireCredential` throws; OmniError; the signal's reason.
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
    const isImplausible = tripsBreaker(vanished);
    if (isImplausible && !isAccepted && isFirst) {
      log.warn(vanished, 'suspiciously many tokens have vanished; listing again');
    } else {
      const { confirmedIds, hiddenIds, unconfirmedCount, error } = await lookUpVanished(deps, vanishedIds, signal);
      if (error !== null) log.warn({ ...vanished, err: error }, 'not all removals could be confirmed by id');
      if (isImplausible && !isAccepted) {
        if (hiddenIds[0] !== undefined) throw contradicted(vanished.vanishedCount, hiddenIds.length, hiddenIds[0]);
        if (unconfirmedCount > 0) throw unconfirmed(vanished.vanishedCount, error);
      }
      if (hiddenIds.length === 0 || !isFirst) {
        staging.keepUnlisted(hiddenIds);
        if (hiddenIds.length > 0)
          log.warn({ tokenIds: hiddenIds }, 'Omni hides tokens from its list; they stay in the snapshot');
        const breaker = !isImplausible ? null : isAccepted ? 'accepted' : 'confirmed';
        return { listing, confirmedIds, hiddenIds, breaker };
      }
      log.warn(
        { ...vanished, tokenIds: hiddenIds },
        'Omni still returns tokens by id that are missing from its list; listing again',
      );
    }
    listing = await listAgain();
  }
}

interface AskedRemovals {
  confirmedIds: Set<string>;
  hiddenIds: string[];
  /** The number of ids whose lookup proved nothing. */
  unconfirmedCount: number;
  /** The error that ended the lookups early; null if none did. */
  error: OmniError | null;
}

/** Looks up each of these tokens by id, or a random sample if there are many. */
async function lookUpVanished(
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
    // The same credential has just listed the tokens, so a lookup that fails does not cast doubt on the listing.
    if (!(thrown instanceof OmniError)) throw thrown;
    error = thrown;
  }
  return { confirmedIds, hiddenIds, unconfirmedCount: ids.length - confirmedIds.size - hiddenIds.length, error };
}

const acceptHint =
  'Check in Omni whether the tokens are really gone. If they are, run `omni-token-audit audit --accept-removals`';

function contradicted(vanishedCount: number, knownCount: number, tokenId: string): RemovalsUnconfirmedError {
  return new RemovalsUnconfirmedError(
    `${plural(vanishedCount, 'token')} are missing from the listing, even after listing again, but Omni still returns ${knownCount} of them by id (for example ${tokenId}), so this run reported no removals`,
    { hint: acceptHint },
  );
}

function unconfirmed(vanishedCount: number, error: AppError | null): RemovalsUnconfirmedError {
  const why =
    error === null ? 'Omni refused their ids, or could not find tokens that it had just listed' : error.message;
  return new RemovalsUnconfirmedError(
    `${plural(vanishedCount, 'token')} are missing from the listing, and Omni did not confirm by id that they are gone, so this run reported no removals: ${why}`,
    { hint: acceptHint },
  );
}
