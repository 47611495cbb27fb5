import type { TestContext } from 'node:test';
import { searchOwners } from '../../src/audit/search-owners.ts';
import type { SimulatedUser } from '../../src/demo/omni-simulator.ts';
import { short } from './audit-steps.ts';
import { noAbort } from './no-abort.ts';
import { someOmniApi } from './omni-api.ts';
import { someUser } from './people.ts';
import { someStore, stage } from './runs.ts';
import { startSomeOmni } from './some-omni.ts';
import { someToken, uuid } from './tokens.ts';

export type OwnerBench = Awaited<ReturnType<typeof startOwnerBench>>;

/** Returns the user with that number. A higher number comes later in the list. */
export function user(number: number, fields: Partial<SimulatedUser> = {}): SimulatedUser {
  return someUser(uuid(number), number, fields);
}

export function embedUser(number: number, fields: Partial<SimulatedUser> = {}): SimulatedUser {
  return user(number, { embed: { entity: 'shop', externalId: `customer ${number}` }, ...fields });
}

/** Starts a search for owners, with the real store, the real client and simulated users. */
export async function startOwnerBench(context: TestContext, users: SimulatedUser[]) {
  const omni = await startSomeOmni({ users });
  const store = someStore(context);

  return {
    omni,
    store,
    /** Searches for the users with these numbers. Each of them owns a token. */
    async search(numbers: readonly number[]): Promise<void> {
      stage(
        store,
        numbers.map((number) => someToken(number, { membershipId: uuid(number) })),
      );
      store.wantedOwners.collect();
      await searchOwners(someOmniApi(omni.baseUrl), store.wantedOwners, noAbort);
    },
    /** Returns the states of the owners, by number. */
    states: (): Record<string, string> =>
      Object.fromEntries([
        ...store.wantedOwners.openByAge().map((id) => [numberOf(id), 'unknown']),
        ...[...store.owners.holdings()].map(({ membershipId, owner }) => [numberOf(membershipId), owner.state]),
      ]),
    /** Returns the requests, such as `users from 101` or `embed/users/7`. */
    asked: (): string[] =>
      omni.requests.map(({ path }) => {
        const { pathname, searchParams } = new URL(path, omni.baseUrl);
        const where = pathname.replace('/api/scim/v2/', '');
        const start = searchParams.get('startIndex');
        if (start !== null) return `${where} from ${start}`;
        const [id = '', ...folders] = where.split('/').toReversed();
        return [...folders.toReversed(), numberOf(id)].join('/');
      }),
    [Symbol.asyncDispose]: () => omni.close(),
  };
}

function numberOf(id: string): number {
  return Number.parseInt(short(id), 16);
}
