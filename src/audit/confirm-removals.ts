import { RemovalsUnprovedError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniClient } from '../omni/client.ts';
import { tokenExists } from '../omni/token-listing.ts';
import { type BreakerVerdict, removalSample, tripsBreaker } from '../rules/removal-policy.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { ProvedListing } from './list-tokens.ts';

/** What was found out about the tokens that are gone from a listing. */
export interface ConfirmedRemovals {
  /** The listing that was believed in the end. */
  listing: ProvedListing;
  /** Ids for which Omni answered 404. */
  confirmedIds: ReadonlySet<string>;
  breaker: BreakerVerdict | null;
}

export interface ConfirmRemovalsDeps {
  omni: OmniClient;
  snapshots: Snapshots;
  log: Logger;
  /** Another listing that is proved complete, in the place of the staged one. */
  listAgain(): Promise<ProvedListing>;
}

/**
 * Compares the staged listing with the snapshot before and believes in removals only when Omni
 * confirms them by id. An unlikely number of them makes it list a second time first; a token that
 * Omni still knows does too, for the listing is wrong then.
 *
 * @param isAccepted an operator vouches for the removals: nothing is asked.
 * @throws RemovalsUnprovedError when Omni still knows what its listings do not have; OmniError; the signal's reason.
 */
export async function confirmRemovals(
  { omni, snapshots, log, listAgain }: ConfirmRemovalsDeps,
  first: ProvedListing,
  isAccepted: boolean,
  signal: AbortSignal,
): Promise<ConfirmedRemovals> {
  let listing = first;
  let walkedAgain = false;
  let wasContradicted = false;
  for (;;) {
    const facts = snapshots.compare();
    const isUnlikely = tripsBreaker(facts);
    if (facts.vanishedCount === 0 || isAccepted) {
      return { listing, confirmedIds: new Set(), breaker: isUnlikely ? 'accepted' : null };
    }
    if (isUnlikely && !walkedAgain) {
      log.warn(facts, 'an unlikely number of tokens is gone: listing again');
    } else {
      const sample = removalSample(snapshots.vanishedIds());
      const known = await firstKnown(omni, sample, signal);
      if (known === null) return { listing, confirmedIds: new Set(sample), breaker: isUnlikely ? 'confirmed' : null };
      if (wasContradicted) throw unproved(facts.vanishedCount, known);
      wasContradicted = true;
      log.warn({ ...facts, tokenId: known }, 'Omni still knows a token that its listing has not: listing again');
    }
    listing = await listAgain();
    walkedAgain = true;
  }
}

/** The first of some tokens that Omni still knows; null: it knows none. */
async function firstKnown(omni: OmniClient, ids: readonly string[], signal: AbortSignal): Promise<string | null> {
  for (const id of ids) if (await tokenExists(omni, id, signal)) return id;
  return null;
}

function unproved(vanishedCount: number, tokenId: string): RemovalsUnprovedError {
  const count = vanishedCount === 1 ? '1 token is' : `${vanishedCount} tokens are`;
  return new RemovalsUnprovedError(
    `${count} gone from the listing, but Omni still knows ${vanishedCount === 1 ? 'it' : 'some of them'} by id (such as ${tokenId}), also after listing again`,
    {
      hint: 'Nothing was concluded from it. Look in Omni; if the tokens are gone indeed, run `omni-token-audit audit --accept-removals`',
    },
  );
}
