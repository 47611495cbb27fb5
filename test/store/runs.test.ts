import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RunCompletion } from '../../src/store/runs.ts';
import type { AuditStore } from '../../src/stores.ts';
import { someMorning } from '../support/fake-clock.ts';
import { begin, someCompletion, someFailure, someStore } from '../support/runs.ts';

const later = new Date(someMorning.getTime() + 60_000);

function complete({ runs, transactions }: AuditStore, id: number, facts: Partial<RunCompletion> = {}): void {
  transactions.run((tx) =>
    runs.complete(tx, id, someCompletion({ finishedAt: later, isBaseline: true, requestCount: 2, ...facts })),
  );
}

function fail({ runs, transactions }: AuditStore, id: number): void {
  transactions.run((tx) => runs.fail(tx, id, someFailure({ finishedAt: later })));
}

describe('the record of runs', () => {
  test('holds a run from its beginning, with who runs it', (context) => {
    const { runs, transactions } = someStore(context);
    const id = transactions.run((tx) => runs.begin(tx, 'schedule', 'process 1 on host', someMorning));
    assert.deepEqual(runs.find(id), {
      id,
      trigger: 'schedule',
      status: 'running',
      lockedBy: 'process 1 on host',
      startedAt: someMorning.toISOString(),
      finishedAt: null,
      isBaseline: false,
      tokenCount: null,
      pageCount: 0,
      requestCount: 0,
      surplus: null,
      ownersKnown: null,
      ownersProblem: null,
      ownersHint: null,
      ownersUnresolved: 0,
      breaker: null,
      settingsFingerprint: null,
      errorType: null,
      error: null,
    });
    assert.equal(runs.last()?.id, id);
    assert.equal(runs.find(id + 1), null);
  });

  test('holds what a complete run saw', (context) => {
    const store = someStore(context);
    const id = begin(store);
    complete(store, id);
    const run = store.runs.lastComplete();
    assert.equal(run?.id, id);
    assert.equal(run?.finishedAt, later.toISOString());
    assert.deepEqual(
      [run?.isBaseline, run?.tokenCount, run?.requestCount, run?.settingsFingerprint],
      [true, 3, 2, 'abc'],
    );
  });

  test('holds whether the owners were known, and if not why and what mends it', (context) => {
    const store = someStore(context);
    const look = (owners: RunCompletion['owners']) => {
      const id = begin(store);
      complete(store, id, { owners });
      const run = store.runs.find(id);
      return [run?.ownersKnown, run?.ownersUnresolved, run?.ownersProblem, run?.ownersHint];
    };
    assert.deepEqual(look({ known: true, unresolved: 5 }), [true, 5, null, null]);
    assert.deepEqual(look({ known: false, problem: 'refused', hint: 'ask' }), [false, 0, 'refused', 'ask']);
    assert.deepEqual(look({ known: true, unresolved: 0 }), [true, 0, null, null]);
  });

  for (const breaker of [null, 'confirmed', 'accepted'] as const) {
    test(`holds that an unlikely number of removals was ${breaker}`, (context) => {
      const store = someStore(context);
      const id = begin(store);
      complete(store, id, { breaker });
      assert.equal(store.runs.find(id)?.breaker, breaker);
    });
  }

  test('knows what the credential last was, past runs that did not learn it and runs that failed', (context) => {
    const store = someStore(context);
    assert.equal(store.runs.lastCredential(), null);
    complete(store, begin(store));
    assert.equal(store.runs.lastCredential(), null);
    const credential = { keyScope: 'organization', orgRole: 'ORG_ADMIN' };
    complete(store, begin(store), { credential });
    complete(store, begin(store));
    fail(store, begin(store));
    begin(store);
    assert.deepEqual(store.runs.lastCredential(), credential);
    complete(store, begin(store), { credential: { ...credential, keyScope: 'user' } });
    assert.deepEqual(store.runs.lastCredential(), { ...credential, keyScope: 'user' });
  });

  test('takes the last complete run for the one before, past those that failed', (context) => {
    const store = someStore(context);
    const ids = Array.from({ length: 4 }, () => begin(store));
    const [first = 0, second = 0, third = 0, fourth = 0] = ids;
    complete(store, first);
    fail(store, second);
    complete(store, third);
    assert.equal(store.history.completeBefore(fourth)?.id, third);
    assert.equal(store.history.completeBefore(third)?.id, first);
    assert.equal(store.history.completeBefore(first), null);
    assert.equal(store.runs.lastComplete()?.id, third);
    assert.equal(store.runs.find(second)?.error, 'no');
    assert.deepEqual(
      [...store.history.runs({})].map(({ id }) => id),
      ids.toReversed(),
    );
  });

  test('calls interrupted what still runs though nobody holds the lock', (context) => {
    const store = someStore(context);
    const done = begin(store);
    complete(store, done);
    const killed = begin(store);
    assert.equal(
      store.transactions.run((tx) => store.runs.interruptAbandoned(tx, later)),
      1,
    );
    assert.equal(store.runs.find(killed)?.status, 'interrupted');
    assert.equal(store.runs.find(killed)?.finishedAt, later.toISOString());
    assert.equal(store.runs.find(done)?.status, 'complete');
    assert.equal(
      store.transactions.run((tx) => store.runs.interruptAbandoned(tx, later)),
      0,
    );
  });

  test('does not change a run that has ended', (context) => {
    const store = someStore(context);
    const id = begin(store);
    complete(store, id);
    fail(store, id);
    assert.equal(store.runs.find(id)?.status, 'complete');
    assert.equal(store.runs.find(id)?.error, null);
  });
});
