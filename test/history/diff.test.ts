import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { AsOf } from '../../src/history/as-of.ts';
import { createJudge } from '../../src/rules/judge.ts';
import { openReadStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { change, daysAgo, short } from '../support/audit-looks.ts';
import { defaultRules } from '../support/default-rules.ts';
import { someToken, uuid } from '../support/tokens.ts';

/** What differs between two runs, as `kind transition severity subject`. */
function diff({ path }: AuditBench, from: number, to: number): string[] {
  using store = openReadStore(path);
  return [...store.history.diff(from, to)].map(({ kind, transition, severity, subject }) =>
    [kind, transition, severity, short(subject.id)].join(' '),
  );
}

/** A stale token, number 1. */
function startBench(context: TestContext, age = 200): Promise<AuditBench> {
  return startAuditBench(context, [someToken(1, { createdAt: daysAgo(age), membershipId: null }), someToken(2)]);
}

async function auditLater(bench: AuditBench, days = 1): Promise<void> {
  bench.clock.advance(days * msPerDay);
  await bench.completeAudit();
}

describe('the difference of two runs', () => {
  test('has no condition that ended and came back in between', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    change(bench, uuid(1), { enabled: false });
    await auditLater(bench);
    change(bench, uuid(1), { enabled: true });
    await auditLater(bench, 5);
    assert.deepEqual(diff(bench, 1, 3), []);
    assert.deepEqual(diff(bench, 1, 2), ['token-disabled event info 1']);
  });

  test('has a condition that is worse than it was', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    await auditLater(bench, 200);
    assert.deepEqual(diff(bench, 1, 2), ['token-stale opened low 2', 'token-stale escalated medium 1']);
    assert.deepEqual(diff(bench, 2, 2), []);
  });

  test('has what a change of settings ended or opened, like anything else', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    const off = { organization: [], personal: [], mcp: [] };
    bench.deps = { judge: createJudge({ ...defaultRules, staleAfterDays: off }) };
    await auditLater(bench);
    bench.deps = {};
    await auditLater(bench);
    assert.deepEqual(diff(bench, 1, 2), ['token-stale resolved info 1']);
    assert.deepEqual(diff(bench, 2, 3), ['token-stale opened low 1']);
  });

  test('has no token that came and went in between', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    const { tokens } = bench.omni.organisation;
    tokens.push({ ...someToken(3) });
    await auditLater(bench);
    tokens.pop();
    await auditLater(bench);
    assert.deepEqual(diff(bench, 1, 3), []);
    assert.deepEqual(diff(bench, 2, 3), ['token-removed event info 3']);
  });
});

describe('an answer as of the past', () => {
  test('counts conditions by the severity that they had', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    await auditLater(bench, 200);
    using store = openReadStore(bench.path);
    assert.deepEqual(
      [store.history.runTotals(1).openBySeverity.low, store.history.runTotals(1).openBySeverity.medium],
      [1, 0],
    );
    assert.equal(store.history.runTotals(2).openBySeverity.medium, 1);
  });

  test('finds a condition by who owns its token, and not by who did', async (context) => {
    const [before, now] = [uuid(11), uuid(12)];
    const bench = await startAuditBench(context, [someToken(1, { createdAt: daysAgo(200), membershipId: before })]);
    await bench.completeAudit();
    change(bench, uuid(1), { membershipId: now });
    await auditLater(bench);
    using store = openReadStore(bench.path);
    const { history } = store;
    const then = history.run(1);
    assert.ok(then);
    const present: AsOf = { isPast: false, run: history.lastComplete(), instant: bench.clock.now() };
    const past: AsOf = { isPast: true, run: then, instant: new Date(then.startedAt) };
    const open = (membershipId: string, asOf: AsOf = present) =>
      [...history.findings(asOf, { open: true, kind: 'token-stale', membershipId })].length;
    assert.deepEqual([open(now), open(before), open(before, past), open(now, past)], [1, 0, 1, 0]);
  });
});
