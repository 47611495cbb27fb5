import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Token } from '../../src/rules/token.ts';
import { openAuditStore } from '../../src/stores.ts';
import { startAuditBench } from '../support/audit-bench.ts';
import { someMorning } from '../support/fake-clock.ts';
import { someStore, stage } from '../support/runs.ts';
import { tempDatabase } from '../support/temp-folder.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

describe('the staging table', () => {
  test('counts the tokens of all pages', (context) => {
    const store = someStore(context);
    store.staging.add(someTokens(100));
    store.staging.add([someToken(101)]);
    store.staging.add([]);
    assert.equal(store.staging.seal(), 101);
  });

  test('counts a repeated id once, within a page and between pages', (context) => {
    const store = someStore(context);
    store.staging.add([someToken(1), someToken(2), someToken(1)]);
    store.staging.add([someToken(2, { name: 'another name' })]);
    assert.equal(store.staging.seal(), 2);
  });

  test('counts an id once that the snapshot has, that was met, and that comes again', async (context) => {
    const tokens = someTokens(250);
    const bench = await startAuditBench(context, tokens);
    await bench.completeAudit();
    const { staging } = bench.store;
    staging.reset();
    staging.add(tokens.slice(0, 100));
    staging.add(tokens.slice(50, 150));
    staging.add(tokens.slice(150));
    assert.equal(staging.seal(), 250);
  });

  test('counts those that changed, went and came beside a snapshot', async (context) => {
    const tokens = someTokens(250);
    const bench = await startAuditBench(context, tokens);
    await bench.completeAudit();
    const { staging } = bench.store;
    staging.reset();
    staging.add(tokens.slice(10).map((token, index) => (index % 2 === 0 ? token : { ...token, name: 'renamed' })));
    staging.add([someToken(300), someToken(301)]);
    assert.equal(staging.seal(), 242);
  });

  test('is empty at first, and after a reset, whether it was sealed or not', (context) => {
    const store = someStore(context);
    assert.equal(store.staging.seal(), 0);
    store.staging.reset();
    store.staging.add(someTokens(3));
    store.staging.reset();
    assert.equal(store.staging.seal(), 0);
    store.staging.reset();
    store.staging.add([someToken(1), someToken(1)]);
    assert.equal(store.staging.seal(), 1);
    store.staging.reset();
    store.staging.add(someTokens(3));
    assert.equal(store.staging.seal(), 3);
  });

  test('is not seen by another connection and vanishes with its own', (context) => {
    const path = tempDatabase(context);
    {
      using store = openAuditStore(path, someMorning);
      store.staging.add(someTokens(3));
      using other = openAuditStore(path, someMorning);
      assert.equal(other.staging.seal(), 0);
    }
    using later = openAuditStore(path, someMorning);
    assert.equal(later.staging.seal(), 0);
  });
});

describe('a listing that is paired with the snapshot', () => {
  const instant = '2026-01-01T00:00:00.000Z';

  /** Compares listings with snapshots: what is counted, and what differs, as `kind id`. */
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
        return [
          count,
          changes.map((change) => `${change.kind} ${change.kind === 'vanished' ? change.before.id : change.after.id}`),
        ];
      });
  }

  test('differs in what is new, what is gone, and what changed', (context) => {
    const [first, second, third] = someTokens(3);
    assert.ok(first && second && third);
    const listed = [first, { ...second, name: 'renamed' }, someToken(9)];
    assert.deepEqual(comparer(context)([first, second, third], listed, 1), [
      3,
      [`altered ${uuid(2)}`, `appeared ${uuid(9)}`, `vanished ${uuid(3)}`],
    ]);
  });

  test('does not differ in the order of tokens, however many were made at one instant', (context) => {
    const compare = comparer(context);
    const many = someTokens(12_000);
    for (const tokens of [many, many.map((token) => ({ ...token, createdAt: instant }))]) {
      assert.deepEqual(compare(tokens, tokens.toReversed(), 100), [12_000, []]);
    }
  });

  test('differs from it as a comparison by id does, whatever is listed in whatever order', (context) => {
    const compare = comparer(context);
    const token = fc
      .record({ number: fc.nat(12), day: fc.integer({ min: 1, max: 4 }), name: fc.constantFrom('a', 'b') })
      .map(({ number, day, name }) => someToken(number, { name, createdAt: instant.replace('01T', `0${day}T`) }));
    const byAge = (tokens: Token[]) => tokens.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
    const snapshot = fc.uniqueArray(token, { selector: ({ id }) => id }).map(byAge);
    fc.assert(
      fc.property(
        snapshot,
        fc.array(token),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        (before, any, sorts, size) => {
          const listed = sorts ? byAge(any) : any;
          const ids = new Set(listed.map(({ id }) => id));
          const [count, changes] = compare(before, listed, size);
          assert.equal(count, ids.size);
          if (count < listed.length) return;
          const known = new Map(before.map((each) => [each.id, JSON.stringify(each)]));
          const expected = [
            ...listed.filter(({ id }) => !known.has(id)).map(({ id }) => `appeared ${id}`),
            ...listed
              .filter((each) => known.has(each.id) && known.get(each.id) !== JSON.stringify(each))
              .map(({ id }) => `altered ${id}`),
            ...before.filter(({ id }) => !ids.has(id)).map(({ id }) => `vanished ${id}`),
          ];
          assert.deepEqual(changes.toSorted(), expected.toSorted());
        },
      ),
      { numRuns: 200 },
    );
  });
});
