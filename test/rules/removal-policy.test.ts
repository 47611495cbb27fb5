import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { planRemovals, removalSample } from '../../src/rules/removal-policy.ts';
import { range } from '../support/range.ts';

const atFirst = { isAccepted: false, hasListedAgain: false };

describe('removals at once', () => {
  const table: [vanishedCount: number, previousCount: number, kind: string, why: string][] = [
    [0, 1000, 'conclude', 'nothing vanished'],
    [10, 10, 'ask', 'ten are few, even if they are all'],
    [11, 11, 'list-again', 'eleven are many if they are all'],
    [11, 43, 'list-again', 'eleven are more than a quarter of 43'],
    [11, 44, 'ask', 'eleven are exactly a quarter of 44'],
    [100_000, 1_000_000, 'ask', 'a tenth is few, whatever the number'],
  ];
  for (const [vanishedCount, previousCount, kind, why] of table) {
    test(`${vanishedCount} of ${previousCount} lead to ${kind}: ${why}`, () => {
      assert.equal(planRemovals({ vanishedCount, previousCount }, atFirst).kind, kind);
    });
  }

  const few = { vanishedCount: 3, previousCount: 90 };
  const many = { vanishedCount: 30, previousCount: 90 };

  test('are confirmed by id if there are few, or if a second listing lacks many too', () => {
    const again = { ...atFirst, hasListedAgain: true };
    assert.deepEqual(planRemovals(few, atFirst), { kind: 'ask', breaker: null });
    assert.deepEqual(planRemovals(few, again), { kind: 'ask', breaker: null });
    assert.deepEqual(planRemovals(many, again), { kind: 'ask', breaker: 'confirmed' });
  });

  test('are believed if an operator accepts them, which is recorded if there are many', () => {
    const accepted = { ...atFirst, isAccepted: true };
    assert.deepEqual(planRemovals(many, accepted), { kind: 'conclude', breaker: 'accepted' });
    assert.deepEqual(planRemovals(few, accepted), { kind: 'conclude', breaker: null });
  });
});

describe('the sample of vanished tokens', () => {
  test('is all of them, up to twenty', () => {
    for (const count of [0, 1, 20]) assert.deepEqual(removalSample(range(1, count)), range(1, count));
  });

  test('is twenty of more, with no gap wider than a twentieth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 21, max: 5000 }), (count) => {
        const sample = removalSample(range(0, count - 1));
        assert.equal(sample.length, 20);
        assert.equal(sample[0], 0);
        const gaps = sample.map((position, index) => (sample[index + 1] ?? count) - position);
        assert.ok(Math.min(...gaps) >= 1, 'each is asked for once, in order');
        assert.ok(Math.max(...gaps) <= Math.ceil(count / 20), `gaps ${gaps.join()}`);
      }),
    );
  });
});
