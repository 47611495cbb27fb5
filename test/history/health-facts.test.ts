import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openAuditStore, openReadStore } from '../../src/stores.ts';
import { someMorning } from '../support/fake-clock.ts';
import { createStoreBench, type StoreBench } from '../support/store-bench.ts';

function facts({ path }: StoreBench) {
  using store = openReadStore(path);
  return store.history.healthFacts();
}

describe('the facts of health', () => {
  test('of a fresh database are its creation and nothing else', (context) => {
    assert.deepEqual(facts(createStoreBench(context)), {
      databaseCreatedAt: someMorning,
      lastCompleteAt: null,
      mailWaitingSince: null,
      parkedCount: 0,
    });
  });

  test('keep the creation when the database is opened again', (context) => {
    const bench = createStoreBench(context);
    openAuditStore(bench.path, new Date('2026-04-01T00:00:00.000Z'))[Symbol.dispose]();
    assert.deepEqual(facts(bench).databaseCreatedAt, someMorning);
  });

  test('know the last complete run, not a failed or interrupted one', (context) => {
    const bench = createStoreBench(context);
    bench.complete();
    bench.complete();
    const last = bench.clock.now();
    bench.fail('no network');
    bench.interrupt();
    assert.deepEqual(facts(bench).lastCompleteAt, last);
  });

  test('know since when the oldest mail waits, and how many are parked', (context) => {
    const bench = createStoreBench(context);
    const { outbox } = bench.store;
    bench.mail('digest', bench.complete(), ['a@acme.example', 'b@acme.example']);
    const since = bench.clock.now();
    bench.mail('digest', bench.complete(), ['c@acme.example']);
    assert.deepEqual(facts(bench).mailWaitingSince, since);

    for (const status of ['sent', 'parked'] as const) {
      const claimed = outbox.claim(bench.clock.now());
      assert.ok(claimed);
      outbox.settle(claimed, status === 'sent' ? { status } : { status, error: 'refused' }, bench.clock.now());
    }
    assert.deepEqual(facts(bench).mailWaitingSince, bench.clock.now());
    assert.equal(facts(bench).parkedCount, 1);

    outbox.discard(2, 'not wanted', bench.clock.now());
    assert.equal(facts(bench).mailWaitingSince, null);
  });
});
