import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Token } from '../../src/rules/token.ts';
import type { AuditStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { short } from '../support/audit-looks.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { range } from '../support/range.ts';
import { begin, currentFacts, someCompletion, someFailure, someStore, stage } from '../support/runs.ts';
import { someToken, someTokens } from '../support/tokens.ts';

interface Bench {
  store: AuditStore;
  /** Takes a listing as the snapshot of a complete run, a day after the one before; answers the start of the run. */
  take(tokens: readonly Token[]): string;
  /** A run that fails after it staged a listing. */
  fail(tokens: readonly Token[]): void;
  /** Since when each token of the current snapshot is disabled, by its number. */
  disabledSince(): Record<string, string | null>;
}

function createBench(context: TestContext): Bench {
  const clock = createFakeClock();
  const store = someStore(context);

  function list(tokens: readonly Token[]): number {
    clock.advance(msPerDay);
    const runId = begin(store, clock.now());
    stage(store, tokens);
    return runId;
  }

  return {
    store,
    take(tokens) {
      const runId = list(tokens);
      const previous = store.runs.lastComplete();
      const run = { id: runId, startedAt: clock.now() };
      store.transactions.run((tx) => store.snapshots.apply(tx, run, previous?.id ?? null));
      const tokenCount = tokens.length;
      const isBaseline = previous === null;
      store.transactions.run((tx) =>
        store.runs.complete(tx, runId, someCompletion({ finishedAt: clock.now(), isBaseline, tokenCount })),
      );
      return clock.now().toISOString();
    },
    fail(tokens) {
      const runId = list(tokens);
      store.transactions.run((tx) => store.runs.fail(tx, runId, someFailure({ finishedAt: clock.now() })));
    },
    disabledSince: () =>
      store.transactions.rehearse((tx) =>
        Object.fromEntries(currentFacts(store, tx).map(({ token, disabledSince }) => [short(token.id), disabledSince])),
      ),
  };
}

const enabled = someToken(1);
const disabled = someToken(1, { enabled: false });

describe('since when a token is disabled', () => {
  test('is the first audit that saw it so, also the baseline', (context) => {
    const { take, disabledSince } = createBench(context);
    const baseline = take([disabled, someToken(2)]);
    assert.deepEqual(disabledSince(), { 1: baseline, 2: null });
    take([disabled, someToken(2)]);
    const third = take([disabled, someToken(2, { enabled: false }), someToken(3, { enabled: false })]);
    assert.deepEqual(disabledSince(), { 1: baseline, 2: third, 3: third });
  });

  test('stays when the disabled token changes otherwise', (context) => {
    const { take, disabledSince } = createBench(context);
    take([enabled]);
    const since = take([disabled]);
    take([{ ...disabled, name: 'another name' }]);
    take([{ ...disabled, name: 'another name', type: 'mcp', membershipId: null }]);
    assert.deepEqual(disabledSince(), { 1: since });
  });

  test('stays over a run that failed, whatever that one saw', (context) => {
    const { take, fail, disabledSince } = createBench(context);
    const since = take([disabled]);
    fail([enabled]);
    fail([someToken(2)]);
    take([{ ...disabled, name: 'another name' }]);
    assert.deepEqual(disabledSince(), { 1: since });
  });

  test('begins anew when it was enabled meanwhile', (context) => {
    const { take, disabledSince } = createBench(context);
    take([disabled]);
    take([enabled]);
    assert.deepEqual(disabledSince(), { 1: null });
    const since = take([disabled]);
    assert.deepEqual(disabledSince(), { 1: since });
  });

  test('begins anew when it was removed and is back', (context) => {
    const { take, disabledSince } = createBench(context);
    take([disabled, someToken(2)]);
    take([someToken(2)]);
    const since = take([disabled, someToken(2)]);
    assert.deepEqual(disabledSince(), { 1: since, 2: null });
    take([{ ...disabled, name: 'another name' }, someToken(2)]);
    assert.deepEqual(disabledSince(), { 1: since, 2: null });
  });
});

describe('the comparison with the snapshot before', () => {
  test('counts what is gone and names it, oldest first', (context) => {
    const { store, take } = createBench(context);
    take(someTokens(30));
    stage(store, [...someTokens(30).filter((_, index) => index % 3 !== 0), someToken(99), someToken(98)]);
    assert.deepEqual([store.snapshots.count(), store.snapshots.vanishedIds().length], [30, 10]);
    assert.deepEqual(
      store.snapshots.vanishedIds().map((id) => Number.parseInt(short(id), 16)),
      range(0, 9).map((index) => 1 + 3 * index),
    );
  });

  test('finds nothing gone at the baseline, nor where all is still there', (context) => {
    const { store, take } = createBench(context);
    stage(store, someTokens(3));
    assert.deepEqual([store.snapshots.count(), store.snapshots.vanishedIds().length], [0, 0]);
    take(someTokens(3));
    stage(store, [...someTokens(3).map((token) => ({ ...token, name: 'x' })), someToken(4)]);
    assert.deepEqual([store.snapshots.count(), store.snapshots.vanishedIds().length], [3, 0]);
    assert.deepEqual(store.snapshots.vanishedIds(), []);
  });

  test('forgets an earlier comparison', (context) => {
    const { store, take } = createBench(context);
    take(someTokens(3));
    stage(store, [someToken(1)]);
    assert.equal(store.snapshots.vanishedIds().length, 2);
    stage(store, someTokens(3));
    assert.equal(store.snapshots.vanishedIds().length, 0);
    assert.deepEqual(store.snapshots.vanishedIds(), []);
    assert.deepEqual([...store.snapshots.changes()], []);
  });

  test('does not count what was gone before', (context) => {
    const { store, take } = createBench(context);
    take(someTokens(5));
    take(someTokens(4));
    stage(store, someTokens(3));
    assert.deepEqual([store.snapshots.count(), store.snapshots.vanishedIds().length], [4, 1]);
  });
});
