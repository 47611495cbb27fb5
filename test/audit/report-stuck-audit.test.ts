import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { begin } from '../support/runs.ts';
import { msPerHour } from '../support/spans.ts';
import { someTokens } from '../support/tokens.ts';

function kinds({ store }: AuditBench): string[] {
  return store.outbox.list().map(({ kind }) => kind);
}

describe('a stuck audit', () => {
  test('is mailed at once and then daily, and as recovered when it has been killed and the next audit completes', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    await bench.completeAudit();
    const startedAt = bench.clock.now();
    const runId = begin(bench.store, startedAt);
    bench.clock.advance(msPerHour - 1);
    assert.equal(bench.reportStuck(bench.clock.now()), null);
    bench.clock.advance(1);
    const reports = [0, 0, msPerDay, msPerHour].map((ms) => {
      bench.clock.advance(ms);
      assert.match(bench.reportStuck(startedAt)?.message ?? '', new RegExp(`: run ${runId} \\(the test, started at `));
      return kinds(bench).length - 1;
    });
    assert.deepEqual(reports, [1, 1, 2, 2]);
    assert.equal(bench.store.runs.last()?.id, runId, 'a run was recorded');
    await bench.completeAudit();
    await bench.completeAudit();
    assert.deepEqual(kinds(bench), ['recovered', 'failing', 'failing', 'baseline']);
    const [recovered] = bench.rows("SELECT body_text AS text FROM messages WHERE kind = 'recovered'");
    assert.match(String(recovered?.text), /1 run failed\./);
  });

  test('is mailed even if its run has ended', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    await bench.completeAudit();
    const aliveAt = bench.clock.now();
    bench.clock.advance(msPerHour);
    assert.match(bench.reportStuck(aliveAt)?.message ?? '', /an unknown process holds the audit lock/);
    bench.clock.advance(2 * msPerDay);
    bench.reportStuck(aliveAt);
    await bench.completeAudit();
    assert.deepEqual(kinds(bench), ['recovered', 'failing', 'failing', 'baseline']);
    const [recovered] = bench.rows("SELECT body_text AS text FROM messages WHERE kind = 'recovered'");
    assert.match(String(recovered?.text), /A run was\sstuck\./);
  });

  test('is not mailed if it ends at that moment, and is logged if the mail cannot be queued', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    await bench.completeAudit();
    const { store } = bench;
    const startedAt = bench.clock.now();
    begin(store, startedAt);
    bench.clock.advance(msPerHour);
    const seen = [store.runs.last(), store.runs.lastComplete()];
    bench.deps.store = { ...store, runs: { ...store.runs, last: () => seen.shift() ?? null } };
    assert.equal(bench.reportStuck(startedAt)?.name, 'StuckAuditError');
    const isBusy = new Error('the database is busy');
    bench.deps.store = { ...store, transactions: { ...store.transactions, run: () => assert.fail(isBusy) } };
    assert.equal(bench.reportStuck(startedAt)?.name, 'StuckAuditError');
    assert.equal(bench.log.at(-1)?.msg, 'the mail about the stuck audit could not be queued');
    assert.deepEqual(kinds(bench), ['baseline']);
  });
});
