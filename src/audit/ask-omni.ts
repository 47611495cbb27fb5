import { DeadlineError, OmniError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniApi } from '../omni/api.ts';
import type { Credential } from '../rules/credential.ts';
import type { LearnedOwners } from '../rules/owner.ts';
import type { AuditStore } from '../stores.ts';
import { type ConfirmedRemovals, confirmRemovals } from './confirm-removals.ts';
import { type CompleteListing, listTokens } from './list-tokens.ts';
import type { ProgressTracker } from './progress.ts';
import { resolveOwners } from './resolve-owners.ts';

export interface AskOmniDeps {
  omni: OmniApi;
  store: Pick<AuditStore, 'staging' | 'snapshots' | 'wantedOwners'>;
  progress: ProgressTracker;
  log: Logger;
  /** The limit for all requests of one audit together. */
  deadlineMs: number;
}

/** What a run learns from Omni. The tokens and their owners are staged in the store. */
export interface Answers extends ConfirmedRemovals {
  /** The scope and role of our own credential; null when Omni did not say. */
  credential: Credential | null;
  owners: LearnedOwners;
}

/**
 * Asks Omni for everything that a run needs, within the deadline. Without a complete listing and confirmed
 * removals the run fails. Without the credential or the owners it continues.
 *
 * @param acceptRemovals whether an operator vouches for the removal of the tokens that vanished
 * @throws ListingIncompleteError, RemovalsUnconfirmedError, OmniError, DeadlineError; the signal's reason.
 */
export async function askOmni(
  { omni, store, progress, log, deadlineMs }: AskOmniDeps,
  { acceptRemovals }: { acceptRemovals: boolean },
  signal: AbortSignal,
): Promise<Answers> {
  using deadline = startDeadline(deadlineMs, progress);
  const stop = AbortSignal.any([signal, deadline.signal]);
  const list = (): Promise<CompleteListing> => {
    progress.update({ phase: 'listing tokens' });
    return listTokens({ omni, staging: store.staging, progress, log }, stop);
  };
  const first = await list();
  progress.update({ phase: 'confirming removals' });
  const { snapshots, wantedOwners } = store;
  const removals = await confirmRemovals({ omni, snapshots, log, listAgain: list }, first, acceptRemovals, stop);
  const credential = await askCredential(omni, log, stop);
  progress.update({ phase: 'resolving owners' });
  const owners = await resolveOwners({ omni, wantedOwners, log }, stop);
  progress.update({ phase: 'recording' });
  return { ...removals, credential, owners };
}

/** Returns null when whoami fails. Then this run does not compare the credential with the last known one. */
async function askCredential(omni: OmniApi, log: Logger, signal: AbortSignal): Promise<Credential | null> {
  try {
    return await omni.whoami(signal);
  } catch (error) {
    if (!(error instanceof OmniError || error instanceof DeadlineError)) throw error;
    log.warn({ err: error }, 'whoami failed; the scope and role of the credential are unknown in this run');
    return null;
  }
}

function startDeadline(deadlineMs: number, progress: ProgressTracker): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const minutes = deadlineMs / 60_000;
    controller.abort(
      new DeadlineError(`the audit did not finish within ${minutes} minutes; it was at page ${progress.pageCount}`, {
        hint: 'Raise AUDIT_DEADLINE_MINUTES, or have Omni raise the rate limit and set OMNI_REQUESTS_PER_MINUTE',
      }),
    );
  }, deadlineMs);
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
