import { CredentialReducedError, DeadlineError, OmniError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniApi } from '../omni/api.ts';
import { type Credential, compareCredentials, describeCredential } from '../rules/credential.ts';
import type { LearnedOwners } from '../rules/owner.ts';
import { isStillRevoked } from '../rules/register.ts';
import type { LearnedRoles } from '../rules/role.ts';
import type { ReadRegister, RegisterReader } from '../store/register.ts';
import type { AuditStore } from '../stores.ts';
import { plural } from '../text/words.ts';
import { type ConfirmedRemovals, confirmRemovals } from './confirm-removals.ts';
import { type CompleteListing, listTokens } from './list-tokens.ts';
import type { ProgressTracker } from './progress.ts';
import { resolveOwners } from './resolve-owners.ts';
import { resolveRoles } from './resolve-roles.ts';
import { createRunClock, type RunInstant } from './run-clock.ts';

export interface AskOmniDeps {
  omni: OmniApi;
  store: Pick<AuditStore, 'runs' | 'staging' | 'snapshots' | 'wantedOwners' | 'roles' | 'register'>;
  progress: ProgressTracker;
  log: Logger;
  /** Returns at least 0 and less than 1. */
  random(): number;
  /** The time limit for all requests of one audit together. */
  deadlineMs: number;
  /** Omni's rate limit. */
  requestsPerMinute: number;
  /** What the run read. */
  register: ReadRegister;
}

/** What a run learns from Omni. The tokens and their owners are staged in the store. */
export interface Answers extends ConfirmedRemovals {
  /** The scope and role of our own credential; null when Omni did not say. */
  credential: Credential | null;
  instant: RunInstant;
  owners: LearnedOwners;
  roles: LearnedRoles;
}

/**
 * Asks Omni for everything that a run needs, within the deadline. Throws when the listing is not complete, or when
 * the number of removals is implausibly large and they are not confirmed. Continues without the credential, the owners or their
 * roles.
 *
 * @param acceptRemovals whether an operator vouches for the removal of the tokens that vanished
 * @throws WrongClockError, ListingIncompleteError, RemovalsUnconfirmedError, CredentialReducedError, OmniError,
 *   DeadlineError; the signal's reason.
 */
export async function askOmni(
  { omni, store, progress, log, random, deadlineMs, requestsPerMinute, register }: AskOmniDeps,
  { acceptRemovals }: { acceptRemovals: boolean },
  signal: AbortSignal,
): Promise<Answers> {
  using deadline = startDeadline(deadlineMs, progress);
  const stop = AbortSignal.any([signal, deadline.signal]);
  const runClock = createRunClock(log);
  const list = (): Promise<CompleteListing> => {
    progress.update({ phase: 'listing tokens' });
    return listTokens({ omni, staging: store.staging, progress, checkTimes: runClock.check, log }, stop);
  };
  const known = store.runs.lastCredential();
  progress.update({ phase: 'listing tokens' });
  let credential = await askCredential(omni, log, stop);
  const first = await list();
  progress.update({ phase: 'confirming removals' });
  const removals = await confirmRemovals(
    {
      ...store,
      omni,
      log,
      random,
      listAgain: list,
      hiddenBefore: store.runs.lastHiddenIds(),
      isToBeRevoked: (id) => isToBeRevoked(register, store.register, id),
      async checkCredential() {
        // It may have changed while the tokens were listed, so the first answer does not count.
        credential = await askCredential(omni, log, stop);
        requireNotReduced(known, credential);
        return known === null || credential !== null;
      },
    },
    first,
    acceptRemovals,
    stop,
  );
  progress.update({ phase: 'resolving owners' });
  const instant = runClock.instant();
  const owners = await resolveOwners({ ...store, omni, log }, instant.at, stop);
  progress.update({ phase: 'asking for roles' });
  const roles = await resolveRoles({ ...store, omni, log }, requestsPerMinute, stop);
  progress.update({ phase: 'recording' });
  return { ...removals, credential, instant, owners, roles };
}

/** Returns whether a token is to be revoked, by the file that this run read or by what counts without it. */
function isToBeRevoked(read: ReadRegister, stored: RegisterReader, id: string): boolean {
  if (read.kind === 'none') return false;
  const row = read.kind === 'read' ? (read.rows.get(id) ?? null) : null;
  return row?.decision === 'revoke' || isStillRevoked(stored.entryOf(id), row);
}

/** Throws if our credential has lost rights, because vanished tokens may only be hidden from it. */
function requireNotReduced(before: Credential | null, after: Credential | null): void {
  if (before === null || after === null || compareCredentials(before, after) !== 'less') return;
  throw new CredentialReducedError(
    `tokens are missing from the listing, and OMNI_API_TOKEN has fewer rights than before: it was ${describeCredential(before)} and is now ${describeCredential(after)}`,
    {
      hint: 'Restore the credential’s rights in Omni, or set OMNI_API_TOKEN to a new organization API key. If the change is intended, run `omni-token-audit audit --accept-removals`',
    },
  );
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
      new DeadlineError(
        `the audit did not finish within ${plural(minutes, 'minute')}; it had read ${plural(progress.pageCount, 'page')} of tokens`,
        {
          hint: 'Raise AUDIT_DEADLINE_MINUTES, or ask Omni support for a higher rate limit and set OMNI_REQUESTS_PER_MINUTE to it',
        },
      ),
    );
  }, deadlineMs);
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
