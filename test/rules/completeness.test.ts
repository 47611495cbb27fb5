import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeListing, type ListingFacts } from '../../src/rules/listing-completeness.ts';
import {
  isCheaperById,
  maxLookups,
  type UserListFacts,
  userListDoubt,
} from '../../src/rules/user-list-completeness.ts';

describe('a walk over the token list', () => {
  const exact: ListingFacts = {
    ending: { kind: 'terminal-page' },
    recordCount: 7,
    uniqueCount: 7,
    totals: [7, 7],
    lastPageCount: 2,
  };

  test('is complete when it has every token that Omni counts, with or without some that were deleted during the walk', () => {
    assert.deepEqual(judgeListing(exact), { kind: 'complete', surplus: 0 });
    assert.deepEqual(judgeListing({ ...exact, totals: [7, 5] }), { kind: 'complete', surplus: 2 });
  });

  const table: [name: string, differences: Partial<ListingFacts>, reason: RegExp][] = [
    ['has fewer tokens than Omni counts', { totals: [8] }, /^7 tokens were listed, but Omni counts 8$/],
    ['has an id twice', { recordCount: 8 }, /^1 of 8 records repeat a token id$/],
    ['is empty', { recordCount: 0, uniqueCount: 0, totals: [0], lastPageCount: 0 }, /^the list is empty/],
    ['lost its cursor', { ending: { kind: 'cursor-missing', page: 3 } }, /^page 3 .* has no cursor$/],
    ['repeats a cursor', { ending: { kind: 'cursor-repeated', page: 4 } }, /^page 4 .* already used$/],
    ['had its cursor refused', { ending: { kind: 'cursor-refused', page: 5 } }, /^page 5 was refused/],
    ['does not end', { ending: { kind: 'too-many-pages', page: 1000 } }, /within 1000 pages$/],
    [
      'has an impossible page',
      { ending: { kind: 'page-impossible', page: 2, problem: 'it is odd' } },
      /^page 2 is invalid: it is odd$/,
    ],
    ['has a page that counts no tokens', { totals: [7, 0, 7] }, /reports a total of 0 tokens/],
    [
      'counts fewer tokens than its last page has',
      { totals: [7, 1] },
      /^the last page has 2 records but reports a total of only 1$/,
    ],
    [
      'counts far fewer tokens on a later page',
      { recordCount: 60, uniqueCount: 60, totals: [60, 44, 60] },
      /^Omni counted 60 tokens on one page and 44 on a later one$/,
    ],
  ];
  test('is complete when the number of tokens falls during the walk by ten, or by a quarter', () => {
    for (const [first, last] of [
      [20, 10],
      [100, 75],
    ] as const) {
      const facts = { ...exact, recordCount: first, uniqueCount: first, totals: [first, last] };
      assert.deepEqual(judgeListing(facts), { kind: 'complete', surplus: first - last });
    }
  });

  for (const [name, differences, reason] of table) {
    test(`is repeated when it ${name}`, () => {
      const verdict = judgeListing({ ...exact, ...differences });
      assert.equal(verdict.kind, 'walk-again');
      assert.match(verdict.reason, reason);
    });
  }
});

describe('a pass over a user list', () => {
  const changed = 'the number of users changed while they were being listed';
  const table: [name: string, facts: Omit<UserListFacts, 'mayBeEmpty'>, doubt: string | null][] = [
    ['is believed when all numbers agree', { totals: [250, 250], receivedCount: 250, uniqueCount: 250 }, null],
    ['is believed when there are no users', { totals: [0], receivedCount: 0, uniqueCount: 0 }, null],
    [
      'is doubted when the number of users changed, even if it changed back',
      { totals: [250, 249, 250], receivedCount: 250, uniqueCount: 250 },
      changed,
    ],
    ['is doubted when there was no page', { totals: [], receivedCount: 0, uniqueCount: 0 }, changed],
    [
      'is doubted when a user was listed twice',
      { totals: [250, 250], receivedCount: 250, uniqueCount: 249 },
      'a user was listed twice',
    ],
    [
      'is doubted when a user was skipped',
      { totals: [250, 250], receivedCount: 249, uniqueCount: 249 },
      '249 users were listed, but Omni counts 250',
    ],
    [
      'is doubted when there are more users than Omni counts',
      { totals: [250, 250], receivedCount: 251, uniqueCount: 251 },
      '251 users were listed, but Omni counts 250',
    ],
  ];
  for (const [name, facts, doubt] of table) {
    test(name, () => {
      assert.equal(userListDoubt({ ...facts, mayBeEmpty: true }), doubt);
    });
  }

  test('is doubted when it has no users, although it must have some', () => {
    const facts = { totals: [0], receivedCount: 0, uniqueCount: 0, mayBeEmpty: false };
    assert.match(userListDoubt(facts) ?? '', /empty/);
  });
});

describe('asking for users by id', () => {
  const table: [name: string, totalUsers: number, pageSize: number, wanted: number, isCheaper: boolean][] = [
    ['is not cheaper when the list has been read', 50, 50, 3, false],
    ['is cheaper with fewer users than pages', 300, 100, 1, true],
    ['is not cheaper with as many users as pages', 300, 100, 2, false],
    ['counts a last page that is not full', 301, 100, 2, true],
    ['assumes that all pages are as short as the first', 300, 20, 13, true],
    ['assumes pages of one user if the first is empty', 300, 0, 299, true],
    ['is not cheaper when more users were listed than Omni counts', 50, 100, 0, false],
  ];
  for (const [name, totalUsers, pageSize, wanted, isCheaper] of table) {
    test(name, () => {
      assert.equal(isCheaperById({ totalUsers, pageSize, wanted }), isCheaper);
    });
  }
});

test('a run asks for at least twenty hidden owners by id, and for a seventh of many', () => {
  assert.deepEqual([1, 26, 140, 141, 700].map(maxLookups), [20, 20, 20, 21, 100]);
});
