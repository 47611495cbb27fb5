import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { begin, someCompletion } from '../support/runs.ts';
import { createStoreBench } from '../support/store-bench.ts';

describe('an outage', () => {
  test('begins with the first failure since the last complete run, and ends with the next complete run', (context) => {
    const bench = createStoreBench(context);
    const { history } = bench.store;
    assert.equal(history.outage(), null);
    bench.fail('long ago');
    assert.equal(history.outage()?.lastCompleteAt, null);
    bench.complete();
    assert.equal(history.outage(), null);
    bench.fail('first');
    bench.fail('second');
    const outage = {
      failingSince: '2026-03-01T07:03:00.000Z',
      lastFailureAt: '2026-03-01T07:04:00.000Z',
      lastNoticedAt: '2026-03-01T07:04:00.000Z',
      failedCount: 2,
      errors: [
        { at: '2026-03-01T07:04:00.000Z', error: 'second' },
        { at: '2026-03-01T07:03:00.000Z', error: 'first' },
      ],
      lastCompleteAt: '2026-03-01T07:02:00.000Z',
      thread: [],
      lastMailAt: { failing: null, breaker: null },
    };
    assert.deepEqual(history.outage(), outage);
    assert.deepEqual(history.outageBefore(bench.complete()), outage);
    assert.equal(history.outage(), null);
    assert.equal(history.outageBefore(bench.complete()), null);
  });

  test('includes an audit that is stuck, and lasts until the next complete run even if no run failed', (context) => {
    const bench = createStoreBench(context);
    const { history, runs, transactions } = bench.store;
    const complete = bench.complete();
    const stuck = { since: '2026-03-01T07:02:00.000Z', noticedAt: '2026-03-01T08:00:00.000Z', error: 'it is stuck' };
    const errors = [{ at: stuck.noticedAt, error: stuck.error }];
    const times = { failingSince: stuck.since, lastFailureAt: stuck.noticedAt, lastNoticedAt: stuck.noticedAt };
    assert.partialDeepStrictEqual(history.outage(stuck), { ...times, failedCount: 1, errors, thread: [] });
    assert.equal(history.outage(), null);

    // Stuck after its run had ended, and then in a run that completes all the same.
    const afterwards = bench.mail('failing', complete);
    const next = begin(bench.store, bench.clock.now());
    const during = bench.mail('failing', next);
    assert.partialDeepStrictEqual(history.outage(), { failedCount: 0, thread: [afterwards, during] });
    const completion = someCompletion({ finishedAt: bench.clock.now(), isBaseline: false });
    transactions.run((tx) => runs.complete(tx, next, completion));
    assert.deepEqual(history.outageBefore(next)?.thread, [afterwards, during]);
    bench.mail('recovered', next);
    assert.equal(history.outage(), null);
  });

  test('counts all failures and lists the newest five, including crashed and stopped runs', (context) => {
    const bench = createStoreBench(context);
    for (let number = 1; number <= 5; number += 1) bench.fail(`error ${number}`);
    bench.interrupt();
    bench.abandon();
    const outage = bench.store.history.outage();
    assert.equal(outage?.failedCount, 7);
    assert.deepEqual(
      outage.errors.map(({ error }) => error),
      ['the process ended before the audit did', 'stopped by SIGTERM', 'error 5', 'error 4', 'error 3'],
    );
  });

  test('has its mails of both kinds in one thread, each kind with its own time, and no other mail', (context) => {
    const bench = createStoreBench(context);
    const time = (): string => bench.clock.now().toISOString();
    bench.mail('failing', bench.fail('before'));
    bench.mail('recovered', bench.complete());
    const first = bench.mail('breaker', bench.fail('removals that Omni contradicts'));
    const second = bench.mail('failing', bench.fail('no network'));
    const failing = time();
    const third = bench.mail('breaker', bench.fail('removals that Omni contradicts'));
    const breaker = time();
    bench.clock.advance(1000);
    bench.mail('test', null);
    const outage = bench.store.history.outage();
    assert.deepEqual(outage?.thread, [first, second, third]);
    assert.deepEqual(outage.lastMailAt, { failing, breaker });
  });
});
