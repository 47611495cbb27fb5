import { DeadlineError, OmniError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniClient } from '../omni/client.ts';
import { askWhoami } from '../omni/credential.ts';
import type { Credential } from '../rules/credential.ts';
import type { LearnedOwners } from '../rules/owner.ts';
import type { AuditStore } from '../stores.ts';
import { type ConfirmedRemovals, confirmRemovals } from './confirm-removals.ts';
import { proveListing } from './list-tokens.ts';
import type { AuditPhase, AuditProgress, ProgressListener } from './progress.ts';
import { learnOwners } from './resolve-owners.ts';

export interface AskOmniDeps {
  omni: OmniClient;
  store: Pick<AuditStore, 'staging' | 'snapshots' | 'wantedOwners'>;
  log: Logger;
  /** For all questions of one audit together. */
  deadlineMs: number;
}

/** All that a run learns from Omni; tokens, changes and owners are staged in the store. */
export interface Answers extends ConfirmedRemovals {
  /** null: Omni did not say what the auditor's credential is. */
  credential: Credential | null;
  owners: LearnedOwners;
}

/**
 * Asks Omni everything, within the deadline: the tokens, whether those that are gone are gone
 * indeed, what the auditor's own credential is, and who owns the tokens. Without tokens the run
 * fails; without the rest it goes on.
 *
 * @throws ListingIncompleteError, RemovalsUnprovedError, OmniError, DeadlineError; the signal's reason.
 */
export async function askOmni(
  { omni, store, log, deadlineMs }: AskOmniDeps,
  options: { acceptRemovals: boolean; onProgress?: ProgressListener },
  progress: AuditProgress,
  signal: AbortSignal,
): Promise<Answers> {
  using deadline = startDeadline(deadlineMs, progress);
  const either = AbortSignal.any([signal, deadline.signal]);
  const enter = (phase: AuditPhase): void => {
    progress.phase = phase;
    options.onProgress?.(progress);
  };
  const list = () => {
    enter('listing tokens');
    return proveListing(omni, store.staging, progress, log, either, options.onProgress);
  };
  const first = await list();
  enter('confirming removals');
  const removals = await confirmRemovals(
    { omni, snapshots: store.snapshots, log, listAgain: list },
    first,
    options.acceptRemovals,
    either,
  );
  const credential = await askCredential(omni, log, either);
  enter('learning owners');
  const owners = await learnOwners({ omni, wantedOwners: store.wantedOwners, log }, either);
  enter('writing it down');
  return { ...removals, credential, owners };
}

/** Where whoami fails, the credential is unknown in this run and no change of it can be told. */
async function askCredential(omni: OmniClient, log: Logger, signal: AbortSignal): Promise<Credential | null> {
  try {
    return await askWhoami(omni, signal);
  } catch (error) {
    if (!(error instanceof OmniError || error instanceof DeadlineError)) throw error;
    log.warn({ err: error }, 'what the credential is, is unknown in this audit');
    return null;
  }
}

function startDeadline(deadlineMs: number, progress: AuditProgress): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const minutes = deadlineMs / 60_000;
    controller.abort(
      new DeadlineError(`the audit was not done within ${minutes} minutes, at page ${progress.pageCount}`, {
        hint: 'Raise AUDIT_DEADLINE_MINUTES, or have Omni raise the rate limit and set OMNI_REQUESTS_PER_MINUTE',
      }),
    );
  }, deadlineMs);
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
