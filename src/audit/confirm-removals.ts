import { CredentialRefusedError, OmniError, RemovalsUnconfirmedError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniApi } from '../omni/api.ts';
import { type BreakerVerdict, planRemovals, removalSample } from '../rules/removal-policy.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { CompleteListing } from './list-tokens.ts';

export interface ConfirmRemovalsDeps {
  omni: Pick<OmniApi, 'tokenExists'>;
  snapshots: Pick<Snapshots, 'count' | 'vanishedIds'>;
  log: Logger;
  /** Replaces the staged listing with another complete one. */
  listAgain(): Promise<CompleteListing>;
}

export interface ConfirmedRemovals {
  /** The listing that becomes the snapshot. */
  listing: CompleteListing;
  /** Ids for which Omni answered 404. */
  confirmedIds: ReadonlySet<string>;
  /** Why an unlikely number of removals was believed; null when there was none. */
  breaker: BreakerVerdict | null;
}

/**
 * Compares the staged listing with the previous snapshot, and asks Omni by id for the tokens that
 * vanished. Lists again when an unlikely number vanished, and when Omni still knows one of them.
 *
 * @param isAccepted whether an operator vouches for the removals, so that Omni is not asked
 * @throws RemovalsUnconfirmedError when Omni still knows a token that a second listing lacks too;
 *   OmniError when it cannot ask; the signal's reason.
 */
export async function confirmRemovals(
  { omni, snapshots, log, listAgain }: ConfirmRemovalsDeps,
  first: CompleteListing,
  isAccepted: boolean,
  signal: AbortSignal,
): Promise<ConfirmedRemovals> {
  let listing = first;
  let hasListedAgain = false;
  let wasContradicted = false;
  for (;;) {
    const vanishedIds = snapshots.vanishedIds();
    const vanished = { vanishedCount: vanishedIds.length, previousCount: snapshots.count() };
    const plan = planRemovals(vanished, { isAccepted, hasListedAgain });
    if (plan.kind === 'conclude') return { listing, confirmedIds: new Set(), breaker: plan.breaker };
    if (plan.kind === 'ask') {
      const sample = removalSample(vanishedIds);
      const existing = await firstExisting(omni, sample, signal);
      if (existing === null) return { listing, confirmedIds: new Set(sample), breaker: plan.breaker };
      if (wasContradicted) throw contradicted(vanished.vanishedCount, existing);
      wasContradicted = true;
      log.warn({ ...vanished, tokenId: existing }, 'Omni still knows a token that its listing lacks: listing again');
    } else {
      log.warn(vanished, 'an unlikely number of tokens vanished: listing again');
    }
    listing = await listAgain();
    hasListedAgain = true;
  }
}

/** Returns the first of these tokens that Omni still knows; null when it knows none. */
async function firstExisting(
  omni: ConfirmRemovalsDeps['omni'],
  ids: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  for (const id of ids) {
    try {
      if (await omni.tokenExists(id, signal)) return id;
    } catch (error) {
      if (!(error instanceof CredentialRefusedError)) throw error;
      // The same credential has just listed the tokens, so Omni refuses this question and not the credential.
      throw new OmniError(`Omni answered ${error.status} when asked for token ${id} by its id`, {
        status: error.status ?? 400,
        cause: error,
        hint: 'Its removal cannot be confirmed. If it is really gone, run `omni-token-audit audit --accept-removals`',
      });
    }
  }
  return null;
}

function contradicted(vanishedCount: number, tokenId: string): RemovalsUnconfirmedError {
  const [count, which] =
    vanishedCount === 1
      ? ['1 token is', `it by id (${tokenId})`]
      : [`${vanishedCount} tokens are`, `some of them by id (for example ${tokenId})`];
  return new RemovalsUnconfirmedError(
    `${count} gone from the listing, but Omni still knows ${which}, even after listing again`,
    {
      hint: 'Nothing was concluded from it. Check in Omni; if the tokens are really gone, run `omni-token-audit audit --accept-removals`',
    },
  );
}
