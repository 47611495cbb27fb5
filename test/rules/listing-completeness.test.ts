import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { judgeListing, type ListingFacts, type WalkEnding } from '../../src/rules/listing-completeness.ts';

const exact: ListingFacts = { ending: { kind: 'terminal-page' }, recordCount: 7, uniqueCount: 7, totalRecords: 7 };

describe('a walk', () => {
  test('that lists exactly what Omni counts is complete', () => {
    assert.deepEqual(judgeListing(exact), { kind: 'complete', surplus: 0 });
  });

  test('that saw more tokens than remain at its end is complete and tells the surplus', () => {
    assert.deepEqual(judgeListing({ ...exact, totalRecords: 5 }), { kind: 'complete', surplus: 2 });
  });

  test('that listed fewer tokens than Omni counts is walked again, with both counts told', () => {
    assert.deepEqual(judgeListing({ ...exact, totalRecords: 8 }), {
      kind: 'walk-again',
      reason: '7 tokens were listed, but Omni counts 8',
    });
  });

  test('that met an id twice is walked again, even where the counts agree', () => {
    assert.deepEqual(judgeListing({ ...exact, recordCount: 8 }), {
      kind: 'walk-again',
      reason: '1 of 8 records repeat a token id',
    });
  });

  test('that listed nothing is walked again, although nothing is what Omni counts', () => {
    const verdict = judgeListing({ ...exact, recordCount: 0, uniqueCount: 0, totalRecords: 0 });

    assert.equal(verdict.kind, 'walk-again');
    assert.match(verdict.reason, /the list is empty/);
  });

  const oddEndings: [WalkEnding, RegExp][] = [
    [{ kind: 'cursor-missing', page: 3 }, /^page 3 promises a next page but gives no cursor$/],
    [{ kind: 'cursor-repeated', page: 4 }, /^page 4 gives a cursor that was already used$/],
    [{ kind: 'cursor-refused', page: 5 }, /^page 5 was refused/],
    [{ kind: 'too-many-pages', page: 1000 }, /^the list did not end within 1000 pages$/],
  ];
  for (const [ending, reason] of oddEndings) {
    test(`that ended with ${ending.kind} is walked again, although its counts agree`, () => {
      const verdict = judgeListing({ ...exact, ending });

      assert.equal(verdict.kind, 'walk-again');
      assert.match(verdict.reason, reason);
    });
  }

  test('is never complete when a token may have been missed', () => {
    const count = fc.nat({ max: 20 });
    fc.assert(
      fc.property(count, count, count, (uniqueCount, repeats, totalRecords) => {
        const verdict = judgeListing({ ...exact, uniqueCount, recordCount: uniqueCount + repeats, totalRecords });

        assert.equal(verdict.kind === 'complete', uniqueCount > 0 && repeats === 0 && uniqueCount >= totalRecords);
      }),
    );
  });
});
