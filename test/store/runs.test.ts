import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Run } from '../../src/store/runs.ts';
import { createStoreBench, type StoreBench } from '../support/store-bench.ts';

/** The columns of the last run that a test asks for. */
function lastRun({ store }: StoreBench, ...columns: (keyof Run)[]) {
  const run = store.runs.last();
  assert.ok(run);
  return columns.map((column) => run[column]);
}

describe('the record of runs', () => {
  test('has a run as soon as it starts, and what it saw once it is complete', (context) => {
    const bench = createStoreBench(context);
    const { store, clock } = bench;
    const id = store.transactions.run((tx) => store.runs.begin(tx, 'schedule', 'process 1 on host', clock.now()));
    assert.deepEqual(store.runs.find(id), store.runs.last());
    assert.equal(store.runs.find(id + 1), null);
    assert.deepEqual(lastRun(bench, 'trigger', 'status', 'lockedBy', 'startedAt', 'finishedAt', 'ownersKnown'), [
      ...['schedule', 'running', 'process 1 on host', clock.now().toISOString(), null, null],
    ]);

    bench.complete({ isBaseline: true, tokenCount: 7, pageCount: 2, requestCount: 5, surplus: 1, breaker: 'accepted' });
    assert.deepEqual(lastRun(bench, 'status', 'startedAt', 'finishedAt', 'breaker'), [
      ...['complete', clock.now().toISOString(), clock.now().toISOString(), 'accepted'],
    ]);
    assert.deepEqual(lastRun(bench, 'isBaseline', 'tokenCount', 'pageCount', 'requestCount', 'surplus'), [
      ...[true, 7, 2, 5, 1],
    ]);
    assert.deepEqual(lastRun(bench, 'settingsFingerprint', 'errorType', 'error'), ['{}', null, null]);
  });

  for (const [owners, expected] of [
    [{ known: true, unresolved: 5 }, [true, 5, null, null]],
    [{ known: false, problem: 'refused', hint: 'ask' }, [false, 0, 'refused', 'ask']],
  ] as const) {
    test(`says that owners were ${owners.known ? 'known, and how many are unresolved' : 'unknown, and why'}`, (context) => {
      const bench = createStoreBench(context);
      bench.complete({ owners });
      assert.deepEqual(lastRun(bench, 'ownersKnown', 'ownersUnresolved', 'ownersProblem', 'ownersHint'), expected);
    });
  }

  test('has the credential of the newest complete run in which whoami answered', (context) => {
    const bench = createStoreBench(context);
    const { runs } = bench.store;
    bench.complete();
    assert.equal(runs.lastCredential(), null);
    const credential = { keyScope: 'organization', orgRole: 'ORG_ADMIN' };
    bench.complete({ credential });
    bench.complete();
    bench.fail('no network');
    assert.deepEqual(lastRun(bench, 'status', 'errorType', 'error'), ['failed', 'OmniError', 'no network']);
    assert.deepEqual(runs.lastCredential(), credential);
    bench.complete({ credential: { ...credential, keyScope: 'user' } });
    assert.deepEqual(runs.lastCredential(), { ...credential, keyScope: 'user' });
  });

  test('marks an abandoned run as interrupted, and changes no run that has ended', (context) => {
    const bench = createStoreBench(context);
    const { runs, transactions } = bench.store;
    const complete = bench.complete();
    bench.abandon();
    assert.deepEqual(lastRun(bench, 'status', 'finishedAt'), ['interrupted', bench.clock.now().toISOString()]);
    const failure = { status: 'failed', finishedAt: bench.clock.now(), pageCount: 0, requestCount: 0 } as const;
    transactions.run((tx) => {
      assert.equal(runs.interruptAbandoned(tx, bench.clock.now()), 0);
      runs.fail(tx, complete, { ...failure, errorType: 'OmniError', error: 'too late' });
    });
    assert.equal(runs.find(complete)?.status, 'complete');
  });
});

test('unknown fields of token records are returned once, and again after a run that did not see them', (context) => {
  const { store, complete } = createStoreBench(context);
  const remember = (...names: string[]): string[] => {
    const runId = complete();
    return store.transactions.run((tx) => store.recordFields.remember(tx, names, runId));
  };
  assert.deepEqual(remember('lastUsedAt', 'scopes'), ['lastUsedAt', 'scopes']);
  assert.deepEqual(remember('scopes', 'lastUsedAt', 'note', 'note'), ['note']);
  assert.deepEqual(remember('scopes'), []);
  assert.deepEqual(remember('scopes', 'note'), ['note']);
});
