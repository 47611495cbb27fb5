import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { probeOwners } from '../../src/audit/resolve-owners.ts';
import type { SimulatedUser } from '../../src/demo/omni-simulator.ts';
import { OmniError } from '../../src/errors.ts';
import { noAbort } from '../support/no-abort.ts';
import { answerJson, webPage } from '../support/omni-answers.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { type Fault, inject, scimPaths } from '../support/omni-faults.ts';
import { embedUser, type OwnerBench, startOwnerBench, user } from '../support/owner-bench.ts';
import { range } from '../support/range.ts';

const users = (first: number, last: number) => range(first, last).map((number) => user(number));
const embedUsers = (first: number, last: number) => range(first, last).map((number) => embedUser(number));

type Case = [
  what: string,
  users: SimulatedUser[],
  wanted: number[],
  requests: string[],
  states: Record<string, string>,
];
const cases: Case[] = [
  ['asks nothing when no token has an owner', users(1, 3), [], [], {}],
  [
    'takes one request when all owners are on the first page',
    [...users(1, 99), user(100, { active: false })],
    [1, 50, 100],
    ['users from 1'],
    { 1: 'active', 50: 'active', 100: 'deactivated' },
  ],
  [
    'reads the whole list when no more pages than owners are left',
    users(1, 550),
    [20, 140, 150, 201, 202, 250],
    [1, 101, 201, 301, 401, 501].map((start) => `users from ${start}`),
    { 20: 'active', 140: 'active', 150: 'active', 201: 'active', 202: 'active', 250: 'active' },
  ],
  [
    'asks for each owner by id when that takes fewer requests',
    users(1, 501),
    [20, 150, 300, 401],
    ['users from 1', 'users/1', 'users/20', 'users/150', 'users/300', 'users/401'],
    { 20: 'active', 150: 'active', 300: 'active', 401: 'active' },
  ],
  [
    'asks the embed endpoint only for owners that the other endpoint does not know',
    [...users(1, 250), ...embedUsers(1001, 1450)],
    [201, 1301, 1302],
    [
      ...['users from 1', 'users from 101', 'users from 201'],
      ...['embed/users from 1', 'embed/users/1001', 'embed/users/1301', 'embed/users/1302'],
    ],
    { 201: 'active', 1301: 'active', 1302: 'active' },
  ],
  [
    'calls an owner missing once both endpoints answered 404 for its id and found listed users before and after',
    [...users(1, 5), embedUser(9)],
    [3, 77],
    [
      ...['users from 1', 'embed/users from 1', 'users/1', 'users/77', 'users/1'],
      ...['embed/users/9', 'embed/users/77', 'embed/users/9'],
    ],
    { 3: 'active', 77: 'missing' },
  ],
  [
    'asks for a missing owner only once at an endpoint that it asks by id anyway',
    users(1, 450),
    [77, 777],
    ['users from 1', 'users/1', 'users/77', 'users/777', 'users/1', 'embed/users from 1'],
    { 77: 'active', 777: 'missing' },
  ],
  [
    'looks up no id at the embed endpoint when there are no embed users',
    users(1, 5),
    [7],
    ['users from 1', 'embed/users from 1', 'users/1', 'users/7', 'users/1'],
    { 7: 'missing' },
  ],
  [
    'confirms any number of missing owners when it asked both endpoints by id',
    [...users(1, 2250), ...embedUsers(10_001, 12_250)],
    range(20_001, 20_021),
    [
      ...['users from 1', 'users/1', ...range(20_001, 20_021).map((number) => `users/${number}`), 'users/1'],
      ...['embed/users from 1', 'embed/users/10001'],
      ...[...range(20_001, 20_021).map((number) => `embed/users/${number}`), 'embed/users/10001'],
    ],
    Object.fromEntries(range(20_001, 20_021).map((number) => [number, 'missing'])),
  ],
];

describe('the search for owners', () => {
  for (const [what, existing, wanted, requests, states] of cases) {
    test(what, async (context) => {
      await using bench = await startOwnerBench(context, existing);
      await bench.search(wanted);
      assert.deepEqual(bench.asked(), requests);
      assert.deepEqual(bench.states(), states);
    });
  }

  test('learns names, and assumes pages of the length that Omni sends', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 40));
    bench.omni.intercept = (request) => {
      request.url = request.url?.replace('count=100', 'count=10');
      return false;
    };
    await bench.search([25, 35]);
    assert.deepEqual(bench.asked(), ['users from 1', 'users/1', 'users/25', 'users/35']);
    const { userName, displayName } = user(25);
    const [learned] = [...bench.store.owners.holdings()];
    assert.deepEqual(learned?.owner, { state: 'active', userName, displayName, lastLogin: null, list: 'regular' });
  });

  test('tries the other spelling of the path when the first answers 404', async (context) => {
    await using bench = await startOwnerBench(context, [...users(1, 450), embedUser(900)]);
    const requests = [
      'users from 1',
      'Users from 1',
      ...['Users/1', 'Users/300', 'Users/900', 'Users/1'],
      'embed/users from 1',
      'embed/Users from 1',
    ];
    for (const fault of [{}, webPage]) {
      inject(bench.omni, { at: /\/users/, status: 404, ...fault });
      await bench.search([300, 900]);
      assert.deepEqual(bench.asked(), requests);
      assert.deepEqual(bench.states(), { 300: 'active', 900: 'active' });
      bench.omni.requests.length = 0;
    }
    inject(bench.omni, { at: scimPaths.all, status: 404 });
    await assert.rejects(bench.search([1]), { name: 'NotFoundError', status: 404 });
  });
});

describe('an owner in neither list', () => {
  const byId = { users: /v2\/users\/./, embedUsers: /embed\/users\/./ };
  const faults: [what: string, fault: Fault][] = [
    ['every id gets a 404, even a listed one', { at: /v2\/users\/./, status: 404 }],
    ['the 404 is a web page', { at: byId.embedUsers, status: 404, ...webPage }],
    ['Omni refuses the question', { at: byId.users, status: 403 }],
    ['Omni answers with another user', { at: byId.users, body: user(7) }],
  ];
  for (const [what, fault] of faults) {
    test(`is not missing when ${what}`, async (context) => {
      await using bench = await startOwnerBench(context, [...users(1, 5), embedUser(9)]);
      inject(bench.omni, fault);
      await bench.search([3, 77]);
      assert.deepEqual(bench.states(), { 3: 'active', 77: 'unknown' });
    });
  }

  const { active: _, ...withoutActive } = user(77);
  const unclear: [what: string, fault: Fault, users: SimulatedUser[], requests: string[]][] = [
    [
      'Omni refuses its id',
      { at: new RegExp(`/users/${user(77).id}$`), status: 400 },
      users(1, 5),
      ['users from 1', 'embed/users from 1', 'users/1', 'users/77'],
    ],
    [
      'one endpoint refuses its id and the other answers 404',
      { at: new RegExp(`v2/users/${user(77).id}$`), status: 400 },
      [...users(101, 750), ...embedUsers(10_001, 10_650)],
      [
        ...['users from 1', 'users/101', 'users/77'],
        ...['embed/users from 1', 'embed/users/10001', 'embed/users/77', 'embed/users/10001'],
      ],
    ],
    [
      'a list has it without saying whether it is active',
      { at: /v2\/users$/, body: { totalResults: 1, Resources: [withoutActive] } },
      [],
      ['users from 1', 'embed/users from 1'],
    ],
    [
      'it is found by id without saying whether it is active',
      { at: new RegExp(`v2/users/${user(77).id}$`), body: withoutActive },
      users(101, 450),
      ['users from 1', 'users/101', 'users/77', 'embed/users from 1'],
    ],
  ];
  for (const [what, fault, existing, requests] of unclear) {
    test(`is unknown when ${what}`, async (context) => {
      await using bench = await startOwnerBench(context, existing);
      inject(bench.omni, fault);
      await bench.search([77]);
      assert.deepEqual(bench.asked(), requests);
      assert.deepEqual(bench.states(), { 77: 'unknown' });
    });
  }
});

describe('a list of users that changes while it is read', () => {
  /** Changes the users between the first page and the second. */
  function changeBetweenPages({ omni }: OwnerBench, change: (all: SimulatedUser[]) => void): void {
    omni.intercept = (_request, _response, count) => {
      if (count === 2) change(omni.organisation.users);
      return false;
    };
  }

  test('is read again, and the second reading proves who is missing', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 250));
    changeBetweenPages(bench, (all) => all.splice(49, 1));
    await bench.search([101, 102, 999]);
    assert.deepEqual(bench.asked(), [
      ...['users from 1', 'users from 101', 'users from 201'],
      ...['users from 1', 'users from 101', 'users from 201'],
      ...['embed/users from 1', 'users/1', 'users/999', 'users/1'],
    ]);
    assert.deepEqual(bench.states(), { 101: 'active', 102: 'active', 999: 'missing' });
  });

  test('and hides users behind an unchanged total marks nobody as missing, since they are found by id', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 250));
    changeBetweenPages(bench, (all) => all.splice(0, 2, user(900), user(901)));
    await bench.search([101, 102, 150, 900]);
    const controls = ['users/1', 'users/2', 'users/3'];
    assert.deepEqual(bench.asked().slice(3), ['embed/users from 1', ...controls, 'users/101', 'users/102']);
    assert.deepEqual(bench.states(), { 101: 'active', 102: 'active', 150: 'active', 900: 'active' });
  });

  test('proves nothing when it contradicts itself in three readings', async (context) => {
    await using bench = await startOwnerBench(context, []);
    bench.omni.intercept = (request, response, count) => {
      const start = Number(new URL(request.url ?? '', bench.omni.baseUrl).searchParams.get('startIndex'));
      return answerJson(response, { Resources: users(start, Math.min(start + 99, 150)), totalResults: 150 + count });
    };
    await assert.rejects(bench.search([5, 149]), (error) => {
      assert.ok(error instanceof OmniError, String(error));
      assert.match(error.message, /was inconsistent in all 3 attempts to read it: the number of users changed/);
      assert.match(error.hint, /the next run reads the list again/);
      return true;
    });
    assert.equal(bench.asked().filter((request) => request === 'users from 1').length, 3);
  });

  const contradictions: [what: string, body: object, doubt: RegExp][] = [
    ['is empty', { Resources: [], totalResults: 0 }, /is empty/],
    ['has a user twice', { Resources: [user(5), user(5, { active: false })], totalResults: 2 }, /listed twice/],
    ['has one user more than it counts', { Resources: users(5, 7), totalResults: 2 }, /Omni counts 2/],
    ['begins elsewhere', { Resources: users(5, 7), totalResults: 3, startIndex: 2 }, /startIndex: 2, but/],
    ['has more users than we asked for', { Resources: users(1, 101), totalResults: 101 }, /101 users, but/],
  ];
  for (const [what, body, doubt] of contradictions) {
    test(`proves nothing about anyone when it ${what}`, async (context) => {
      await using bench = await startOwnerBench(context, []);
      inject(bench.omni, { at: scimPaths.users, body });
      await assert.rejects(bench.search([5, 77]), doubt);
    });
  }

  test('leaves an owner unresolved whom both lists have in different states', async (context) => {
    await using bench = await startOwnerBench(context, [user(1), user(2, { active: false }), embedUser(2), user(3)]);
    await bench.search([1, 2, 99]);
    assert.deepEqual(bench.states(), { 1: 'active', 99: 'missing' });
    assert.equal(bench.store.wantedOwners.openCount(), 1);
  });

  test('counts although the lookups by id in the other list fail', async (context) => {
    await using bench = await startOwnerBench(context, [...users(1, 5), ...embedUsers(1001, 1450)]);
    inject(bench.omni, { at: /embed\/users\/./, status: 410 });
    await bench.search([1, 2, 77, 78]);
    assert.deepEqual(bench.states(), { 1: 'active', 2: 'active', 77: 'unknown', 78: 'unknown' });
  });

  test('knows a user whose id is spelled in capitals', async (context) => {
    const [first, second] = [user(10), user(11)].map((each) => ({ ...each, id: each.id.toUpperCase() }));
    assert.ok(first && second);
    await using bench = await startOwnerBench(context, [first, second, ...users(1001, 1300)]);
    await bench.search([10, 11, 1001, 1002]);
    assert.deepEqual(bench.states(), { 10: 'active', 11: 'active', 1001: 'active', 1002: 'active' });
  });
});

test('the probe of the user lists reads the first page of each and reports a problem with either', async (context) => {
  await using bench = await startOwnerBench(context, users(1, 5));
  const api = someOmniApi(bench.omni.baseUrl);
  assert.equal(await probeOwners(api, noAbort), null);
  assert.deepEqual(bench.asked(), ['users from 1', 'embed/users from 1']);
  for (const at of [scimPaths.users, scimPaths.embedUsers]) {
    inject(bench.omni, { at, status: 403 });
    const { problem, hint } = (await probeOwners(api, noAbort)) ?? {};
    assert.match(problem ?? '', /failed with 403/);
    assert.match(hint ?? '', /Create an organization API key/);
  }
  inject(bench.omni, { at: scimPaths.users, body: { Resources: [], totalResults: 0 } });
  assert.match((await probeOwners(api, noAbort))?.problem ?? '', /is empty/);
});
