import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, revoke } from '../support/audit-steps.ts';
import { createStoreBench, type StoreBench } from '../support/store-bench.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

const msPerWeek = 7 * msPerDay;

describe('the period of a summary', () => {
  const time = ({ clock }: StoreBench): string => clock.now().toISOString();

  test('counts the runs since the baseline, however they ended, including the run itself', (context) => {
    const bench = createStoreBench(context);
    const { history } = bench.store;
    const baseline = bench.complete();
    const baselineAt = bench.store.runs.find(baseline)?.startedAt;
    const nothing = { since: null, baselineAt, inventorySince: null, newRecordFields: [] };
    assert.deepEqual(history.summaryPeriod(baseline), { ...nothing, runs: 1, complete: 1 });
    bench.mail('baseline', baseline);
    const since = time(bench);
    bench.fail('no network');
    bench.interrupt();
    bench.abandon();
    const period = { since, baselineAt, inventorySince: since, runs: 4, complete: 1, newRecordFields: [] };
    assert.deepEqual(history.summaryPeriod(bench.complete()), period);
  });

  test('restarts after a summary or an inventory, and after no other mail', (context) => {
    const bench = createStoreBench(context);
    const period = (runId: number): unknown[] => {
      const { since, inventorySince, runs } = bench.store.history.summaryPeriod(runId);
      return [since, inventorySince, runs];
    };
    bench.mail('baseline', bench.complete());
    const baselineAt = time(bench);
    const summaryRun = bench.complete();
    bench.mail('summary', summaryRun);
    const summaryAt = time(bench);
    assert.deepEqual(period(summaryRun), [baselineAt, baselineAt, 1], 'its own summary does not end its period');

    bench.mail('digest', bench.complete());
    bench.mail('failing', bench.fail('no network'));
    bench.mail('recovered', bench.complete());
    const inventoryRun = bench.complete();
    bench.mail('inventory', inventoryRun);
    assert.deepEqual(period(inventoryRun), [summaryAt, baselineAt, 4]);
    const inventoryAt = time(bench);
    assert.deepEqual(period(bench.complete()), [inventoryAt, inventoryAt, 1]);
  });

  test('has the record fields that were first seen since the last summary', (context) => {
    const bench = createStoreBench(context);
    const { store } = bench;
    const see = (...names: string[]): number => {
      const runId = bench.complete();
      store.transactions.run((tx) => store.recordFields.remember(tx, names, runId));
      return runId;
    };
    const newFields = (runId: number): string[] => store.history.summaryPeriod(runId).newRecordFields;
    bench.mail('baseline', see('scopes'));
    const first = see('scopes', 'lastUsedAt');
    assert.deepEqual(newFields(first), ['lastUsedAt', 'scopes'], 'the baseline did not report its own');
    bench.mail('summary', first);
    assert.deepEqual(newFields(see('scopes', 'lastUsedAt', 'note')), ['note']);
  });
});

test('the ages of a run’s tokens are counted in groups of whole days, to the millisecond', async (context) => {
  const oneMs = 1 / msPerDay;
  const ages = [-1, 0, 30 - oneMs, 30, 89.999, 90, 180 - oneMs, 180, 364.5, 365, 4000];
  const bench = await startAuditBench(
    context,
    ages.map((age, index) => someToken(index + 1, { createdAt: daysAgo(age) })),
  );
  const counts = (runId: number, now: Date): Record<number, number> =>
    Object.fromEntries(bench.store.history.trend(runId, now).ages.map(({ fromDays, count }) => [fromDays, count]));
  const first = await bench.completeAudit();
  const firstAt = bench.clock.now();
  const expected = { 0: 3, 30: 2, 90: 2, 180: 2, 365: 2 };
  assert.deepEqual(counts(first.runId, firstAt), expected);

  revoke(bench, 1, 2, 3, 4, 5, 6);
  bench.clock.advance(msPerDay);
  const second = await bench.completeAudit();
  assert.deepEqual(counts(second.runId, bench.clock.now()), { 0: 0, 30: 0, 90: 0, 180: 2, 365: 3 });
  assert.deepEqual(counts(first.runId, firstAt), expected, 'later changes do not count');
});

describe('the weeks up to a run', () => {
  /** Returns how many tokens there were at the end of each week, oldest first. */
  function tokenCounts({ store, clock }: StoreBench, runId: number, now = clock.now()): number[] {
    return store.history.trend(runId, now).weeks.map(({ tokenCount }) => tokenCount);
  }

  test('are the last eight, with the last complete run of each that has one', (context) => {
    const bench = createStoreBench(context);
    let eighth = 0;
    for (let week = 1; week <= 12; week += 1) {
      bench.clock.advance(msPerWeek);
      if (week !== 10) bench.complete({ tokenCount: week });
      if (week === 8) eighth = bench.store.runs.last()?.id ?? 0;
      bench.fail('no network');
      bench.abandon();
    }
    bench.complete({ tokenCount: 13 });
    const last = bench.complete({ tokenCount: 14 });
    assert.deepEqual(tokenCounts(bench, last), [5, 6, 7, 8, 9, 11, 14]);
    const { weeks } = bench.store.history.trend(last, bench.clock.now());
    assert.deepEqual(weeks.at(-1), { at: bench.clock.now().toISOString(), tokenCount: 14, openCount: 0 });
    assert.deepEqual(tokenCounts(bench, eighth), [5, 6, 7, 8], 'later runs do not count');
  });

  test('are counted back from the run in spans of exactly seven days', (context) => {
    const bench = createStoreBench(context);
    bench.complete({ tokenCount: 1 });
    const firstAt = bench.clock.now().getTime();
    bench.complete({ tokenCount: 2 });
    bench.clock.advance(msPerWeek - 2 * 60_000);
    const last = bench.complete({ tokenCount: 3 });
    assert.equal(bench.clock.now().getTime(), firstAt + msPerWeek);
    assert.deepEqual(tokenCounts(bench, last), [1, 3]);
    assert.deepEqual(tokenCounts(bench, last, new Date(firstAt + msPerWeek - 1)), [2]);
  });

  test('have the conditions that were open at that time, including acknowledged ones', async (context) => {
    const bench = await startAuditBench(context, someTokens(4));
    const auditAfter = async (...changes: [number: number, type: string][]): Promise<number> => {
      for (const [number, type] of changes) change(bench, uuid(number), { type });
      bench.clock.advance(msPerWeek);
      return (await bench.completeAudit()).runId;
    };
    await auditAfter();
    await auditAfter([1, 'service']);
    const third = await auditAfter([2, 'service']);
    const thirdAt = bench.clock.now();
    acknowledge(bench, uuid(1));
    await auditAfter([2, 'personal']);
    const last = await auditAfter([3, 'service'], [4, 'service']);

    const openCounts = (runId: number, now: Date) =>
      bench.store.history.trend(runId, now).weeks.map(({ openCount }) => openCount);
    assert.deepEqual(openCounts(last, bench.clock.now()), [0, 1, 2, 1, 3]);
    assert.deepEqual(openCounts(third, thirdAt), [0, 1, 2]);
  });
});
