import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { webPage } from '../support/omni-answers.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { embedUser, type OwnerBench, startOwnerBench, user } from '../support/owner-bench.ts';
import { range } from '../support/range.ts';
import { begin } from '../support/runs.ts';

const users = (first: number, last: number) => range(first, last).map((number) => user(number));

/** Writes what was learned into the history, as a run does. */
function keep({ store }: OwnerBench): void {
  const previous = store.runs.last()?.id ?? null;
  const runId = begin(store);
  store.transactions.run((tx) => store.owners.apply(tx, runId, previous));
}

/** The paths of the questions by id, since the last call. */
function questions(bench: OwnerBench): string[] {
  const asked = bench.asked().filter((request) => !request.includes(' from '));
  bench.omni.requests.length = 0;
  return asked;
}

describe('an owner in no list', () => {
  test('is missing once both lists answered 404 for its id', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    await bench.search([3, 77]);
    // A user of the list is asked for too: were that one not found, no 404 would mean anything.
    assert.deepEqual(questions(bench), ['users/77', 'users/1', 'embed/users/77']);
    assert.deepEqual(bench.learned()[77], { state: 'missing', userName: null, displayName: null, lastLogin: null });
    assert.equal(bench.states()[3], 'active');
  });

  test('is asked for but once at an endpoint that was asked by id anyway', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 450));
    await bench.search([77, 777]);
    assert.deepEqual(bench.asked(), ['users from 1', 'users/777', 'users/1', 'embed/users from 1', 'embed/users/777']);
    assert.deepEqual(bench.states(), { 77: 'active', 777: 'missing' });
  });

  test('is confirmed missing without further questions where both lists were asked by id', async (context) => {
    const many = range(10_001, 12_650).map((number) => embedUser(number));
    await using bench = await startOwnerBench(context, [...users(1, 2650), ...many]);
    const gone = range(20_001, 20_025);
    await bench.search(gone);
    assert.deepEqual(questions(bench), [
      ...gone.map((number) => `users/${number}`),
      'users/1',
      ...gone.map((number) => `embed/users/${number}`),
      'embed/users/10001',
    ]);
    assert.ok(Object.values(bench.states()).every((state) => state === 'missing'));
  });

  test('is not missing where nobody is found by id, not even who is in the list', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    inject(bench.omni, { at: /v2\/users\/./, status: 404 });
    await assert.rejects(bench.search([77]), { name: 'OmniError', message: /though the list of users has that one/ });
    assert.deepEqual(bench.states(), { 77: 'unknown' });
  });

  for (const at of [scimPaths.users, scimPaths.embedUsers]) {
    const byId = new RegExp(`${at.source}/.`, 'i');
    test(`is not missing for a web page with 404 at ${byId.source}: it proves nothing`, async (context) => {
      await using bench = await startOwnerBench(context, users(1, 5));
      inject(bench.omni, { at: byId, status: 404, ...webPage });
      await assert.rejects(bench.search([77]), { name: 'OmniError', status: 404 });
      assert.deepEqual(bench.states(), { 77: 'unknown' });
    });

    test(`is not missing for a refusal at ${byId.source}`, async (context) => {
      await using bench = await startOwnerBench(context, users(1, 5));
      inject(bench.omni, { at: byId, status: 403 });
      await assert.rejects(bench.search([77]), { name: 'CredentialRefusedError', status: 403 });
      assert.deepEqual(bench.states(), { 77: 'unknown' });
    });
  }

  test('that a question by id finds all the same is who the answer says', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    const { id, userName, displayName } = user(77);
    inject(bench.omni, { at: /embed\/users\/./, body: { id, userName, displayName, active: false } });
    await bench.search([77]);
    assert.deepEqual(bench.learned()[77], { state: 'deactivated', userName, displayName, lastLogin: null });
  });

  test('waits for the next run behind twenty others, who need no second confirmation', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    const gone = range(101, 125);
    await bench.search([1, ...gone]);
    const first = range(101, 120).flatMap((number) => [`users/${number}`, `embed/users/${number}`]);
    assert.deepEqual(questions(bench), first.toSpliced(1, 0, 'users/1'));
    assert.equal(bench.store.wantedOwners.openCount(), 5);
    keep(bench);

    await bench.search([1, ...gone]);
    const second = range(121, 125).flatMap((number) => [`users/${number}`, `embed/users/${number}`]);
    assert.deepEqual(questions(bench), second.toSpliced(1, 0, 'users/1'));
    assert.equal(bench.store.wantedOwners.openCount(), 0);
    assert.ok(gone.every((number) => bench.states()[number] === 'missing'));
    keep(bench);

    await bench.search([1, ...gone]);
    assert.deepEqual(questions(bench), []);
    assert.ok(gone.every((number) => bench.states()[number] === 'missing'));
  });

  test('that was confirmed missing is found when the account is back', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    await bench.search([77]);
    keep(bench);
    bench.omni.organisation.users.push(user(77));
    await bench.search([77]);
    assert.deepEqual(bench.states(), { 77: 'active' });
  });

  test('whose id is refused stays unknown, and is asked for nowhere else', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    inject(bench.omni, { at: new RegExp(`/users/${user(77).id}$`), status: 400 });
    await bench.search([3, 77, 78]);
    assert.deepEqual(questions(bench), ['users/77', 'users/78', 'users/1', 'embed/users/78']);
    assert.deepEqual(bench.states(), { 3: 'active', 77: 'unknown', 78: 'missing' });
  });

  test('whose id one endpoint refuses is not missing for the 404 of the other', async (context) => {
    const many = range(10_001, 10_650).map((number) => embedUser(number));
    await using bench = await startOwnerBench(context, [...users(1, 650), ...many]);
    inject(bench.omni, { at: new RegExp(`v2/users/${user(777).id}$`), status: 400 });
    await bench.search([777]);
    assert.deepEqual(questions(bench), ['users/777', 'users/1', 'embed/users/777', 'embed/users/10001']);
    assert.deepEqual(bench.states(), { 777: 'unknown' });
  });

  test('that a list has without saying whether it is active is unknown, and no 404 counts', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 5));
    const { id, userName, displayName } = user(77);
    inject(bench.omni, { at: /v2\/users$/, body: { totalResults: 1, Resources: [{ id, userName, displayName }] } });
    await bench.search([77]);
    assert.deepEqual(bench.asked(), ['users from 1', 'embed/users from 1']);
    assert.deepEqual(bench.states(), { 77: 'unknown' });
  });

  test('that answers by id without saying whether it is active is unknown', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 450));
    inject(bench.omni, { at: /v2\/users\/./, body: { id: user(300).id, userName: 'x', active: null } });
    await bench.search([300]);
    assert.deepEqual(bench.states(), { 300: 'unknown' });
  });
});
