import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createStoreBench } from '../support/store-bench.ts';

describe('the period of a summary', () => {
  test('counts the audits since the baseline, the run itself included', (context) => {
    const bench = createStoreBench(context);
    bench.mail('baseline', bench.complete());
    const since = bench.clock.now().toISOString();
    for (let day = 1; day <= 6; day += 1) bench.complete();
    assert.deepEqual(bench.store.history.summaryPeriod(bench.complete()), {
      since,
      inventorySince: since,
      attempts: 7,
      complete: 7,
      newRecordFields: [],
    });
  });

  test('counts failed and interrupted audits as not complete', (context) => {
    const bench = createStoreBench(context);
    bench.mail('baseline', bench.complete());
    bench.fail('no network');
    bench.interrupt();
    bench.abandon();
    const { attempts, complete } = bench.store.history.summaryPeriod(bench.complete());
    assert.deepEqual({ attempts, complete }, { attempts: 4, complete: 1 });
  });

  test('begins anew with each summary, and with no other mail', (context) => {
    const bench = createStoreBench(context);
    bench.mail('baseline', bench.complete());
    const inventorySince = bench.clock.now().toISOString();
    const summaryRun = bench.complete();
    bench.mail('summary', summaryRun);
    const since = bench.clock.now().toISOString();
    bench.mail('digest', bench.complete());
    bench.mail('failing', bench.fail('no network'));
    bench.mail('recovered', bench.complete());
    const last = bench.complete();
    assert.deepEqual(bench.store.history.summaryPeriod(last), {
      since,
      inventorySince,
      attempts: 4,
      complete: 3,
      newRecordFields: [],
    });
  });

  test('begins anew with an inventory, which stands in for a summary', (context) => {
    const bench = createStoreBench(context);
    bench.mail('baseline', bench.complete());
    bench.mail('summary', bench.complete());
    bench.mail('inventory', bench.complete());
    const since = bench.clock.now().toISOString();
    assert.deepEqual(bench.store.history.summaryPeriod(bench.complete()), {
      since,
      inventorySince: since,
      attempts: 1,
      complete: 1,
      newRecordFields: [],
    });
  });

  test('does not know the inventory that is being written for the run', (context) => {
    const bench = createStoreBench(context);
    bench.mail('baseline', bench.complete());
    const inventorySince = bench.clock.now().toISOString();
    const runId = bench.complete();
    bench.mail('inventory', runId);
    assert.equal(bench.store.history.summaryPeriod(runId).inventorySince, inventorySince);
  });

  test('does not end with the summary that is being written for the run', (context) => {
    const bench = createStoreBench(context);
    bench.mail('baseline', bench.complete());
    const runId = bench.complete();
    bench.mail('summary', runId);
    assert.equal(bench.store.history.summaryPeriod(runId).attempts, 1);
  });

  test('has no beginning where no mail was ever made', (context) => {
    const bench = createStoreBench(context);
    bench.complete();
    assert.deepEqual(bench.store.history.summaryPeriod(bench.complete()), {
      since: null,
      inventorySince: null,
      attempts: 2,
      complete: 2,
      newRecordFields: [],
    });
  });

  test('has the record fields that were first seen since the last summary, those of the baseline among them', (context) => {
    const bench = createStoreBench(context);
    const see = (...names: string[]): number => {
      const runId = bench.complete();
      bench.store.transactions.run((tx) => bench.store.recordFields.remember(tx, names, runId));
      return runId;
    };
    bench.mail('baseline', see('scopes'));
    const first = see('scopes', 'lastUsedAt');
    assert.deepEqual(bench.store.history.summaryPeriod(first).newRecordFields, ['lastUsedAt', 'scopes']);
    bench.mail('summary', first);
    assert.deepEqual(bench.store.history.summaryPeriod(see('scopes', 'lastUsedAt', 'note')).newRecordFields, ['note']);
  });
});
