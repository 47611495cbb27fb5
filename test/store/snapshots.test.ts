import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Token } from '../../src/rules/token.ts';
import type { AuditStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { short } from '../support/audit-steps.ts';
import { createFakeClock, someMorning } from '../support/fake-clock.ts';
import { begin, currentFacts, someCompletion, someStore, stage } from '../support/runs.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

interface Bench {
  store: AuditStore;
  /** Makes a listing the snapshot of a complete run, a day after the last run. Returns the start of the run. */
  take(tokens: readonly Token[]): string;
  /** Returns since when each token of the current snapshot has been disabled, by its number. */
  disabledSince(): Record<string, string | null>;
}

function createBench(context: TestContext): Bench {
  const clock = createFakeClock();
  const store = someStore(context);

  return {
    store,
    take(tokens) {
      clock.advance(msPerDay);
      const startedAt = clock.now();
      const id = begin(store, startedAt);
      stage(store, tokens);
      const previousRunId = store.runs.lastComplete()?.id ?? null;
      const completion = someCompletion({ finishedAt: startedAt, isBaseline: previousRunId === null });
      store.transactions.run((tx) => {
        store.snapshots.apply(tx, { id, startedAt }, previousRunId);
        store.runs.complete(tx, id, completion);
      });
      return startedAt.toISOString();
    },
    disabledSince: () =>
      store.transactions.rehearse((tx) =>
        Object.fromEntries(currentFacts(store, tx).map(({ token, disabledSince }) => [short(token.id), disabledSince])),
      ),
  };
}

describe('since when a token has been disabled', () => {
  const enabled = someToken(1);
  const disabled = someToken(1, { enabled: false });
  const renamed = { ...disabled, name: 'another name' };
  const other = someToken(2);

  test('is the first run that saw it disabled, whatever else changes', (context) => {
    const { take, disabledSince } = createBench(context);
    const baseline = take([disabled, other]);
    assert.deepEqual(disabledSince(), { 1: baseline, 2: null });
    take([renamed, other]);
    const third = take([
      { ...renamed, type: 'mcp', membershipId: null },
      { ...other, enabled: false },
    ]);
    assert.deepEqual(disabledSince(), { 1: baseline, 2: third });
  });

  for (const [what, between] of [
    ['enabled', [enabled, other]],
    ['removed', [other]],
  ] as const) {
    test(`restarts after it was ${what} in between`, (context) => {
      const { take, disabledSince } = createBench(context);
      take([disabled, other]);
      take(between);
      const since = take([disabled, other]);
      take([renamed, other]);
      assert.deepEqual(disabledSince(), { 1: since, 2: null });
    });
  }
});

describe('a staged listing', () => {
  test('names the tokens of the last snapshot that vanished, oldest first', (context) => {
    const { store, take } = createBench(context);
    const { snapshots } = store;
    take([...someTokens(6), someToken(99)]);
    take(someTokens(6).toReversed());
    stage(store, [someToken(2), someToken(4, { name: 'another name' }), someToken(5), someToken(9)]);
    assert.equal(snapshots.count(), 6);
    assert.deepEqual(snapshots.vanishedIds(), [1, 3, 6].map(uuid));
    stage(store, someTokens(7));
    assert.deepEqual(snapshots.vanishedIds(), [], 'the previous comparison is forgotten');
  });
});

describe('the comparison of a listing with the snapshot', () => {
  const day = (number: number): string => `2026-01-0${number}T00:00:00.000Z`;

  /** Stages listings page by page. Returns how many ids they have and what differs from the snapshot, as `kind id`. */
  function comparer(context: TestContext) {
    const store = someStore(context);
    return (snapshot: readonly Token[], listed: readonly Token[], pageSize: number): [number, string[]] =>
      store.transactions.rehearse((tx) => {
        stage(store, snapshot);
        const id = store.runs.begin(tx, 'manual', 'the test', someMorning);
        store.snapshots.apply(tx, { id, startedAt: someMorning }, null);
        store.staging.reset();
        for (let at = 0; at < listed.length; at += pageSize) store.staging.add(listed.slice(at, at + pageSize));
        const count = store.staging.seal();
        const changes = count < listed.length ? [] : [...store.snapshots.changes()];
        const idOf = (change: (typeof changes)[number]) =>
          (change.kind === 'vanished' ? change.before : change.after).id;
        return [count, changes.map((change) => `${change.kind} ${idOf(change)}`)];
      });
  }

  test('finds no difference in another order, even when thousands of tokens were created at one instant', (context) => {
    const compare = comparer(context);
    const tokens = someTokens(12_000);
    for (const listed of [tokens, tokens.map((token) => ({ ...token, createdAt: day(1) }))]) {
      assert.deepEqual(compare(listed, listed.toReversed(), 100), [12_000, []]);
    }
  });

  test('counts the ids and finds what appeared, was altered or vanished, in any order and with any page size', (context) => {
    const compare = comparer(context);
    const token = fc
      .record({ number: fc.nat(12), createdOn: fc.integer({ min: 1, max: 4 }), name: fc.constantFrom('a', 'b') })
      .map(({ number, createdOn, name }) => someToken(number, { name, createdAt: day(createdOn) }));
    const byAge = (tokens: Token[]) => tokens.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
    const snapshots = fc.uniqueArray(token, { selector: ({ id }) => id }).map(byAge);
    const listings = fc.tuple(fc.array(token), fc.boolean()).map(([all, isSorted]) => (isSorted ? byAge(all) : all));
    fc.assert(
      fc.property(snapshots, listings, fc.integer({ min: 1, max: 4 }), (before, listed, pageSize) => {
        const ids = new Set(listed.map(({ id }) => id));
        const [count, changes] = compare(before, listed, pageSize);
        assert.equal(count, ids.size);
        if (count < listed.length) return;
        const known = new Map(before.map((each) => [each.id, JSON.stringify(each)]));
        const isAltered = (each: Token) => known.has(each.id) && known.get(each.id) !== JSON.stringify(each);
        const expected = [
          ...listed.filter(({ id }) => !known.has(id)).map(({ id }) => `appeared ${id}`),
          ...listed.filter(isAltered).map(({ id }) => `altered ${id}`),
          ...before.filter(({ id }) => !ids.has(id)).map(({ id }) => `vanished ${id}`),
        ];
        assert.deepEqual(changes.toSorted(), expected.toSorted());
      }),
      { numRuns: 200 },
    );
  });
});
