import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SimulatedUser } from '../../src/demo/omni-simulator.ts';
import { OmniError } from '../../src/errors.ts';
import { answerJson } from '../support/omni-answers.ts';
import { type OwnerBench, startOwnerBench, user } from '../support/owner-bench.ts';
import { range } from '../support/range.ts';

const users = (first: number, last: number) => range(first, last).map((number) => user(number));

interface List {
  listed: readonly SimulatedUser[];
  totalResults: number;
}

/** The list of users is, at each request, what `listAt` says; `reading` counts its first pages. */
function answerList({ omni }: OwnerBench, listAt: (count: number, reading: number) => List): void {
  let reading = 0;
  omni.intercept = (request, response, count) => {
    const { pathname, searchParams } = new URL(request.url ?? '', omni.baseUrl);
    if (pathname !== '/api/scim/v2/users') return false;
    const start = Number(searchParams.get('startIndex'));
    if (start === 1) reading += 1;
    const { listed, totalResults } = listAt(count, reading);
    const Resources = listed.slice(start - 1, start + 99).map(({ id, userName, displayName, active }) => {
      return { id, userName, displayName, active };
    });
    return answerJson(response, { Resources, totalResults });
  };
}

describe('the list of users', () => {
  test('is read again when a user was deleted between two pages, and nobody is missing', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 250));
    const { omni } = bench;
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.users.splice(49, 1);
      return false;
    };
    await bench.search([1, 101, 150, 201]);
    assert.deepEqual(bench.asked(), ['users from 1', 'users from 101', 'users from 201', 'users from 1']);
    assert.deepEqual(bench.states(), { 1: 'active', 101: 'active', 150: 'active', 201: 'active' });
  });

  test('that hides users behind an unchanged number makes nobody missing: they are found by id', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 250));
    const { omni } = bench;
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.users.splice(0, 2, user(900), user(901));
      return false;
    };
    await bench.search([101, 102, 150, 900]);
    assert.deepEqual(bench.asked(), [
      ...['users from 1', 'users from 101', 'users from 201'],
      ...['embed/users from 1', 'users/101', 'users/102'],
    ]);
    assert.deepEqual(bench.states(), { 101: 'active', 102: 'active', 150: 'active', 900: 'active' });
  });

  test('proves by its second reading who is not in it, when the first was disturbed', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 250));
    const { omni } = bench;
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.users.splice(49, 1);
      return false;
    };
    await bench.search([101, 102, 999]);
    assert.deepEqual(bench.asked(), [
      ...['users from 1', 'users from 101', 'users from 201'],
      ...['users from 1', 'users from 101', 'users from 201'],
      ...['embed/users from 1', 'users/999', 'users/1', 'embed/users/999'],
    ]);
    assert.deepEqual(bench.states(), { 101: 'active', 102: 'active', 999: 'missing' });
  });

  test('of nobody is complete', async (context) => {
    await using bench = await startOwnerBench(context, []);
    await bench.search([7]);
    assert.deepEqual(bench.asked(), ['users from 1', 'embed/users from 1', 'users/7', 'embed/users/7']);
    assert.deepEqual(bench.states(), { 7: 'missing' });
  });

  const odd: Record<string, [(count: number) => List, RegExp]> = {
    'has another number of users at every page': [
      (count) => ({ listed: users(1, 150), totalResults: 150 + count }),
      /the number of users changed meanwhile/,
    ],
    'has a user twice': [
      () => ({ listed: [...users(1, 100), ...users(100, 149)], totalResults: 150 }),
      /a user was listed twice/,
    ],
    'is shorter than Omni counts': [
      () => ({ listed: users(1, 149), totalResults: 150 }),
      /149 users were listed, but Omni counts 150/,
    ],
    'has a page without users where some should be': [
      () => ({ listed: users(1, 100), totalResults: 150 }),
      /100 users were listed, but Omni counts 150/,
    ],
    'is longer than Omni counts': [
      () => ({ listed: users(1, 80), totalResults: 70 }),
      /80 users were listed, but Omni counts 70/,
    ],
  };
  for (const [what, [listAt, reason]] of Object.entries(odd)) {
    test(`that ${what} fails after three readings, and proves nobody missing`, async (context) => {
      await using bench = await startOwnerBench(context, []);
      let readings = 0;
      answerList(bench, (count, reading) => {
        readings = reading;
        return listAt(count);
      });
      await assert.rejects(bench.search([5, 999]), (error) => {
        assert.ok(error instanceof OmniError, String(error));
        assert.match(error.message, /^listing users was not consistent in 3 readings: /);
        assert.match(error.message, reason);
        assert.match(error.hint, /the next run reads the list again/);
        return true;
      });
      assert.equal(readings, 3);
      assert.ok(bench.asked().every((request) => request.startsWith('users from ')));
      assert.equal(bench.states()[999], 'unknown');
    });
  }

  test('that contradicts itself does no harm where all owners are found in it', async (context) => {
    await using bench = await startOwnerBench(context, []);
    answerList(bench, (count) => ({ listed: users(1, 150), totalResults: 150 + count }));
    await bench.search([5, 149]);
    assert.deepEqual(bench.states(), { 5: 'active', 149: 'active' });
    assert.deepEqual(bench.asked(), ['users from 1', 'users from 101']);
  });

  test('is believed when its third reading is consistent', async (context) => {
    await using bench = await startOwnerBench(context, users(1, 1));
    answerList(bench, (_count, reading) => ({ listed: users(1, 150), totalResults: reading < 3 ? 151 : 150 }));
    await bench.search([5, 999]);
    assert.deepEqual(bench.asked().slice(-3), ['users/999', 'users/1', 'embed/users/999']);
    assert.deepEqual(bench.states(), { 5: 'active', 999: 'missing' });
  });
});
