import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomSample, tripsBreaker } from '../../src/rules/removal-policy.ts';
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

describe('the sample of vanished tokens', () => {
  test('is all of them when they fit', () => {
    assert.deepEqual(randomSample(range(1, 300), 300, Math.random), range(1, 300));
  });

  test('has the maximum size, no duplicates, and is chosen at random', () => {
    const sample = randomSample(range(1, 1000), 300, Math.random);
    assert.equal(new Set(sample).size, 300);
    const numbers = [0.5, 0.5, 0.25, 0];
    assert.deepEqual(
      randomSample(range(0, 99), 3, () => numbers.shift() ?? 0),
      [0, 25, 50],
    );
  });
});
