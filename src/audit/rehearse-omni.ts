import { DatabaseError, DeadlineError, ListingIncompleteError, OmniError } from '../errors.ts';
import type { OmniApi } from '../omni/api.ts';
import { doubtFirstPage } from '../rules/listing-completeness.ts';
import type { Token } from '../rules/token.ts';
import { plural } from '../text/words.ts';
import { msPerMinute } from '../time/duration.ts';
import type { Passed } from './checked-point.ts';
import { probeOwners } from './resolve-owners.ts';
import { probeRoles } from './resolve-roles.ts';
import { requireRightClock } from './run-clock.ts';

/** What a rehearsal needs to know about the requests that an audit sends. */
export interface OmniLimits {
  baseUrl: string;
  requestsPerMinute: number;
  /** How long a whole audit may take. */
  deadlineMs: number;
}

/**
 * Sends the first requests of an audit. An audit continues without whoami and without owners, so their failure is no
 * error here either.
 *
 * @throws OmniError, WrongClockError, ListingIncompleteError, DeadlineError; the signal's reason.
 */
export async function rehearseOmni(api: OmniApi, limits: OmniLimits, signal: AbortSignal): Promise<Passed> {
  const { tokens, totalRecords, isLast, times } = await api.firstTokenPage(signal);
  const clock = requireRightClock(times) ? '' : '; Omni sent no Date header, so the clock was not checked';
  const ids = tokens.map(({ id }) => id);
  const doubt = doubtFirstPage({ ids, totalRecords, isLast });
  if (doubt !== null) {
    throw new ListingIncompleteError(`the first page of the listing is not plausible: ${doubt}`, {
      hint: 'Check OMNI_BASE_URL, and check that no proxy is responding in place of Omni',
    });
  }
  requireEnoughTime(Math.ceil(totalRecords / Math.max(1, ids.length)), limits);
  const credential = await describeOwnCredential(api, signal);
  const owners = await probeOwners(api, signal);
  const roles = await describeRoles(api, tokens, signal);
  const message = `${limits.baseUrl} lists ${plural(totalRecords, 'token')}${credential}${clock}`;
  const ownersText =
    owners === null
      ? 'owners can be read'
      : `owners cannot be read (SCIM), so no owner will be reported as deactivated, missing, external or idle: ${owners.problem}`;
  const hints = [owners?.hint ?? '', roles.hint].filter((hint) => hint !== '');
  return { message: `${message}; ${ownersText}; ${roles.message}`, hint: [...new Set(hints)].join('\n') };
}

/** One account without an answer must not look like a missing right. */
const maxProbedRoles = 3;

async function describeRoles(api: OmniApi, tokens: readonly Token[], signal: AbortSignal): Promise<Required<Passed>> {
  const owners = new Set(tokens.map(({ membershipId }) => membershipId).filter((id) => id !== null));
  const { tried, usable, problem } = await probeRoles(api, [...owners].slice(0, maxProbedRoles), signal);
  if (tried === 0) return { message: 'no token on the first page has an owner, so roles were not tried', hint: '' };
  if (problem === null) return { message: 'roles can be read', hint: '' };
  const which = `roles of ${tried - usable} of the ${plural(tried, 'owner')} tried cannot be read`;
  return { message: `${which}, so mails do not say what their tokens can do: ${problem.problem}`, hint: problem.hint };
}

/** At least whoami and one page of each list of users. */
const otherRequests = 3;

/** @throws DeadlineError when the pages alone take longer than an audit may, at the configured rate. */
function requireEnoughTime(pageCount: number, { requestsPerMinute, deadlineMs }: OmniLimits): void {
  // The requests of the first minute are sent at once.
  const minutes = Math.ceil((pageCount + otherRequests) / requestsPerMinute) - 1;
  if (minutes * msPerMinute <= deadlineMs) return;
  throw new DeadlineError(
    `listing ${plural(pageCount, 'page')} of tokens takes at least ${plural(minutes, 'minute')} at ${plural(requestsPerMinute, 'request')} a minute, but an audit may take only ${deadlineMs / msPerMinute}`,
    {
      hint: 'Raise AUDIT_DEADLINE_MINUTES, or ask Omni support for a higher rate limit and set OMNI_REQUESTS_PER_MINUTE to it',
    },
  );
}

async function describeOwnCredential(api: OmniApi, signal: AbortSignal): Promise<string> {
  try {
    const credential = await api.whoami(signal);
    return credential === null ? '' : `; the credential is ${credential.keyScope}-scoped, ${credential.orgRole}`;
  } catch (error) {
    if (!(error instanceof OmniError)) throw error;
    return `; the rights of the credential are unknown (${error.message})`;
  }
}

/** The part of the database that `--adopt-url` compares and changes. */
export interface Adoption {
  /** Returns the ids of the tokens as of the last complete run; none if there is no database yet. */
  currentTokenIds(): Set<string>;
  /** Binds the database to the new base URL. Returns the former one. @throws AuditLockedError, DatabaseError */
  adopt(): string | null;
}

/** Lists all tokens once. Returns their ids, even when the walk ended early. @throws OmniError; the signal's reason. */
export async function listTokenIds(api: OmniApi, signal: AbortSignal): Promise<Set<string>> {
  const ids = new Set<string>();
  await api.walkTokens((page) => {
    for (const { id } of page.tokens) ids.add(id);
  }, signal);
  return ids;
}

/**
 * Binds the database to this base URL if at least one of its tokens is listed there. Another organisation has none of
 * them.
 *
 * @throws DatabaseError when none is listed; AuditLockedError.
 */
export function adoptUrl(listed: Set<string>, { currentTokenIds, adopt }: Adoption, baseUrl: string): Passed {
  const known = currentTokenIds();
  if (known.size === 0)
    return { message: `there are no tokens in the database yet: the next audit binds it to ${baseUrl}` };
  const shared = [...listed].filter((id) => known.has(id)).length;
  const share = `${shared} of its ${plural(known.size, 'token')} ${shared === 1 ? 'is' : 'are'} among the ${listed.size} listed by ${baseUrl}`;
  if (shared === 0) {
    throw new DatabaseError(`the database was not adopted: ${share}`, {
      hint: 'Check OMNI_BASE_URL and OMNI_API_TOKEN: they belong to another organisation. Use a different DATABASE_PATH for each organisation',
    });
  }
  const former = adopt();
  return { message: `the database now belongs to ${baseUrl} (previously: ${former ?? 'no organisation'}); ${share}` };
}
