import { NotFoundError, OmniError } from '../errors.ts';
import type { Owner } from '../rules/owner.ts';
import { isCheaperById, maxOwnerProof, userListDoubt } from '../rules/user-list-completeness.ts';
import type { OmniClient } from './client.ts';
import { unexpectedShape } from './omni-error.ts';
import { describeProblem } from './schema.ts';
import { type ScimPage, type ScimUser, scimPage, scimUserAnswer, toOwner } from './scim-schema.ts';

/** The owners to learn; it keeps what is found, so that memory does not grow with the organisation. */
export interface WantedOwners {
  openCount(): number;
  open(): Iterable<string>;
  found(owners: readonly Owner[]): void;
  missing(membershipId: string): void;
  /** Those who were proved missing in an earlier run and are still open stay so. */
  keepMissing(): void;
}

/** Users first, since most owners are among them; embed users are in a list of their own. */
const endpoints = ['api/scim/v2/users', 'api/scim/v2/embed/users'] as const;
const pageSize = 100;
const maxReadings = 3;
const maxPages = 100_000;

/** One endpoint, as far as it was asked. */
interface AskedEndpoint {
  /** In the spelling that it answers to. */
  path: string;
  /** Every open owner was asked for by id, and was not there. */
  wasAskedById: boolean;
  /** A user that its list has: were that one not found by id either, no 404 would mean anything. */
  witness: string | null;
}

/**
 * Learns who the wanted owners are, in as few requests as it takes: from the list of users, or one
 * by one where that is cheaper. An owner is missing only when both endpoints answered 404 for its
 * id; what cannot be proved in this run stays open.
 *
 * @throws OmniError when an endpoint cannot be read, or its list contradicts itself; the signal's reason.
 */
export async function lookUpOwners(client: OmniClient, wanted: WantedOwners, signal: AbortSignal): Promise<void> {
  const lookup = createLookup(client, wanted, signal);
  const asked: AskedEndpoint[] = [];
  for (const endpoint of endpoints) {
    if (wanted.openCount() === 0) return;
    asked.push(await lookup.search(endpoint));
  }
  wanted.keepMissing();
  await lookup.proveMissing(asked);
}

/**
 * Whether both endpoints can be read; null: they can. Nothing is learned.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function probeOwners(client: OmniClient, signal: AbortSignal): Promise<OmniError | null> {
  try {
    for (const endpoint of endpoints) await askFirstPage(client, endpoint, 1, signal);
    return null;
  } catch (error) {
    if (error instanceof OmniError) return error;
    throw error;
  }
}

function createLookup(client: OmniClient, wanted: WantedOwners, signal: AbortSignal) {
  /** Of whom an answer was odd: no 404 from elsewhere shall speak against them. */
  const doubtful = new Set<string>();
  /** Paths at which somebody was found by id. */
  const foundById = new Set<string>();

  function keep(users: readonly ScimUser[]): void {
    wanted.found(users.map(toOwner).filter((owner) => owner !== null));
    for (const user of users) if (toOwner(user) === null) doubtful.add(user.id);
  }

  async function search(endpoint: string): Promise<AskedEndpoint> {
    const { path, page: first } = await askFirstPage(client, endpoint, pageSize, signal);
    keep(first.Resources);
    const facts = { total: first.totalResults, received: first.Resources.length, pageSize: first.Resources.length };
    const open = wanted.openCount();
    const witness = first.Resources[0]?.id ?? null;
    if (open > 0 && isCheaperById({ ...facts, wanted: open })) {
      for (const id of wanted.open()) await askFor(path, id);
      if (wanted.openCount() > 0) await requireById(path, witness);
      return { path, wasAskedById: true, witness };
    }
    await readList(path, first);
    return { path, wasAskedById: false, witness };
  }

  const ask = (path: string, startIndex: number): Promise<ScimPage> =>
    askPage(client, path, { count: pageSize, startIndex }, signal);

  /** Reads until every owner is found or one reading proves who is not there. */
  async function readList(path: string, first: ScimPage): Promise<void> {
    let doubt: string | null = null;
    for (let reading = 1; reading <= maxReadings; reading += 1) {
      doubt = await readOnce(path, reading === 1 ? first : await ask(path, 1));
      if (doubt === null) return;
    }
    throw new OmniError(`listing users came to no consistent end in ${maxReadings} readings: ${doubt}`, {
      hint: 'Accounts may just be changing; the next audit reads the list again',
    });
  }

  /** Answers what speaks against this reading; null when it is complete, or there is nothing left to look for. */
  async function readOnce(path: string, first: ScimPage): Promise<string | null> {
    const ids = new Set<string>();
    const totals: number[] = [];
    let receivedCount = 0;
    let page = first;
    for (let number = 1; number <= maxPages; number += 1) {
      keep(page.Resources);
      if (wanted.openCount() === 0) return null;
      totals.push(page.totalResults);
      receivedCount += page.Resources.length;
      for (const { id } of page.Resources) ids.add(id);
      if (page.Resources.length === 0 || receivedCount >= page.totalResults) break;
      page = await ask(path, receivedCount + 1);
    }
    return userListDoubt({ totals, receivedCount, uniqueCount: ids.size });
  }

  /** Asks one endpoint for one owner; false: Omni's own 404. */
  async function askFor(path: string, id: string): Promise<boolean> {
    const context = { action: 'asking for a user by id' };
    try {
      const answer = await client.getJson(`${path}/${encodeURIComponent(id)}`, {}, context, signal);
      const parsed = scimUserAnswer.safeParse(answer);
      if (!parsed.success) throw unexpectedShape(describeProblem(parsed.error), context);
      if (parsed.data.id !== id) throw unexpectedShape('id: another user than the one asked for', context);
      keep([parsed.data]);
      foundById.add(path);
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      // The id itself is refused: this owner stays unknown, and no other does for it.
      if (!(error instanceof OmniError && error.status === 400)) throw error;
      doubtful.add(id);
      return true;
    }
  }

  /** Whoever is in the list must be found by id: else the way by id is broken, and nobody is called missing. */
  async function requireById(path: string, witness: string | null): Promise<void> {
    if (witness === null || foundById.has(path) || (await askFor(path, witness))) return;
    throw new OmniError('asking for a user by id was answered with 404, though the list of users has that one', {
      status: 404,
      hint: 'Check whether a proxy answers in Omni’s place; if not, ask Omni',
    });
  }

  async function proveMissing(asked: readonly AskedEndpoint[]): Promise<void> {
    const unasked = asked.filter(({ wasAskedById }) => !wasAskedById);
    let questioned = 0;
    for (const id of wanted.open()) {
      if (doubtful.has(id)) continue;
      if (unasked.length > 0 && questioned >= maxOwnerProof) return;
      questioned += 1;
      if (await isNowhere(unasked, id)) wanted.missing(id);
    }
  }

  async function isNowhere(asked: readonly AskedEndpoint[], id: string): Promise<boolean> {
    for (const { path, witness } of asked) {
      if (await askFor(path, id)) return false;
      await requireById(path, witness);
    }
    return true;
  }

  return { search, proveMissing };
}

/** The documentation writes `users`, the specification `Users`: answers the spelling that works. */
async function askFirstPage(
  client: OmniClient,
  endpoint: string,
  count: number,
  signal: AbortSignal,
): Promise<{ path: string; page: ScimPage }> {
  const query = { count, startIndex: 1 };
  try {
    return { path: endpoint, page: await askPage(client, endpoint, query, signal) };
  } catch (error) {
    if (!(error instanceof OmniError && error.status === 404)) throw error;
    const path = endpoint.replace(/users$/, 'Users');
    return { path, page: await askPage(client, path, query, signal) };
  }
}

async function askPage(
  client: OmniClient,
  path: string,
  query: { count: number; startIndex: number },
  signal: AbortSignal,
): Promise<ScimPage> {
  const context = { action: 'listing users' };
  const parsed = scimPage.safeParse(await client.getJson(path, query, context, signal));
  if (!parsed.success) throw unexpectedShape(describeProblem(parsed.error), context);
  return parsed.data;
}
