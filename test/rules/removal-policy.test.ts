import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseLookUps, judgeRound, type RoundFacts, tripsBreaker } from '../../src/rules/removal-policy.ts';
import { range } from '../support/range.ts';

describe('removals at once', () => {
  const table: [vanishedCount: number, previousCount: number, isUnlikely: boolean, why: string][] = [
    [10, 10, false, 'ten are few, even if they are all'],
    [11, 11, true, 'eleven are many if they are all'],
    [11, 43, true, 'eleven are more than a quarter of 43'],
    [11, 44, false, 'eleven are exactly a quarter of 44'],
    [100_000, 1_000_000, false, 'a tenth is few, whatever the number'],
  ];
  for (const [vanishedCount, previousCount, isUnlikely, why] of table) {
    test(`${vanishedCount} of ${previousCount} are ${isUnlikely ? 'doubted' : 'believed'}: ${why}`, () => {
      assert.equal(tripsBreaker({ vanishedCount, previousCount }), isUnlikely);
    });
  }
});

describe('the lookups of vanished tokens', () => {
  const ids = (count: number): string[] => range(1, count).map(String);

  test('cover all of them when there are not more than a sample may hold', () => {
    assert.deepEqual(chooseLookUps(ids(300), [], Math.random), ids(300));
  });

  test('cover a random sample of more, each id once, with those that were found before', () => {
    const sample = chooseLookUps(ids(1000), ['7', '999', 'listed again'], Math.random);
    assert.equal(new Set(sample).size, 300);
    assert.ok(sample.includes('7') && sample.includes('999'));
  });
});

describe('after a round of lookups', () => {
  const all: RoundFacts = {
    vanishedCount: 5,
    previousCount: 100,
    lookedUpCount: 5,
    confirmedCount: 5,
    foundCount: 0,
    foundOnceCount: 0,
    isUnlikely: false,
    isAccepted: false,
    isChecked: true,
    listings: 1,
  };
  const table: [what: string, differences: Partial<RoundFacts>, verdict: string][] = [
    ['that confirmed all, the audit concludes', {}, 'conclude'],
    ['that confirmed none of a few, it concludes too', { confirmedCount: 0 }, 'conclude'],
    ['that found one for the first time, it lists again', { foundCount: 1, foundOnceCount: 1 }, 'list-again'],
    ['that found one after each of two listings, it concludes', { foundCount: 1, listings: 2 }, 'conclude'],
    ['that found another one, it lists a third time', { foundCount: 2, foundOnceCount: 1, listings: 2 }, 'list-again'],
    ['after a third listing, it concludes', { foundCount: 1, foundOnceCount: 1, listings: 3 }, 'conclude'],
    [
      'that found a part of a sample, it concludes nothing about the rest',
      { vanishedCount: 400, lookedUpCount: 300, foundCount: 9, listings: 2 },
      'contradicted',
    ],
    ['that found one of an unlikely number, it concludes nothing', { isUnlikely: true, foundCount: 1 }, 'contradicted'],
    ['that did not confirm an unlikely number, neither', { isUnlikely: true, confirmedCount: 4 }, 'unconfirmed'],
    [
      'while an unlikely number vanished and whoami is silent, neither',
      { isUnlikely: true, isChecked: false },
      'unconfirmed',
    ],
  ];
  for (const [what, differences, verdict] of table) {
    test(what, () => {
      assert.equal(judgeRound({ ...all, ...differences }).kind, verdict);
    });
  }
});
