import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { RunReport } from '../../src/history/report.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, revoke, unacknowledge } from '../support/audit-looks.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { someKey, someToken, someTokens, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);

function report({ store }: AuditBench, runId: number): RunReport {
  const found = store.history.runFindings(runId);
  assert.ok(found);
  return { ...found, ...store.history.runTotals(runId) };
}

async function auditAndReport(bench: AuditBench): Promise<RunReport> {
  bench.clock.advance(60_000);
  return report(bench, (await bench.completeAudit()).runId);
}

/** Tokens 1 and 2 are Jane's, who is deactivated, and stale; token 3 is of unknown type. */
async function startBench(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, [
    someToken(1, { createdAt: daysAgo(200), membershipId: jane }),
    someToken(2, { createdAt: daysAgo(400), membershipId: jane }),
    someToken(3, { type: 'service', membershipId: null }),
  ]);
  bench.people.ownerOf({ ...someToken(1), membershipId: jane }).active = false;
  return bench;
}

describe('the report of a run', () => {
  test('counts findings, and the tokens that they concern', async (context) => {
    await using bench = await startBench(context);
    const { groups } = await auditAndReport(bench);
    assert.deepEqual(
      groups.map(({ kind, severity, count, tokenCount }) => `${kind} ${severity} ${count} ${tokenCount}`),
      [
        'owner-deactivated critical 1 2',
        'token-stale low 1 1',
        'token-stale medium 1 1',
        'token-type-unknown medium 1 1',
      ],
    );
  });

  test('names the owner of a token, and the one it is about, as of the run', async (context) => {
    await using bench = await startBench(context);
    const { groups } = await auditAndReport(bench);
    bench.people.ownerOf({ ...someToken(1), membershipId: jane }).displayName = 'Jane Roe';
    await bench.completeAudit();
    const owners = (some: RunReport['groups']) =>
      some.flatMap(({ findings }) => findings.map(({ token, owner }) => [token?.id ?? null, owner?.displayName]));
    const { displayName } = groups[0]?.findings[0]?.owner ?? {};
    assert.ok(displayName?.startsWith('Person'));
    assert.deepEqual(owners(groups), [
      [null, displayName],
      [uuid(1), displayName],
      [uuid(2), displayName],
      [uuid(3), undefined],
    ]);
    assert.deepEqual(owners(report(bench, 1).groups), owners(groups));
    const told = [...bench.store.findings.reportedBy(1)].filter(({ token }) => token !== null);
    assert.deepEqual(told.map(({ token, owner }) => [token?.id, owner?.displayName]).sort(), owners(groups).slice(1));
  });

  test('counts what stands by severity, acknowledged or not, and its subjects', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    acknowledge(bench, uuid(1));
    acknowledge(bench, jane);
    const { openBySeverity, acknowledgedCount, openSubjects } = await auditAndReport(bench);
    assert.deepEqual(openBySeverity, { critical: 1, high: 0, medium: 2, low: 1, info: 0 });
    assert.deepEqual([acknowledgedCount, openSubjects], [2, 4]);
  });

  test('counts what was acknowledged as of the run, and not what was later or before', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    const [id = 0] = acknowledge(bench, uuid(1));
    const second = await auditAndReport(bench);
    acknowledge(bench, uuid(2));
    const third = await auditAndReport(bench);
    unacknowledge(bench, id);
    const fourth = await auditAndReport(bench);
    acknowledge(bench, uuid(1));
    acknowledge(bench, uuid(3));
    const counts = [1, second.run.id, third.run.id, fourth.run.id].map(
      (runId) => report(bench, runId).acknowledgedCount,
    );
    assert.deepEqual(counts, [0, 1, 2, 1]);
    assert.equal((await auditAndReport(bench)).acknowledgedCount, 3);
  });

  test('counts what was acknowledged as of the run, also after the condition was resolved', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    for (const id of [uuid(1), uuid(3)]) acknowledge(bench, id);
    const { run } = await auditAndReport(bench);
    revoke(bench, 3);
    const resolving = await auditAndReport(bench);
    await auditAndReport(bench);
    assert.deepEqual(
      [run.id, resolving.run.id].map((runId) => report(bench, runId).acknowledgedCount),
      [2, 1],
    );
  });

  test('counts what was acknowledged as of the run, also when that is taken back and no digest told it yet', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    const [id = 0] = acknowledge(bench, uuid(1));
    const { run } = await auditAndReport(bench);
    unacknowledge(bench, id);
    assert.equal(report(bench, run.id).acknowledgedCount, 1);
    assert.equal((await auditAndReport(bench)).acknowledgedCount, 0);
    assert.equal(report(bench, run.id).acknowledgedCount, 1);
  });

  test('counts once what was accepted a second time before a digest told the end of the first', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    acknowledge(bench, uuid(1), 1);
    const { run } = await auditAndReport(bench);
    bench.clock.advance(msPerDay);
    acknowledge(bench, uuid(1), 1);
    assert.equal(report(bench, run.id).acknowledgedCount, 1);
    assert.equal((await auditAndReport(bench)).acknowledgedCount, 1);
  });

  test('counts the runs since the last mail that were blind to owners', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    assert.deepEqual([(await auditAndReport(bench)).blindRuns, (await auditAndReport(bench)).blindRuns], [0, 1]);
    bench.omni.intercept = undefined;
    assert.equal((await auditAndReport(bench)).blindRuns, 2);
    bench.omni.organisation.tokens.push({ ...someToken(7) });
    // The first of them was told at once, in a mail of its own.
    assert.equal((await auditAndReport(bench)).blindRuns, 1);
    assert.equal((await auditAndReport(bench)).blindRuns, 0);
  });

  test('says for one that was blind what is wrong, and that nothing is unproved', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    const blind = await auditAndReport(bench);
    assert.match(blind.ownersProblem?.problem ?? '', /403/);
    assert.equal(blind.ownersUnresolved, 0);
    bench.omni.intercept = undefined;
    assert.equal((await auditAndReport(bench)).ownersProblem, null);
  });

  test('shows the recent tokens of the baseline with their owners', async (context) => {
    await using bench = await startAuditBench(context, [
      someToken(1, { createdAt: daysAgo(3), membershipId: jane }),
      someToken(2, { createdAt: daysAgo(2), membershipId: null }),
      someToken(3, { createdAt: daysAgo(40) }),
    ]);
    const { recent } = await auditAndReport(bench);
    assert.equal(recent?.count, 2);
    assert.deepEqual(
      recent.tokens.map(({ token, owner }) => [token.id, owner?.state]),
      [
        [uuid(2), undefined],
        [uuid(1), 'active'],
      ],
    );
    assert.equal((await auditAndReport(bench)).recent, null);
  });
});

describe('all tokens of a run', () => {
  test('are more than are read at once, each with its owner as of the run', async (context) => {
    const others = range(1, 1100).map((number) => someToken(number, { membershipId: null }));
    const janes = someToken(1200, { membershipId: jane });
    await using bench = await startAuditBench(context, [janes, ...others.toReversed()]);
    const account = bench.people.ownerOf({ ...janes });
    account.displayName = 'Jane Doe';
    const { runId } = await bench.completeAudit();
    account.displayName = 'Jane Roe';
    revoke(bench, ...range(1, 700));
    const later = await bench.completeAudit({ acceptRemovals: true });

    const numbers = (of: number) => [...bench.store.history.ownedTokens(of)].map(({ token }) => token.id);
    assert.deepEqual(numbers(runId), [...range(1, 1100), 1200].map(uuid));
    assert.deepEqual(numbers(later.runId), [...range(701, 1100), 1200].map(uuid));
    const owners = [runId, later.runId].map(
      (of) => [...bench.store.history.ownedTokens(of)].at(-1)?.owner?.displayName,
    );
    assert.deepEqual(owners, ['Jane Doe', 'Jane Roe']);
    assert.equal([...bench.store.history.ownedTokens(runId)][0]?.owner, null);
  });

  test('are as the run saw them, disabled ones among them', async (context) => {
    const token = someToken(1, { type: 'service', enabled: false, membershipId: null });
    await using bench = await startAuditBench(context, [token, someToken(2)]);
    const { runId } = await bench.completeAudit();
    change(bench, token.id, { name: 'another name', enabled: true });
    await bench.completeAudit();
    assert.deepEqual([...bench.store.history.ownedTokens(runId)][0], { token, owner: null });
  });

  test('are none of a run that failed', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    await bench.completeAudit();
    bench.omni.organisation.tokens.length = 0;
    const { runId } = await bench.audit();
    assert.deepEqual([...bench.store.history.ownedTokens(runId ?? 0)], []);
  });
});

describe('the inventory of a run', () => {
  test('has all tokens by type, the oldest fifty of each with their owners, and exact counts', async (context) => {
    const keys = range(1001, 1003).map((number) => someKey(number));
    await using bench = await startAuditBench(context, [...keys, ...someTokens(73).toReversed()]);
    const { runId } = await bench.completeAudit();
    const inventory = bench.store.history.inventory(runId);
    assert.deepEqual(
      inventory.map(({ type, count, tokens }) => [type, count, tokens.length]),
      [
        ['personal', 73, 50],
        ['organization', 3, 3],
      ],
    );
    assert.deepEqual(
      inventory[0]?.tokens.map(({ token }) => token.id),
      range(1, 50).map(uuid),
    );
    assert.ok(inventory[0]?.tokens.every(({ owner }) => owner?.state === 'active'));
    assert.ok(inventory[1]?.tokens.every(({ owner }) => owner === null));
  });

  test('is that of its run, whatever was removed since', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const { runId } = await bench.completeAudit();
    revoke(bench, 1, 2);
    const later = await bench.completeAudit();
    assert.equal(bench.store.history.inventory(runId)[0]?.count, 3);
    assert.equal(bench.store.history.inventory(later.runId)[0]?.count, 1);
  });
});
