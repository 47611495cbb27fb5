import { type AppError, OmniError, RemovalsUnconfirmedError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniApi } from '../omni/api.ts';
import {
  type BreakerVerdict,
  type ConfirmedRound,
  chooseLookUps,
  judgeRound,
  tripsBreaker,
} from '../rules/removal-policy.ts';
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
  /** Tokens that the previous complete run found by id although the list lacked them. */
  hiddenBefore: readonly string[];
  /** Returns whether the register says to revoke a token. Only a 404 proves that this was done. */
  isToBeRevoked(id: string): boolean;
  /** Replaces the staged listing with another complete one. */
  listAgain(): Promise<CompleteListing>;
  /**
   * Returns whether our own credential could be compared with the last known one, or none was ever known. Called
   * when tokens have vanished. Throws if the credential has lost rights.
   */
  checkCredential(): Promise<boolean>;
}

export interface ConfirmedRemovals {
  /** The listing that becomes the snapshot. */
  listing: CompleteListing;
  /** Vanished tokens for which Omni returned 404, at a time when it still found other tokens by id. */
  confirmedIds: ReadonlySet<string>;
  /**
   * Tokens that are missing from Omni's list and stay in the snapshot: Omni still finds them by id, or they are to be
   * revoked and Omni did not answer 404.
   */
  hiddenIds: readonly string[];
  /** Why an implausibly large number of removals was accepted; null if the number was plausible. */
  breaker: BreakerVerdict | null;
}

/** The number of ids to offer as controls: enough that some remain even if several have just been deleted. */
const controlCount = 30;

/**
 * Compares the staged listing with the previous snapshot, and looks up by id the tokens that vanished. Lists again
 * when suspiciously many vanished, and when Omni still finds one of them. A token that was hidden before has not
 * vanished for as long as Omni finds it by id.
 *
 * @param isAccepted whether an operator vouches for the removals, so that any number is accepted
 * @throws RemovalsUnconfirmedError when suspiciously many vanished and Omni does not confirm each one that we
 *   looked up; what `checkCredential` throws; OmniError; the signal's reason.
 */
export async function confirmRemovals(
  deps: ConfirmRemovalsDeps,
  first: CompleteListing,
  isAccepted: boolean,
  signal: AbortSignal,
): Promise<ConfirmedRemovals> {
  const { snapshots, staging, log } = deps;
  const stillHidden = await findStillHidden(deps, signal);
  const timesFound = new Map<string, number>();
  let listing = first;
  for (let listings = 1; ; listings += 1) {
    const missing = new Set(snapshots.vanishedIds());
    const knownHidden = stillHidden.filter((id) => missing.delete(id));
    staging.keepUnlisted(knownHidden);
    if (missing.size === 0) return { listing, confirmedIds: new Set(), hiddenIds: knownHidden, breaker: null };
    const vanishedIds = [...missing];
    const facts = { vanishedCount: vanishedIds.length, previousCount: snapshots.count() };
    const isChecked = isAccepted || (await deps.checkCredential());
    const isUnlikely = tripsBreaker(facts) && !isAccepted;
    if (!(isUnlikely && listings === 1)) {
      const round = await lookUpVanished(deps, vanishedIds, timesFound, signal);
      if (round.error !== null) log.warn({ ...facts, err: round.error }, 'not all removals could be confirmed by id');
      const verdict = judgeRound({ ...round, ...facts, isUnlikely, isAccepted, isChecked, listings });
      if (verdict.kind === 'contradicted') throw contradicted(facts.vanishedCount, round.foundIds);
      if (verdict.kind === 'unconfirmed') throw unconfirmed(facts.vanishedCount, isChecked, round.error);
      if (verdict.kind === 'conclude') {
        const unproved = vanishedIds.filter((id) => deps.isToBeRevoked(id) && !round.confirmedIds.has(id));
        const kept = [...new Set([...round.foundIds, ...unproved])];
        staging.keepUnlisted(kept);
        if (kept.length > 0) {
          log.warn({ tokenIds: kept }, 'Omni hides tokens from its list; they stay in the snapshot');
        }
        const hiddenIds = [...knownHidden, ...kept];
        const breaker = tripsBreaker(facts) ? (isAccepted ? 'accepted' : 'confirmed') : null;
        return { listing, confirmedIds: round.confirmedIds, hiddenIds, breaker };
      }
    }
    log.warn(facts, 'suspiciously many tokens have vanished, or Omni still finds some of them by id; listing again');
    listing = await deps.listAgain();
  }
}

/** Returns the tokens that were hidden before, are still missing from the list, and are not proved gone by id. */
async function findStillHidden(deps: ConfirmRemovalsDeps, signal: AbortSignal): Promise<string[]> {
  const vanished = new Set(deps.hiddenBefore.length === 0 ? [] : deps.snapshots.vanishedIds());
  const ids = deps.hiddenBefore.filter((id) => vanished.has(id));
  const { confirmedIds } = await lookUp(deps, ids, signal);
  return ids.filter((id) => !confirmedIds.has(id));
}

/** Looks up the vanished tokens, or a sample. `timesFound` counts the listings after which each was found. */
async function lookUpVanished(
  deps: ConfirmRemovalsDeps,
  vanishedIds: readonly string[],
  timesFound: Map<string, number>,
  signal: AbortSignal,
): Promise<LookedUp & ConfirmedRound> {
  const mustAsk = [...timesFound.keys(), ...vanishedIds.filter(deps.isToBeRevoked)];
  const ids = chooseLookUps(vanishedIds, mustAsk, deps.random);
  const result = await lookUp(deps, ids, signal);
  for (const id of result.foundIds) timesFound.set(id, (timesFound.get(id) ?? 0) + 1);
  const foundOnceCount = result.foundIds.filter((id) => timesFound.get(id) === 1).length;
  return { ...result, foundCount: result.foundIds.length, foundOnceCount, lookedUpCount: ids.length };
}

interface LookedUp {
  confirmedIds: Set<string>;
  foundIds: string[];
  confirmedCount: number;
  /** What ended the lookups early. */
  error: OmniError | null;
}

async function lookUp(
  { omni, snapshots }: ConfirmRemovalsDeps,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<LookedUp> {
  const confirmedIds = new Set<string>();
  const foundIds: string[] = [];
  let error: OmniError | null = null;
  const route = {
    ask: async (id: string) => ((await omni.tokenExists(id, signal)) ? id : null),
    controls: ids.length === 0 ? [] : snapshots.listedIds(controlCount),
  };
  try {
    for await (const { id, answer } of askByIds(route, ids, signal)) {
      if (answer.kind === 'absent') confirmedIds.add(id);
      if (answer.kind === 'found') foundIds.push(id);
    }
  } catch (thrown) {
    // The same credential has just listed the tokens, so it is the lookup that fails and not the listing.
    if (!(thrown instanceof OmniError)) throw thrown;
    error = thrown;
  }
  return { confirmedIds, foundIds, confirmedCount: confirmedIds.size, error };
}

const acceptHint =
  'Check in Omni whether the tokens are really gone. If they are, run `omni-token-audit audit --accept-removals`';

function contradicted(vanishedCount: number, foundIds: readonly string[]): RemovalsUnconfirmedError {
  return new RemovalsUnconfirmedError(
    `${plural(vanishedCount, 'token')} are missing from the listing, even after listing again, but Omni still returns ${foundIds.length} of them by id (for example ${foundIds[0]}), so this run reported no removals`,
    { hint: acceptHint },
  );
}

function unconfirmed(vanishedCount: number, isChecked: boolean, error: AppError | null): RemovalsUnconfirmedError {
  const refused = 'Omni refused their ids, or could not find tokens that it had just listed';
  const why = isChecked ? (error?.message ?? refused) : 'Omni did not say whether our own credential has lost rights';
  return new RemovalsUnconfirmedError(
    `${plural(vanishedCount, 'token')} are missing from the listing, and Omni did not confirm that they are gone, so this run reported no removals: ${why}`,
    { hint: acceptHint },
  );
}
