import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { findRotations } from '../../src/rules/rotation.ts';
import type { Token } from '../../src/rules/token.ts';
import type { TokenChange } from '../../src/rules/token-events.ts';
import { daysAgo } from '../support/audit-steps.ts';
import { someKey, uuid } from '../support/tokens.ts';

function exportKey(number: number, ageDays: number, fields: Partial<Token> = {}): Token {
  return someKey(number, { name: 'nightly export', createdAt: daysAgo(ageDays), ...fields });
}

const removed = (number: number, ageDays: number, fields?: Partial<Token>): TokenChange => ({
  kind: 'vanished',
  before: exportKey(number, ageDays, fields),
});
const created = (number: number, ageDays: number, fields?: Partial<Token>): TokenChange => ({
  kind: 'appeared',
  after: exportKey(number, ageDays, fields),
  seenBefore: false,
});

/** Returns the ids of each new token and of the one that it replaces. */
function pairsOf(changes: TokenChange[], confirmedRemovals: ReadonlySet<string>): [string, string][] {
  const { byNewId, replacedIds } = findRotations(() => changes, confirmedRemovals);
  const pairs = [...byNewId].map(([newId, replaced]): [string, string] => [newId, replaced.id]);
  assert.deepEqual([...replacedIds].sort(), pairs.map(([, oldId]) => oldId).sort());
  return pairs.sort();
}

const all = new Set([1, 2, 3, 4].map(uuid));
const owner = { type: 'personal', membershipId: uuid(901) };
const hostileNames = [
  '',
  ' ',
  '!?',
  '🔑',
  '\u200b',
  'nightly\u200b export',
  'nightly \u202etropxe',
  'nightly\u00ad export',
  '\u3164',
  '\u2800a',
  'a\0',
  'a\ufffd',
  'a\ud800',
  'a\u2028',
  'a\ue000',
];

describe('a rotation', () => {
  test('pairs a new token with the removed one of its type, owner and name, for each owner', () => {
    const changes = [created(1, 0), created(2, 0, owner), removed(3, 200), removed(4, 100, owner)];
    assert.deepEqual(pairsOf(changes, all), [
      [uuid(1), uuid(3)],
      [uuid(2), uuid(4)],
    ]);
  });

  const unpaired: [name: string, changes: TokenChange[], confirmed?: ReadonlySet<string>][] = [
    ['is not found if the removal is not confirmed', [created(1, 0), removed(2, 100)], new Set([uuid(1)])],
    ['is not found if two tokens alike are removed', [created(1, 0), removed(2, 100), removed(3, 200)]],
    [
      'is not found if only one of two removals alike is confirmed',
      [created(1, 0), removed(2, 100), removed(3, 200)],
      new Set([uuid(2)]),
    ],
    ['is not found if two tokens alike are new', [created(1, 0), created(2, 1), removed(3, 100)]],
    ['is not found if one of two new tokens alike is older', [created(1, 0), created(2, 200), removed(3, 100)]],
    ['needs the same name', [created(1, 0), removed(2, 100, { name: 'Nightly export' })]],
    ['needs the same type', [created(1, 0, owner), removed(2, 100, { ...owner, type: 'mcp' })]],
    ['needs the same owner', [created(1, 0, owner), removed(2, 100, { ...owner, membershipId: uuid(902) })]],
    ['needs a newer token', [created(1, 101), removed(2, 100)]],
    ['needs a token that is not equally old', [created(1, 100), removed(2, 100)]],
    [
      'needs a token that was never listed before',
      [{ kind: 'appeared', after: exportKey(1, 0), seenBefore: true }, removed(2, 100)],
    ],
    [
      'is not found if the token of the same name was renamed',
      [{ kind: 'altered', before: exportKey(1, 0, { name: 'other' }), after: exportKey(1, 0) }, removed(2, 100)],
    ],
  ];
  for (const [name, changes, confirmed = all] of unpaired) {
    test(name, () => assert.deepEqual(pairsOf(changes, confirmed), []));
  }

  test('needs a name that identifies something: with a letter or digit, and without anything invisible', () => {
    for (const name of hostileNames) {
      const pairs = pairsOf([created(1, 0, { name }), removed(2, 100, { name })], all);
      assert.deepEqual(pairs, [], JSON.stringify(name));
    }
  });

  test('is found for readable names of any script', () => {
    for (const name of ['7', 'Übersicht', 'u\u0308ber', '夜間エクスポート', 'отчёт №1', 'تقرير', 'a 🔑', 'a\u00a0b']) {
      assert.deepEqual(pairsOf([created(1, 0, { name }), removed(2, 100, { name })], all), [[uuid(1), uuid(2)]], name);
    }
  });
});

/** Compares every two changes, and keeps a pair if neither of them fits a third one. */
function naivePairs(changes: TokenChange[], confirmed: ReadonlySet<string>): [string, string][] {
  const gone = changes.flatMap((change) => (change.kind === 'vanished' ? [change.before] : []));
  const fresh = changes.flatMap((change) => (change.kind === 'appeared' && !change.seenBefore ? [change.after] : []));
  const isAlike = (a: Token, b: Token): boolean =>
    a.type === b.type && a.membershipId === b.membershipId && a.name === b.name;
  const pairs: [string, string][] = [];
  for (const after of fresh) {
    for (const before of gone) {
      const isAmbiguous = [...fresh, ...gone].some(
        (other) => ![before, after].includes(other) && isAlike(other, after),
      );
      const isNewer = Date.parse(after.createdAt) > Date.parse(before.createdAt);
      const isHostile = hostileNames.includes(after.name);
      if (isAlike(before, after) && isNewer && !isHostile && !isAmbiguous && confirmed.has(before.id))
        pairs.push([after.id, before.id]);
    }
  }
  return pairs.sort();
}

test('exactly the unambiguous pairs are rotations, whatever else changes in the run', () => {
  const change = fc.record({
    kind: fc.constantFrom('vanished', 'vanished', 'appeared', 'appeared', 'reappeared', 'altered'),
    isConfirmed: fc.nat(5).map((number) => number > 0),
    fields: fc.record({
      name: fc.constantFrom('a', 'a ', ''),
      type: fc.constantFrom('personal', 'mcp'),
      membershipId: fc.constantFrom(null, uuid(901)),
      createdAt: fc.nat(9).map(daysAgo),
    }),
  });
  let pairCount = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 2, maxLength: 10, size: 'max' }), (drawn) => {
      const changes = drawn.map(({ kind, fields }, index): TokenChange => {
        const token = someKey(index + 1, fields);
        if (kind === 'vanished') return { kind, before: token };
        if (kind === 'altered') return { kind, before: { ...token, name: 'b' }, after: token };
        return { kind: 'appeared', after: token, seenBefore: kind === 'reappeared' };
      });
      const confirmed = new Set(drawn.flatMap(({ isConfirmed }, index) => (isConfirmed ? [uuid(index + 1)] : [])));
      const pairs = naivePairs(changes, confirmed);
      pairCount += pairs.length;
      assert.deepEqual(pairsOf(changes, confirmed), pairs);
    }),
    { numRuns: 3000 },
  );
  // Otherwise the property would hold of code that finds nothing.
  assert.ok(pairCount > 50, `${pairCount} pairs`);
});
