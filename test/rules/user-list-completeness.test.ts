import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isCheaperById, type UserListFacts, userListDoubt } from '../../src/rules/user-list-completeness.ts';

describe('a reading of a list of users', () => {
  const table: [name: string, facts: UserListFacts, doubt: string | null][] = [
    ['of one page is believed', { totals: [3], receivedCount: 3, uniqueCount: 3 }, null],
    ['of many pages is believed', { totals: [250, 250, 250], receivedCount: 250, uniqueCount: 250 }, null],
    ['of nobody is believed', { totals: [0], receivedCount: 0, uniqueCount: 0 }, null],
    [
      'is doubted when a user was deleted meanwhile',
      { totals: [250, 249, 249], receivedCount: 249, uniqueCount: 249 },
      'the number of users changed meanwhile',
    ],
    [
      'is doubted when a user was added meanwhile',
      { totals: [250, 250, 251], receivedCount: 251, uniqueCount: 251 },
      'the number of users changed meanwhile',
    ],
    [
      'is doubted when the number changed and changed back',
      { totals: [250, 249, 250], receivedCount: 250, uniqueCount: 250 },
      'the number of users changed meanwhile',
    ],
    [
      'is doubted when one was deleted and another added, so that one was never shown',
      { totals: [250, 250, 250], receivedCount: 249, uniqueCount: 249 },
      '249 users were listed, but Omni counts 250',
    ],
    [
      'is doubted when a user was listed twice in the place of another',
      { totals: [250, 250, 250], receivedCount: 250, uniqueCount: 249 },
      'a user was listed twice',
    ],
    [
      'is doubted when a user was listed twice besides all others',
      { totals: [250, 250, 250], receivedCount: 251, uniqueCount: 250 },
      'a user was listed twice',
    ],
    [
      'is doubted when there are more than Omni counts',
      { totals: [250, 250, 250], receivedCount: 251, uniqueCount: 251 },
      '251 users were listed, but Omni counts 250',
    ],
    [
      'is doubted when pages came empty',
      { totals: [250, 250], receivedCount: 100, uniqueCount: 100 },
      '100 users were listed, but Omni counts 250',
    ],
  ];
  for (const [name, facts, doubt] of table) {
    test(name, () => {
      assert.equal(userListDoubt(facts), doubt);
    });
  }

  test('that never was proves nothing', () => {
    assert.notEqual(userListDoubt({ totals: [], receivedCount: 0, uniqueCount: 0 }), null);
  });
});

describe('asking by id', () => {
  type Row = [totalUsers: number, pageSize: number, wanted: number, isCheaper: boolean, why: string];
  const table: Row[] = [
    [50, 50, 0, false, 'nothing is left to ask either way'],
    [50, 50, 3, false, 'the list is read already'],
    [300, 100, 1, true, 'one question against two pages'],
    [300, 100, 2, false, 'two questions against two pages: the list tells more'],
    [301, 100, 2, true, 'two questions against two pages and a piece of one'],
    [500_000, 100, 4998, true, 'fewer questions than pages of embed users'],
    [500_000, 100, 4999, false, 'as many questions as pages'],
    [300, 20, 13, true, 'the server cuts its pages shorter than asked, so that there are more of them'],
    [300, 20, 14, false, 'as many questions as short pages'],
    [300, 0, 299, true, 'a first page without users says nothing of what the others hold'],
    [50, 100, 3, false, 'more were received than are counted: no page is left'],
  ];
  for (const [totalUsers, pageSize, wanted, isCheaper, why] of table) {
    const facts = `${wanted} wanted, ${pageSize} of ${totalUsers} on the first page`;
    test(`${isCheaper ? 'is' : 'is not'} cheaper for ${facts}: ${why}`, () => {
      assert.equal(isCheaperById({ totalUsers, pageSize, wanted }), isCheaper);
    });
  }
});
