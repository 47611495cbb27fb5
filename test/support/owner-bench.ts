import type { TestContext } from 'node:test';
import { searchOwners } from '../../src/audit/search-owners.ts';
import type { OmniSimulator, SimulatedUser } from '../../src/demo/omni-simulator.ts';
import type { KnownOwner } from '../../src/rules/owner.ts';
import { type AuditStore, openAuditStore } from '../../src/stores.ts';
import { short } from './audit-looks.ts';
import { someMorning } from './fake-clock.ts';
import { noAbort } from './no-abort.ts';
import { someOmniApi } from './omni-api.ts';
import { someUser } from './people.ts';
import { stage } from './runs.ts';
import { startSomeOmni } from './some-omni.ts';
import { tempDatabase } from './temp-folder.ts';
import { someToken, uuid } from './tokens.ts';

/** The search for owners with the real store and API, and a simulated organisation of users. */
export interface OwnerBench extends AsyncDisposable {
  omni: OmniSimulator;
  store: AuditStore;
  /** Searches for the users of these numbers, who own a token each. */
  search(numbers: readonly number[], signal?: AbortSignal): Promise<void>;
  /** What is known of each of them, by number; null: nothing. */
  learned(): Record<string, KnownOwner | null>;
  /** The states alone. */
  states(): Record<string, string>;
  /** What was asked, such as `users from 101` or `embed/users/7`. */
  asked(): string[];
}

/** The user of that number; the higher, the later in the list. */
export function user(number: number, fields: Partial<SimulatedUser> = {}): SimulatedUser {
  return someUser(uuid(number), number, fields);
}

export function embedUser(number: number, fields: Partial<SimulatedUser> = {}): SimulatedUser {
  return user(number, { embed: { entity: 'shop', externalId: `customer ${number}` }, ...fields });
}

export async function startOwnerBench(context: TestContext, users: SimulatedUser[]): Promise<OwnerBench> {
  const omni = await startSomeOmni({ users });
  const store = openAuditStore(tempDatabase(context), someMorning);

  const bench: OwnerBench = {
    omni,
    store,
    async search(numbers, signal = noAbort) {
      stage(
        store,
        numbers.map((number) => someToken(number, { membershipId: uuid(number) })),
      );
      store.wantedOwners.collect();
      await searchOwners(someOmniApi(omni.baseUrl), store.wantedOwners, signal);
    },
    learned: () =>
      Object.fromEntries([
        ...store.wantedOwners.open().map((id) => [numberOf(id), null]),
        ...[...store.owners.holdings()].map(({ membershipId, owner }) => [numberOf(membershipId), owner]),
      ]),
    states: () =>
      Object.fromEntries(Object.entries(bench.learned()).map(([number, owner]) => [number, owner?.state ?? 'unknown'])),
    asked: () =>
      omni.requests.map(({ path }) => {
        const { pathname, searchParams } = new URL(path, omni.baseUrl);
        const where = pathname.replace('/api/scim/v2/', '');
        const start = searchParams.get('startIndex');
        if (start !== null) return `${where} from ${start}`;
        const [id = '', ...folders] = where.split('/').toReversed();
        return [...folders.toReversed(), numberOf(id)].join('/');
      }),
    async [Symbol.asyncDispose]() {
      store[Symbol.dispose]();
      await omni.close();
    },
  };
  return bench;
}

function numberOf(id: string): number {
  return Number.parseInt(short(id), 16);
}
