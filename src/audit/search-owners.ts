import { OmniError } from '../errors.ts';
import type { OmniApi, User, UserList, UserPage } from '../omni/api.ts';
import { isCheaperById, maxOwnersConfirmed, userListDoubt } from '../rules/user-list-completeness.ts';
import type { WantedOwners } from '../store/wanted-owners.ts';

/** Most owners are regular users, so their list comes first. */
export const userLists: readonly UserList[] = ['regular', 'embed'];

const maxReadings = 3;
const maxPages = 100_000;

/**
 * Finds the wanted owners with as few requests as possible: by reading the lists of users, or by asking for each
 * owner by id when that takes fewer. An owner is missing only when both lists answered 404 for its id, and both
 * answered 200 for the id of a user that they list. Owners that could not be confirmed stay unresolved.
 *
 * @throws OmniError when a list cannot be read or contradicts itself; the signal's reason.
 */
export async function searchOwners(
  omni: Pick<OmniApi, 'userPage' | 'user'>,
  wanted: WantedOwners,
  signal: AbortSignal,
): Promise<void> {
  const search: Search = { omni, wanted, unclear: new Set(), signal };
  const toAsk: ListSearch[] = [];
  for (const list of userLists) {
    if (wanted.openCount() === 0) return;
    const listSearch = createListSearch(list, search);
    const wasAskedById = await listSearch.run();
    if (!wasAskedById) toAsk.push(listSearch);
  }
  wanted.keepMissing();
  const absent = wanted.open().filter((id) => !search.unclear.has(id));
  for (const id of toAsk.length === 0 ? absent : absent.slice(0, maxOwnersConfirmed)) {
    if (await isMissingFrom(toAsk, id)) wanted.missing(id);
  }
}

interface Search {
  omni: Pick<OmniApi, 'userPage' | 'user'>;
  wanted: WantedOwners;
  /** Owners whose answer we could not interpret. A 404 from the other list must not mark them missing. */
  unclear: Set<string>;
  signal: AbortSignal;
}

/** The search in one list of users. */
interface ListSearch {
  /** Returns true when it asked for every unresolved owner by id, so that none of them is in this list. */
  run(): Promise<boolean>;
  /** Whether this list answers 404 for an owner. Throws when a 404 from it proves nothing. */
  lacks(membershipId: string): Promise<boolean>;
}

async function isMissingFrom(lists: readonly ListSearch[], id: string): Promise<boolean> {
  for (const list of lists) if (!(await list.lacks(id))) return false;
  return true;
}

function createListSearch(list: UserList, { omni, wanted, unclear, signal }: Search): ListSearch {
  /** A listed user, which serves as the positive control when asking by id. */
  let control: string | null = null;
  let hasFoundById = false;

  async function readPage(startIndex: number): Promise<UserPage> {
    const page = await omni.userPage(list, startIndex, signal);
    keep(page.users);
    return page;
  }

  function keep(users: readonly User[]): void {
    wanted.found(users.map(({ owner }) => owner).filter((owner) => owner !== null));
    for (const { membershipId, owner } of users) if (owner === null) unclear.add(membershipId);
  }

  /** Returns false only when Omni itself answered 404; true when the list has this user or the answer is unclear. */
  async function hasById(id: string): Promise<boolean> {
    try {
      const user = await omni.user(list, id, signal);
      if (user === null) return false;
      keep([user]);
      hasFoundById = true;
    } catch (error) {
      // Omni rejects the id itself, which does not prove that nobody has it.
      if (!(error instanceof OmniError && error.status === 400)) throw error;
      unclear.add(id);
    }
    return true;
  }

  /** A listed user must be found by id. If it is not, look-up by id is broken and no 404 proves anything. */
  async function requireControl(): Promise<void> {
    if (control === null || hasFoundById || (await hasById(control))) return;
    throw new OmniError('Omni answered 404 for a user by id, although its list has that user', {
      status: 404,
      hint: 'Check whether a proxy answers in Omni’s place; if not, ask Omni',
    });
  }

  /** Reads the list until every owner is found, or one reading proves who is not in it. */
  async function readList(first: UserPage): Promise<void> {
    let doubt = await readOnce(first);
    for (let reading = 2; doubt !== null && reading <= maxReadings; reading += 1) {
      doubt = await readOnce(await readPage(1));
    }
    if (doubt === null) return;
    throw new OmniError(`the list of users contradicted itself in ${maxReadings} readings: ${doubt}`, {
      hint: 'No action needed: users probably changed while they were listed, and the next run reads the list again',
    });
  }

  /** Returns why this reading proves nothing; null when it is complete, or when no owner is left to find. */
  async function readOnce(first: UserPage): Promise<string | null> {
    const ids = new Set<string>();
    const totals: number[] = [];
    let receivedCount = 0;
    let page = first;
    for (let number = 1; number <= maxPages; number += 1) {
      if (wanted.openCount() === 0) return null;
      totals.push(page.totalResults);
      receivedCount += page.users.length;
      for (const { membershipId } of page.users) ids.add(membershipId);
      if (page.users.length === 0 || receivedCount >= page.totalResults) break;
      page = await readPage(receivedCount + 1);
    }
    return userListDoubt({ totals, receivedCount, uniqueCount: ids.size });
  }

  return {
    async run() {
      const first = await readPage(1);
      control = first.users[0]?.membershipId ?? null;
      const { totalResults: totalUsers, users } = first;
      if (!isCheaperById({ totalUsers, pageSize: users.length, wanted: wanted.openCount() })) {
        await readList(first);
        return false;
      }
      for (const id of wanted.open()) await hasById(id);
      if (wanted.openCount() > 0) await requireControl();
      return true;
    },
    async lacks(membershipId) {
      if (await hasById(membershipId)) return false;
      await requireControl();
      return true;
    },
  };
}
