import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { createStoreBench } from '../support/store-bench.ts';

describe('an outage', () => {
  test('is none before the first run and after a complete one', (context) => {
    const bench = createStoreBench(context);
    assert.equal(bench.store.history.outage(), null);
    bench.fail('no network');
    bench.complete();
    assert.equal(bench.store.history.outage(), null);
  });

  test('begins with the first failure since the last complete run and counts them all', (context) => {
    const bench = createStoreBench(context);
    bench.fail('long ago');
    bench.complete();
    bench.fail('first');
    bench.fail('second');
    assert.deepEqual(bench.store.history.outage(), {
      failingSince: '2026-03-01T07:03:00.000Z',
      lastFailureAt: '2026-03-01T07:04:00.000Z',
      failedCount: 2,
      errors: [
        { at: '2026-03-01T07:04:00.000Z', error: 'second' },
        { at: '2026-03-01T07:03:00.000Z', error: 'first' },
      ],
      lastCompleteAt: '2026-03-01T07:02:00.000Z',
      thread: [],
      lastMailAt: { failing: null, breaker: null },
    });
  });

  test('knows no complete run where there was none', (context) => {
    const bench = createStoreBench(context);
    bench.fail('first');
    assert.equal(bench.store.history.outage()?.lastCompleteAt, null);
  });

  test('keeps the newest five errors and the exact count', (context) => {
    const bench = createStoreBench(context);
    for (let number = 1; number <= 9; number += 1) bench.fail(`error ${number}`);
    const outage = bench.store.history.outage();
    assert.equal(outage?.failedCount, 9);
    assert.deepEqual(
      outage.errors.map(({ error }) => error),
      ['error 9', 'error 8', 'error 7', 'error 6', 'error 5'],
    );
  });

  test('counts a run whose process died, and one that was told to stop', (context) => {
    const bench = createStoreBench(context);
    bench.interrupt();
    bench.abandon();
    const outage = bench.store.history.outage();
    assert.equal(outage?.failedCount, 2);
    assert.match(outage.errors[0]?.error ?? '', /the process ended before the audit did/);
    assert.match(outage.errors[1]?.error ?? '', /stopped by SIGTERM/);
  });

  test('remembers its mails in order, and no other mail', (context) => {
    const bench = createStoreBench(context);
    const former = bench.fail('before');
    bench.mail('failing', former);
    bench.mail('recovered', bench.complete());
    const first = bench.mail('failing', bench.fail('first'));
    bench.clock.advance(msPerDay);
    const runId = bench.fail('a day later');
    const second = bench.mail('failing', runId);
    const lastMailAt = bench.clock.now().toISOString();
    bench.clock.advance(1000);
    bench.mail('test', null);
    const outage = bench.store.history.outage();
    assert.deepEqual(outage?.thread, [first, second]);
    assert.deepEqual(outage.lastMailAt, { failing: lastMailAt, breaker: null });
  });

  test('has mails of two kinds in one thread, each with a time of its own', (context) => {
    const bench = createStoreBench(context);
    bench.complete();
    const doubtful = bench.mail('breaker', bench.fail('removals that Omni contradicts'));
    const breakerAt = bench.clock.now().toISOString();
    assert.deepEqual(bench.store.history.outage()?.lastMailAt, { failing: null, breaker: breakerAt });
    const unreachable = bench.mail('failing', bench.fail('no network'));
    const outage = bench.store.history.outage();
    assert.deepEqual(outage?.thread, [doubtful, unreachable]);
    assert.deepEqual(outage.lastMailAt, { failing: bench.clock.now().toISOString(), breaker: breakerAt });
    const again = bench.mail('breaker', bench.fail('removals that Omni contradicts'));
    assert.deepEqual(bench.store.history.outage()?.lastMailAt.breaker, bench.clock.now().toISOString());
    assert.deepEqual(bench.store.history.outage()?.thread, [doubtful, unreachable, again]);
    bench.complete();
    assert.equal(bench.store.history.outage(), null);
  });

  test('that a run ended is still known to that run', (context) => {
    const bench = createStoreBench(context);
    bench.complete();
    const failed = bench.fail('first');
    const messageId = bench.mail('failing', failed);
    const recovered = bench.complete();
    const outage = bench.store.history.outageBefore(recovered);
    assert.equal(outage?.failedCount, 1);
    assert.deepEqual(outage.thread, [messageId]);
    assert.equal(bench.store.history.outageBefore(bench.complete()), null);
  });
});
