import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { maxRemovalSample, planRemovals, removalSample } from '../../src/rules/removal-policy.ts';

const atFirst = { isAccepted: false, hasListedAgain: false };

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
      const { kind } = planRemovals({ vanishedCount, previousCount }, atFirst);
      assert.equal(kind, isUnlikely ? 'list-again' : vanishedCount === 0 ? 'conclude' : 'ask');
    });
  }
});

describe('what to do about tokens that vanished', () => {
  const few = { vanishedCount: 3, previousCount: 90 };
  const many = { vanishedCount: 30, previousCount: 90 };

  test('is to ask about an unlikely number when a second listing lacks them too', () => {
    assert.deepEqual(planRemovals(many, { ...atFirst, hasListedAgain: true }), { kind: 'ask', breaker: 'confirmed' });
  });

  test('is to ask about a few, at first and after listing again', () => {
    for (const hasListedAgain of [false, true]) {
      assert.deepEqual(planRemovals(few, { ...atFirst, hasListedAgain }), { kind: 'ask', breaker: null });
    }
  });

  test('is nothing when an operator vouches for them, which is remembered where the number is unlikely', () => {
    const accepted = { isAccepted: true, hasListedAgain: false };
    assert.deepEqual(planRemovals(many, accepted), { kind: 'conclude', breaker: 'accepted' });
    assert.deepEqual(planRemovals(few, accepted), { kind: 'conclude', breaker: null });
  });

  test('is nothing where there are none', () => {
    const none = { vanishedCount: 0, previousCount: 90 };
    assert.deepEqual(planRemovals(none, atFirst), { kind: 'conclude', breaker: null });
  });
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
