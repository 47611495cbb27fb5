import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Trend } from '../../src/history/report.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, revoke } from '../support/audit-looks.ts';
import { createStoreBench, type StoreBench } from '../support/store-bench.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

const msPerWeek = 7 * msPerDay;

describe('the ages of the tokens', () => {
  /** How many are in each group, by the days from which it is on. */
  function ages({ store, clock }: AuditBench, runId: number, now = clock.now()): Record<number, number> {
    return Object.fromEntries(store.history.trend(runId, now).ages.map(({ fromDays, count }) => [fromDays, count]));
  }

  const startAged = (context: TestContext, days: number[]): Promise<AuditBench> =>
    startAuditBench(
      context,
      days.map((age, index) => someToken(index + 1, { createdAt: daysAgo(age) })),
    );

  test('are counted by whole days: a group begins with the very millisecond', async (context) => {
    const oneMs = 1 / msPerDay;
    await using bench = await startAged(context, [
      ...[0, 29, 30 - oneMs],
      ...[30, 89.999],
      ...[90, 179, 180 - oneMs],
      ...[180, 364.5],
      ...[365, 4000],
    ]);
    const { runId } = await bench.completeAudit();
    assert.deepEqual(ages(bench, runId), { 0: 3, 30: 2, 90: 3, 180: 2, 365: 2 });
  });

  test('have every group, also where no token is in it', async (context) => {
    await using bench = await startAged(context, [100, 100]);
    const { runId } = await bench.completeAudit();
    assert.deepEqual(bench.store.history.trend(runId, bench.clock.now()).ages, [
      { fromDays: 0, count: 0 },
      { fromDays: 30, count: 0 },
      { fromDays: 90, count: 2 },
      { fromDays: 180, count: 0 },
      { fromDays: 365, count: 0 },
    ]);
  });

  test('count a token from the future, by a skewed clock, among the youngest', async (context) => {
    await using bench = await startAged(context, [-1 / 24, -4000, 400]);
    const { runId } = await bench.completeAudit();
    assert.deepEqual(ages(bench, runId), { 0: 2, 30: 0, 90: 0, 180: 0, 365: 1 });
  });

  test('are those of the run, whatever came and went since', async (context) => {
    await using bench = await startAged(context, [10, 100, 200]);
    const first = await bench.completeAudit();
    const firstAt = bench.clock.now();
    revoke(bench, 2);
    bench.clock.advance(25 * msPerDay);
    bench.omni.organisation.tokens.push({ ...someToken(9, { createdAt: bench.clock.now().toISOString() }) });
    const second = await bench.completeAudit();
    assert.deepEqual(ages(bench, second.runId), { 0: 1, 30: 1, 90: 0, 180: 1, 365: 0 });
    assert.deepEqual(ages(bench, first.runId, firstAt), { 0: 1, 30: 0, 90: 1, 180: 1, 365: 0 });
  });
});

describe('the weeks up to a run', () => {
  /** The numbers of the tokens, oldest week first. */
  function tokenCounts({ store, clock }: StoreBench, runId: number, now = clock.now()): number[] {
    return store.history.trend(runId, now).weeks.map(({ tokenCount }) => tokenCount);
  }

  test('are one at the baseline', (context) => {
    const bench = createStoreBench(context);
    const runId = bench.complete({ tokenCount: 12 });
    const now = bench.clock.now();
    assert.deepEqual(bench.store.history.trend(runId, now).weeks, [
      { at: now.toISOString(), tokenCount: 12, openCount: 0 },
    ]);
  });

  test('have the last complete run of each, oldest first, and end with the run itself', (context) => {
    const bench = createStoreBench(context);
    for (const tokenCount of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      bench.complete({ tokenCount });
      bench.fail('no network');
      bench.interrupt();
      bench.abandon();
      bench.clock.advance(2 * msPerDay);
    }
    const last = bench.complete({ tokenCount: 10 });
    // Two days and some minutes apart: the third began more than two weeks before the last, the sixth more than one.
    assert.deepEqual(tokenCounts(bench, last), [3, 6, 10]);
  });

  test('reach back from the run to the very instant of its time, seven days each', (context) => {
    const bench = createStoreBench(context);
    bench.complete({ tokenCount: 1 });
    const weekAgo = bench.clock.now().getTime();
    bench.complete({ tokenCount: 2 });
    bench.clock.advance(msPerWeek - 120_000);
    const last = bench.complete({ tokenCount: 3 });
    assert.equal(bench.clock.now().getTime(), weekAgo + msPerWeek);
    assert.deepEqual(tokenCounts(bench, last), [1, 3]);
    assert.deepEqual(tokenCounts(bench, last, new Date(weekAgo + msPerWeek - 1)), [2]);
    assert.deepEqual(tokenCounts(bench, 1, new Date(weekAgo + msPerWeek)), [1], 'in one week and not in two');
  });

  test('leave out those without a complete audit: nothing is known of them', (context) => {
    const bench = createStoreBench(context);
    const weeks: Trend['weeks'] = [];
    for (const [weeksLater, tokenCount] of [
      [0, 1],
      [1, 2],
      [3, 3],
      [1, 4],
    ] as const) {
      bench.clock.advance(weeksLater * msPerWeek);
      bench.complete({ tokenCount });
      weeks.push({ at: bench.clock.now().toISOString(), tokenCount, openCount: 0 });
      bench.fail('no network');
    }
    const { clock, store } = bench;
    assert.deepEqual(store.history.trend(store.runs.lastComplete()?.id ?? 0, clock.now()).weeks, weeks);
  });

  test('are eight at most', (context) => {
    const bench = createStoreBench(context);
    let last = 0;
    for (let week = 1; week <= 12; week += 1) {
      bench.clock.advance(msPerWeek);
      last = bench.complete({ tokenCount: week });
    }
    assert.deepEqual(tokenCounts(bench, last), [5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test('do not know what came after the run', (context) => {
    const bench = createStoreBench(context);
    const first = bench.complete({ tokenCount: 1 });
    const then = bench.clock.now();
    bench.complete({ tokenCount: 2 });
    bench.clock.advance(msPerWeek);
    bench.complete({ tokenCount: 3 });
    assert.deepEqual(tokenCounts(bench, first, then), [1]);
    assert.deepEqual(tokenCounts(bench, first), [1]);
  });

  test('have the conditions that were open then, acknowledged or not, and not those of now', async (context) => {
    await using bench = await startAuditBench(context, someTokens(4));
    const opened = async (changes: () => void): Promise<number> => {
      changes();
      bench.clock.advance(msPerWeek);
      return (await bench.completeAudit()).runId;
    };
    const service = (number: number) => change(bench, uuid(number), { type: 'service' });
    await opened(() => {});
    await opened(() => service(1));
    const third = await opened(() => service(2));
    const thirdAt = bench.clock.now();
    acknowledge(bench, uuid(1));
    await opened(() => change(bench, uuid(2), { type: 'personal' }));
    const last = await opened(() => [3, 4].forEach(service));

    const openCounts = (runId: number, now: Date) =>
      bench.store.history.trend(runId, now).weeks.map(({ openCount }) => openCount);
    assert.deepEqual(openCounts(last, bench.clock.now()), [0, 1, 2, 1, 3]);
    assert.deepEqual(openCounts(third, thirdAt), [0, 1, 2]);
  });
});
