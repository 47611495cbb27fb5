import { DeadlineError, OmniError } from '../errors.ts';
import type { OmniApi, User, UserPage } from '../omni/api.ts';
import type { UserList } from '../rules/owner.ts';
import { isCheaperById, maxLookups, userListDoubt } from '../rules/user-list-completeness.ts';
import type { WantedOwners } from '../store/wanted-owners.ts';
import { askByIds } from './ask-by-id.ts';

/** Most owners are regular users, so their list comes first. */
export const userLists: readonly UserList[] = ['regular', 'embed'];

const maxReadings = 3;
const maxPages = 100_000;

interface Search {
  omni: Pick<OmniApi, 'userPage' | 'user'>;
  wanted: WantedOwners;
  /** Owners whose answer we could not interpret. A 404 from the other list must not mark them missing. */
  unclear: Set<string>;
  signal: AbortSignal;
}

/** A list that has been searched. */
interface SearchedList {
  list: UserList;
  /** No unresolved owner can be in it, because it has no users or because each owner was looked up in it by id. */
  isSettled: boolean;
  /** Ids of users that it shows. */
  controls: readonly string[];
  /** What ended its lookups by id early. */
  error: LookUpError | null;
}

/**
 * Finds the wanted owners with as few requests as possible: by reading the lists of users, or by looking up each
 * owner by id when that takes fewer. Omni may hide users from its lists. So it looks up by id some of the owners
 * that no list shows, starting with the one asked longest ago. An owner is missing only when each list that has
 * users answered 404 for its id while it found users that it shows. All others stay unresolved.
 *
 * @returns the error that ended the lookups by id early, or null; what was found until then counts
 * @throws OmniError when a list cannot be read or contradicts itself; the signal's reason.
 */
export async function searchOwners(
  omni: Search['omni'],
  wanted: WantedOwners,
  signal: AbortSignal,
): Promise<LookUpError | null> {
  const search: Search = { omni, wanted, unclear: new Set(), signal };
  const unsettled: SearchedList[] = [];
  for (const list of userLists) {
    if (wanted.openCount() === 0) return null;
    const searched = await searchList(list, search);
    if (searched.error !== null) return searched.error;
    if (!searched.isSettled) unsettled.push(searched);
  }
  const hidden = wanted.openByAge().filter((id) => !search.unclear.has(id));
  let absent = unsettled.length === 0 ? hidden : hidden.slice(0, maxLookups(hidden.length));
  for (const { list, controls } of unsettled) {
    const result = await lookUp(list, absent, controls, search);
    if (result.error !== null) return result.error;
    absent = result.absent;
  }
  for (const id of absent) wanted.missing(id);
  return null;
}

async function searchList(list: UserList, search: Search): Promise<SearchedList> {
  const { omni, wanted, signal } = search;
  const first = await omni.userPage(list, 1, signal);
  const controls = first.users.map(({ membershipId }) => membershipId);
  const { totalResults: totalUsers, users } = first;
  if (users.length > 0 && isCheaperById({ totalUsers, pageSize: users.length, wanted: wanted.openCount() })) {
    const { error } = await lookUp(list, wanted.openByAge(), controls, search);
    return { list, isSettled: true, controls, error };
  }
  await readList(list, first, search);
  return { list, isSettled: totalUsers === 0, controls, error: null };
}

type LookUpError = OmniError | DeadlineError;

/** Looks up each of these owners in a list by id. Returns the ids that it does not have, and what ended it early. */
async function lookUp(
  list: UserList,
  ids: readonly string[],
  controls: readonly string[],
  search: Search,
): Promise<{ absent: string[]; error: LookUpError | null }> {
  const { omni, wanted, unclear, signal } = search;
  const absent: string[] = [];
  const route = { ask: (id: string) => omni.user(list, id, signal), controls };
  try {
    for await (const { id, answer } of askByIds(route, ids, signal)) {
      wanted.asked(id);
      if (answer.kind === 'found') keep(list, [answer.value], search);
      else if (answer.kind === 'absent') absent.push(id);
      else unclear.add(id);
    }
  } catch (error) {
    if (error instanceof OmniError || error instanceof DeadlineError) return { absent, error };
    throw error;
  }
  return { absent, error: null };
}

/** Reads the list, up to three times, until a reading is complete. */
async function readList(list: UserList, first: UserPage, search: Search): Promise<void> {
  const { omni, signal } = search;
  let doubt = await readOnce(list, first, search);
  for (let reading = 2; doubt !== null && reading <= maxReadings; reading += 1) {
    doubt = await readOnce(list, await omni.userPage(list, 1, signal), search);
  }
  if (doubt === null) return;
  throw new OmniError(
    `the list of ${list} users was inconsistent in all ${maxReadings} attempts to read it: ${doubt}`,
    {
      hint: 'No action needed: users probably changed while they were being listed, and the next run reads the list again',
    },
  );
}

/** Returns why this reading proves nothing; null when it is complete. */
async function readOnce(list: UserList, first: UserPage, search: Search): Promise<string | null> {
  const { omni, wanted, signal } = search;
  // An earlier reading was not complete, so nothing from it counts.
  wanted.forget(list);
  const ids = new Set<string>();
  const totals: number[] = [];
  let receivedCount = 0;
  let page = first;
  for (let number = 1; number <= maxPages; number += 1) {
    keep(list, page.users, search);
    totals.push(page.totalResults);
    receivedCount += page.users.length;
    for (const { membershipId } of page.users) ids.add(membershipId);
    if (page.users.length === 0 || receivedCount >= page.totalResults) break;
    page = await omni.userPage(list, receivedCount + 1, signal);
  }
  return userListDoubt({ totals, receivedCount, uniqueCount: ids.size, mayBeEmpty: list === 'embed' });
}

function keep(list: UserList, users: readonly User[], { wanted, unclear }: Search): void {
  wanted.found(
    list,
    users.map(({ owner }) => owner).filter((owner) => owner !== null),
  );
  for (const { membershipId, owner } of users) if (owner === null) unclear.add(membershipId);
}
