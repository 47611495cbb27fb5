import { CredentialRefusedError, DeadlineError, OmniError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { OmniClient } from '../omni/client.ts';
import { lookUpOwners } from '../omni/owner-lookup.ts';
import type { LearnedOwners } from '../rules/owner.ts';
import type { WantedOwners } from '../store/wanted-owners.ts';

/**
 * Learns the owners of the staged tokens. An audit never fails for want of them: it goes on
 * without, and says so.
 *
 * @throws the signal's reason, unless it is the end of the time for the audit.
 */
export async function learnOwners(
  { omni, wantedOwners, log }: { omni: OmniClient; wantedOwners: WantedOwners; log: Logger },
  signal: AbortSignal,
): Promise<LearnedOwners> {
  wantedOwners.collect();
  try {
    await lookUpOwners(omni, wantedOwners, signal);
    return { known: true, unresolved: wantedOwners.openCount() };
  } catch (error) {
    if (!(error instanceof OmniError || error instanceof DeadlineError)) throw error;
    wantedOwners.forget();
    log.warn({ err: error }, 'the owners are unknown in this audit');
    return { known: false, problem: error.message, hint: ownersHint(error) };
  }
}

/** What to do so that owners become known. */
export function ownersHint(error: OmniError | DeadlineError): string {
  if (!(error instanceof CredentialRefusedError)) return error.hint;
  return 'Owners can be asked for (SCIM) with an organization API key only: make one in Omni under Settings > API access, or, if this is one, ask Omni why it is refused';
}
