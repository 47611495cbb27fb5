import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Token } from '../../src/rules/token.ts';
import { createPairing, type SnapshotToken } from '../../src/store/snapshot-pairing.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

const versionsOf = (tokens: readonly Token[]): SnapshotToken[] =>
  tokens.map((token, index) => ({ versionId: index + 1, token: { ...token } }));

interface Result {
  pairedCount: number;
  /** Ids of the tokens that stay unpaired. */
  listed: string[];
  versionIds: number[];
}

function pair(snapshot: readonly SnapshotToken[], pages: readonly (readonly Token[])[]): Result {
  const pairing = createPairing(snapshot.values());
  const unpaired = pages.map((page) => pairing.add(page));
  return {
    listed: unpaired.flatMap(({ listed }) => listed.map(({ id }) => id)),
    versionIds: [...unpaired.flatMap(({ versionIds }) => versionIds), ...pairing.rest()],
    pairedCount: pairing.pairedCount,
  };
}

function inPages(tokens: readonly Token[], size: number): Token[][] {
  return Array.from({ length: Math.ceil(tokens.length / size) }, (_, page) =>
    tokens.slice(page * size, (page + 1) * size),
  );
}

describe('a listing that is paired with the snapshot', () => {
  test('leaves nothing where nothing changed', () => {
    const tokens = someTokens(10);
    assert.deepEqual(pair(versionsOf(tokens), inPages(tokens, 3)), { pairedCount: 10, listed: [], versionIds: [] });
  });

  test('leaves what is new, what is gone, and both sides of what changed', () => {
    const [first, second, third] = someTokens(3);
    assert.ok(first && second && third);
    const pages = [[first], [{ ...second, name: 'renamed' }, someToken(9)]];
    assert.deepEqual(pair(versionsOf([first, second, third]), pages), {
      pairedCount: 1,
      listed: [second.id, uuid(9)],
      versionIds: [2, 3],
    });
  });

  test('pairs tokens of one instant in any order, also across pages', () => {
    const createdAt = '2026-01-01T00:00:00.000Z';
    const tokens = someTokens(6).map((token) => ({ ...token, createdAt }));
    const result = pair(versionsOf(tokens), inPages(tokens.toReversed(), 2));
    assert.deepEqual(result, { pairedCount: 6, listed: [], versionIds: [] });
  });

  test('leaves a token that is listed a second time', () => {
    const tokens = someTokens(3);
    const { pairedCount, listed } = pair(versionsOf(tokens), [tokens, tokens.slice(1, 2)]);
    assert.deepEqual([pairedCount, listed], [3, [uuid(2)]]);
  });

  test('holds few versions in memory, however many tokens were made at one instant or in which order they come', () => {
    const createdAt = '2026-01-01T00:00:00.000Z';
    const many = someTokens(20_000);
    for (const tokens of [many.map((token) => ({ ...token, createdAt })), many]) {
      let read = 0;
      let given = 0;
      let most = 0;
      const snapshot = versionsOf(tokens)
        .values()
        .map((version) => {
          read += 1;
          return version;
        });
      const pairing = createPairing(snapshot);
      for (const page of inPages(tokens.toReversed(), 100)) {
        given += pairing.add(page).versionIds.length;
        most = Math.max(most, read - given - pairing.pairedCount);
      }
      assert.equal(read, 20_000);
      assert.ok(most <= 5100, String(most));
    }
  });

  test('accounts for every token and every version once, whatever is listed, and misses no pair of an ordered list', () => {
    const token = fc
      .record({ number: fc.nat(12), instant: fc.nat(3), name: fc.constantFrom('a', 'b') })
      .map(({ number, instant, name }) =>
        someToken(number, { name, createdAt: `2026-01-0${instant + 1}T00:00:00.000Z` }),
      );
    const snapshot = fc
      .uniqueArray(token, { selector: ({ id }) => id })
      .map((tokens) => tokens.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt)));
    fc.assert(
      fc.property(
        snapshot,
        fc.array(token),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        (before, any, isSorted, size) => {
          const listed = isSorted ? any.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt)) : any;
          const versions = versionsOf(before);
          const result = pair(versions, inPages(listed, size));
          assert.equal(result.pairedCount + result.listed.length, listed.length);
          assert.equal(new Set(result.versionIds).size, result.versionIds.length);
          const paired = versions.filter(({ versionId }) => !result.versionIds.includes(versionId));
          assert.equal(paired.length, result.pairedCount);
          const isListed = (version: SnapshotToken): boolean =>
            listed.some((candidate) => JSON.stringify(candidate) === JSON.stringify(version.token));
          assert.ok(paired.every(isListed));
          if (isSorted) assert.equal(paired.length, versions.filter(isListed).length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
