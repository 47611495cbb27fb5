import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { probeOwners } from '../../src/audit/resolve-owners.ts';
import { OmniError } from '../../src/errors.ts';
import { noAbort } from '../support/no-abort.ts';
import { answerJson, webPage } from '../support/omni-answers.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { embedUser, type OwnerBench, startOwnerBench, user } from '../support/owner-bench.ts';
import { range } from '../support/range.ts';

const users = (first: number, last: number) => range(first, last).map((number) => user(number));

/** Makes a list seem as long as this; its pages beyond the real ones would be empty. */
function pretendLength({ omni }: OwnerBench, path: string, totalResults: number): void {
  omni.intercept = (request, response) => {
    if (!(request.url ?? '').startsWith(`/api/scim/v2/${path}?`)) return false;
    const isEmbed = path.startsWith('embed');
    const listed = omni.organisation.users.filter(({ embed }) => (embed !== undefined) === isEmbed);
    const Resources = listed.slice(0, 100).map(({ id, userName, displayName, active }) => {
      return { id, userName, displayName, active };
    });
    return answerJson(response, { Resources, totalResults });
  };
}

describe('the search for owners', () => {
  test('asks nothing where no token has one', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 3));
    await bench.search([]);
    assert.deepEqual(bench.asked(), []);
  });

  test('takes one request where all of them are on the first page', async (context) => {
    await using bench = await startOwnerBench(context, [...users(1, 99), user(100, { active: false })]);
    await bench.search([1, 50, 100]);
    assert.deepEqual(bench.asked(), ['users from 1']);
    assert.deepEqual(bench.states(), { 1: 'active', 50: 'active', 100: 'deactivated' });
    const { userName, displayName } = user(50);
    assert.deepEqual(bench.learned()[50], { state: 'active', userName, displayName, lastLogin: null });
  });

  test('reads on where the pages that are left are not more than the owners', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 250));
    await bench.search([201, 250]);
    assert.deepEqual(bench.asked(), ['users from 1', 'users from 101', 'users from 201']);
    assert.deepEqual(bench.states(), { 201: 'active', 250: 'active' });
  });

  test('stops at the page that has the last of them', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 450));
    await bench.search([20, 140, 150, 160, 170]);
    assert.deepEqual(bench.asked(), ['users from 1', 'users from 101']);
  });

  test('asks for each by its id where that takes fewer requests', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 401));
    await bench.search([20, 150, 300, 401]);
    assert.deepEqual(bench.asked(), ['users from 1', 'users/150', 'users/300', 'users/401']);
    assert.deepEqual(bench.states(), { 20: 'active', 150: 'active', 300: 'active', 401: 'active' });
  });

  test('counts the pages as long as Omni makes them, and not as long as it was asked to', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 40));
    const { omni } = bench;
    omni.intercept = (request) => {
      request.url = request.url?.replace('count=100', 'count=10');
      return false;
    };
    await bench.search([25, 35]);
    assert.deepEqual(bench.asked(), ['users from 1', 'users/25', 'users/35']);
  });

  test('asks the embed endpoint only for those that the first does not know', async (context) => {
    await using bench = await startOwnerBench(context, [...users(1, 250), embedUser(900)]);
    await bench.search([201, 900]);
    assert.deepEqual(bench.asked(), ['users from 1', 'users from 101', 'users from 201', 'embed/users from 1']);
    assert.deepEqual(bench.states(), { 201: 'active', 900: 'active' });
  });

  test('asks the embed endpoint by id only for those that the first does not know', async (context) => {
    const many = range(1001, 1450).map((number) => embedUser(number));
    await using bench = await startOwnerBench(context, [...users(1, 450), ...many]);
    await bench.search([201, 1301]);
    assert.deepEqual(bench.asked(), [
      'users from 1',
      'users/201',
      'users/1301',
      'embed/users from 1',
      'embed/users/1301',
    ]);
    assert.deepEqual(bench.states(), { 201: 'active', 1301: 'active' });
  });

  test('never lists 500,000 embed users for three owners', async (context) => {
    const some = range(1001, 1150).map((number) => embedUser(number));
    await using bench = await startOwnerBench(context, [...users(1, 5), ...some]);
    pretendLength(bench, 'embed/users', 500_000);
    await bench.search([2, 1120, 1130, 1140]);
    assert.deepEqual(bench.asked(), [
      'users from 1',
      'embed/users from 1',
      'embed/users/1120',
      'embed/users/1130',
      'embed/users/1140',
    ]);
    assert.deepEqual(bench.states(), { 2: 'active', 1120: 'active', 1130: 'active', 1140: 'active' });
  });

  for (const [answer, fault] of Object.entries({ 'a JSON 404': {}, 'a web page': webPage })) {
    test(`finds the path under its other spelling when the first gets ${answer}`, async (context) => {
      await using bench = await startOwnerBench(context, [...users(1, 450), embedUser(900)]);
      inject(bench.omni, { at: /\/users/, status: 404, ...fault });
      await bench.search([300, 900]);
      assert.deepEqual(bench.asked(), [
        'users from 1',
        'Users from 1',
        'Users/300',
        'Users/900',
        'embed/users from 1',
        'embed/Users from 1',
      ]);
      assert.deepEqual(bench.states(), { 300: 'active', 900: 'active' });
    });
  }

  test('fails where neither spelling is known', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    inject(bench.omni, { at: scimPaths.all, status: 404 });
    await assert.rejects(bench.search([1]), { name: 'NotFoundError', status: 404 });
    assert.deepEqual(bench.asked(), ['users from 1', 'Users from 1']);
  });

  for (const [which, at, asked] of [
    ['first', scimPaths.users, ['users from 1']],
    ['embed', scimPaths.embedUsers, ['users from 1', 'embed/users from 1']],
  ] as const) {
    test(`fails where the ${which} endpoint is refused`, async (context) => {
      await using bench = await startOwnerBench(context, users(1, 5));
      inject(bench.omni, { at, status: 403 });
      await assert.rejects(bench.search([900]), { name: 'CredentialRefusedError', status: 403 });
      assert.deepEqual(bench.asked(), asked);
    });
  }

  test('fails over an answer that breaks the format, and repeats nothing of it', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    const body = { totalResults: 2, Resources: [{ id: 'x' }, { id: 7, userName: 'jane@acme.example' }] };
    inject(bench.omni, { at: scimPaths.users, body });
    await assert.rejects(bench.search([1]), (error) => {
      assert.ok(error instanceof OmniError);
      assert.match(error.message, /^listing users failed: the answer is not in Omni’s format: Resources\.1\.id: /);
      assert.doesNotMatch(error.message, /jane/);
      return true;
    });
  });

  test('fails where another user is answered than the one asked for', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 450));
    inject(bench.omni, { at: /users\/./, body: { id: user(7).id, userName: 'x', displayName: 'x', active: false } });
    await assert.rejects(bench.search([300]), /id: expected the user that was requested/);
    assert.deepEqual(bench.states(), { 300: 'unknown' });
  });

  test('ends with the reason of the abort', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 250));
    const controller = new AbortController();
    const reason = new Error('told to stop');
    bench.omni.intercept = (_request, _response, count) => {
      if (count === 2) controller.abort(reason);
      return count === 2;
    };
    await assert.rejects(bench.search([201, 202], controller.signal), (error) => error === reason);
  });
});

describe('the probe of the user lists', () => {
  test('asks for the first page of each and finds nothing wrong', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    assert.equal(await probeOwners(someOmniApi(bench.omni.baseUrl), noAbort), null);
    assert.deepEqual(
      bench.omni.requests.map(({ path }) => path),
      ['/api/scim/v2/users?count=100&startIndex=1', '/api/scim/v2/embed/users?count=100&startIndex=1'],
    );
  });

  test('says what is wrong with either', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    for (const at of [scimPaths.users, scimPaths.embedUsers]) {
      inject(bench.omni, { at, status: 403 });
      const { problem, hint } = (await probeOwners(someOmniApi(bench.omni.baseUrl), noAbort)) ?? {};
      assert.match(problem ?? '', /failed with 403/);
      assert.match(hint ?? '', /to an organization API key only/);
    }
  });

  test('ends with the reason of the abort', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    const reason = new Error('told to stop');
    const probing = probeOwners(someOmniApi(bench.omni.baseUrl), AbortSignal.abort(reason));
    await assert.rejects(probing, (error) => error === reason);
  });
});
