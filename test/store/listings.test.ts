import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLookStore } from '../../src/store/store.ts';
import { startAuditBench } from '../support/audit-bench.ts';
import { someToken } from '../support/tokens.ts';

const msPerDay = 86_400_000;

describe('a condition in the list of findings', () => {
  test('has the age and the threshold of its last turn, and of an older run what that run told', async (context) => {
    const old = someToken(1, { type: 'organization', membershipId: null });
    await using bench = await startAuditBench(context, [old]);
    old.createdAt = new Date(bench.clock.now().getTime() - 179.5 * msPerDay).toISOString();
    bench.omni.organisation.tokens = [{ ...old }];
    const first = await bench.completeAudit();
    bench.clock.advance(msPerDay);
    const second = await bench.completeAudit();

    using store = openLookStore(bench.path);
    const [now, ...others] = [...store.findings({ runId: null, open: true })];
    assert.deepEqual(others, []);
    assert.deepEqual(now?.detail, { ageDays: 180, thresholdDays: 180 });
    assert.equal(now?.severity, 'medium');
    assert.equal(now?.runId, first.runId);

    const [then] = [...store.findings({ runId: first.runId, open: false })];
    assert.deepEqual([then?.detail, then?.severity], [{ ageDays: 179, thresholdDays: 90 }, 'low']);
    const [worse] = [...store.findings({ runId: second.runId, open: false })];
    assert.deepEqual([worse?.id, worse?.severity], [now?.id, 'medium']);
  });
});
