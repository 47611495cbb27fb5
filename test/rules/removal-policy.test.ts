import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { maxRemovalSample, removalSample, tripsBreaker } from '../../src/rules/removal-policy.ts';

describe('removals at once', () => {
  const table: [vanishedCount: number, previousCount: number, isUnlikely: boolean, why: string][] = [
    [0, 0, false, 'nothing is gone from nothing'],
    [0, 1000, false, 'nothing is gone'],
    [1, 1, false, 'a small organisation may lose all it had'],
    [10, 10, false, 'ten are few, even if they are all'],
    [11, 11, true, 'eleven are many when they are all'],
    [11, 43, true, 'eleven are more than a quarter of 43'],
    [11, 44, false, 'eleven are a quarter of 44 and not more'],
    [11, 45, false, 'eleven are less than a quarter of 45'],
    [250, 1000, false, 'exactly a quarter'],
    [251, 1000, true, 'more than a quarter'],
    [100_000, 1_000_000, false, 'a tenth, however many that are'],
    [1_000_000, 1_000_000, true, 'all'],
  ];
  for (const [vanishedCount, previousCount, isUnlikely, why] of table) {
    test(`${vanishedCount} of ${previousCount} are ${isUnlikely ? 'doubted' : 'believed'}: ${why}`, () => {
      assert.equal(tripsBreaker({ vanishedCount, previousCount }), isUnlikely);
    });
  }
});

describe('the sample of what is gone', () => {
  function numbers(count: number): number[] {
    return Array.from({ length: count }, (_, index) => index);
  }

  test('is everything as long as that takes no more than twenty questions', () => {
    for (const count of [0, 1, 19, 20]) assert.deepEqual(removalSample(numbers(count)), numbers(count));
  });

  test('is another list than the one that it was taken from', () => {
    const vanished = numbers(3);

    assert.notEqual(removalSample(vanished), vanished);
  });

  test('is twenty of more, from the first on, in even steps', () => {
    assert.equal(maxRemovalSample, 20);
    assert.deepEqual(
      removalSample(numbers(40)),
      numbers(20).map((index) => 2 * index),
    );
    assert.deepEqual(
      removalSample(numbers(1000)),
      numbers(20).map((index) => 50 * index),
    );
  });

  test('leaves no gap of more than a twentieth, whatever the number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 21, max: 5000 }), (count) => {
        const sample = removalSample(numbers(count));

        assert.equal(sample.length, 20);
        assert.equal(sample[0], 0);
        const gaps = sample.map((position, index) => (sample[index + 1] ?? count) - position);
        assert.ok(Math.min(...gaps) >= 1, 'each is asked once, in order');
        assert.ok(Math.max(...gaps) <= Math.ceil(count / 20), `gaps ${gaps.join()}`);
      }),
    );
  });
});
