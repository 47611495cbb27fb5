import { CredentialRefusedError, DeadlineError, OmniError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniApi } from '../omni/api.ts';
import type { LearnedOwners, OwnersProblem } from '../rules/owner.ts';
import { emptyUserList, lookupLifeDays, lookupToleranceMs } from '../rules/user-list-completeness.ts';
import type { WantedOwners } from '../store/wanted-owners.ts';
import { msPerDay } from '../time/duration.ts';
import { searchOwners, userLists } from './search-owners.ts';

export interface ResolveOwnersDeps {
  omni: Pick<OmniApi, 'userPage' | 'user'>;
  wantedOwners: WantedOwners;
  log: Logger;
}

/**
 * Resolves the owners of the staged tokens. When Omni's users cannot be read or the deadline has passed, all
 * owners are unknown in this run; the audit continues without them and reports that.
 *
 * @throws the signal's reason, except for the deadline.
 */
export async function resolveOwners(
  { omni, wantedOwners, log }: ResolveOwnersDeps,
  now: Date,
  signal: AbortSignal,
): Promise<LearnedOwners> {
  wantedOwners.collect();
  try {
    const cutShort = await searchOwners(omni, wantedOwners, signal);
    if (cutShort !== null) log.warn({ err: cutShort }, 'some owners could not be looked up by id in this run');
    wantedOwners.remember(new Date(now.getTime() - lookupLifeDays * msPerDay - lookupToleranceMs));
    return { known: true, unresolved: wantedOwners.openCount() };
  } catch (error) {
    if (!(error instanceof OmniError || error instanceof DeadlineError)) throw error;
    wantedOwners.forget();
    log.warn({ err: error }, 'the owners could not be read; they are unknown in this run');
    return { known: false, ...describeProblem(error) };
  }
}

/**
 * Reads the first page of each list. Returns why owners cannot be resolved; null when both lists can be read.
 *
 * @throws the signal's reason.
 */
export async function probeOwners(omni: Pick<OmniApi, 'userPage'>, signal: AbortSignal): Promise<OwnersProblem | null> {
  try {
    for (const list of userLists) {
      const { totalResults } = await omni.userPage(list, 1, signal);
      if (totalResults === 0 && list === 'regular')
        return {
          problem: emptyUserList,
          hint: 'Check that no proxy is responding in place of Omni. If none is, contact Omni support',
        };
    }
    return null;
  } catch (error) {
    if (error instanceof OmniError) return describeProblem(error);
    throw error;
  }
}

function describeProblem(error: OmniError | DeadlineError): OwnersProblem {
  const hint =
    error instanceof CredentialRefusedError
      ? 'Create an organization API key in Omni (Settings › API access), because no other key can read users (SCIM). If OMNI_API_TOKEN already is an organization API key, contact Omni support'
      : error.hint;
  return { problem: error.message, hint };
}
