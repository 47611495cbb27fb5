import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { ListedFinding } from '../../src/history/listed-findings.ts';
import { openReadStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, keyOfAge, revoke, unacknowledge } from '../support/audit-looks.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { someToken, uuid } from '../support/tokens.ts';

interface Wanted {
  /** As this run reported it; null: as of now. */
  runId?: number | null;
  open?: boolean;
  now?: Date;
}

function findings(bench: AuditBench, { runId = null, open = false, now = bench.clock.now() }: Wanted = {}) {
  using store = openReadStore(bench.path);
  const { history } = store;
  if (runId !== null) return [...history.findingsReportedBy(runId, { open }, now)];
  return [...history.findings({ isPast: false, run: history.lastComplete(), instant: now }, { open })];
}

function onlyFinding(bench: AuditBench, wanted: Wanted = {}): ListedFinding {
  const [finding, ...others] = findings(bench, wanted);
  assert.ok(finding);
  assert.deepEqual(others, []);
  return finding;
}

describe('a finding in the list', () => {
  const fields = ['acknowledgement', 'detail', 'id', 'kind', 'openedAt', 'resolvedAt', 'runId', 'severity', 'state'];
  const tokenFields = ['subject', 'tokenId', 'tokenName', 'tokenType'];

  test('has the fields of the interface and no others, whatever is asked for', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    const { runId } = await bench.completeAudit();
    change(bench, uuid(2), { name: 'another name', type: 'mcp' });
    await bench.completeAudit();
    using store = openReadStore(bench.path);
    const { history } = store;
    const [run, now] = [history.run(runId), bench.clock.now()];
    assert.ok(run);
    const all = [
      ...history.findings({ isPast: false, run: history.lastComplete(), instant: now }, {}),
      ...history.findings({ isPast: true, run, instant: new Date(run.startedAt) }, {}),
      ...history.findingsReportedBy(runId, {}, now),
    ];
    assert.ok(all.length > 4);
    for (const finding of all) assert.deepEqual(Object.keys(finding).toSorted(), [...fields, ...tokenFields]);
  });
});

describe('a condition in the list of findings', () => {
  test('has the age and the threshold of its last transition, and of an older run what that run told', async (context) => {
    const old = keyOfAge(1, 179.5);
    await using bench = await startAuditBench(context, [old]);
    const first = await bench.completeAudit();
    bench.clock.advance(msPerDay);
    const second = await bench.completeAudit();

    const now = onlyFinding(bench, { open: true });
    assert.deepEqual(now.detail, { ageDays: 180, thresholdDays: 180 });
    assert.equal(now.severity, 'medium');
    assert.equal(now.runId, first.runId);

    const then = onlyFinding(bench, { runId: first.runId });
    assert.deepEqual([then.detail, then.severity], [{ ageDays: 179, thresholdDays: 90 }, 'low']);
    const worse = onlyFinding(bench, { runId: second.runId });
    assert.deepEqual([worse.id, worse.severity], [now.id, 'medium']);
  });

  test('of an owner names the account and its tokens, and no token of its own', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    const account = bench.people.ownerOf({ ...someToken(1) });
    account.active = false;
    await bench.completeAudit();
    const finding = onlyFinding(bench);
    const { subject, tokenId, tokenName, tokenType, state } = finding;
    assert.deepEqual([subject, tokenId, tokenName, tokenType], [{ type: 'owner', id: account.id }, null, null, null]);
    const { owner, tokens } = factsOfKind(finding, 'owner-deactivated');
    assert.equal(owner.userName, account.userName);
    assert.deepEqual(
      tokens.map(({ id }) => id),
      [uuid(1)],
    );
    assert.equal(state, 'open');
  });
});

describe('an acknowledged condition in the list of findings', () => {
  async function startAcknowledged(context: TestContext): Promise<AuditBench> {
    const bench = await startAuditBench(context, [someToken(1, { type: 'service' }), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1), 10);
    return bench;
  }

  test('says who accepted it, why, when and until which day, at once', async (context) => {
    await using bench = await startAcknowledged(context);
    const { state, acknowledgement } = onlyFinding(bench, { open: true });
    assert.equal(state, 'acknowledged');
    assert.deepEqual(acknowledgement, {
      reason: 'it is known',
      by: 'Jane',
      at: bench.clock.now().toISOString(),
      until: '2026-03-11',
    });
  });

  test('is open again from the instant on at which the last day is over, before any audit', async (context) => {
    await using bench = await startAcknowledged(context);
    const end = bench.clock.now().getTime() + 10 * msPerDay;
    assert.equal(onlyFinding(bench, { now: new Date(end - 1) }).state, 'acknowledged');
    const over = onlyFinding(bench, { now: new Date(end) });
    assert.deepEqual([over.state, over.acknowledgement], ['open', null]);
  });

  test('is open again when that is taken back, and acknowledged by who accepts it next', async (context) => {
    await using bench = await startAcknowledged(context);
    const { id } = onlyFinding(bench);
    unacknowledge(bench, id);
    assert.deepEqual([onlyFinding(bench).state, onlyFinding(bench).acknowledgement], ['open', null]);
    acknowledge(bench, uuid(1), 20);
    assert.equal(onlyFinding(bench).acknowledgement?.until, '2026-03-21');
  });

  test('is open again when that is taken back, also by a clock that was set back since', async (context) => {
    await using bench = await startAcknowledged(context);
    const before = new Date(bench.clock.now().getTime() + 1);
    const { id } = onlyFinding(bench);
    bench.clock.advance(msPerDay);
    unacknowledge(bench, id);
    assert.equal(onlyFinding(bench, { now: before }).state, 'open');
  });

  test('is resolved when it is resolved', async (context) => {
    await using bench = await startAcknowledged(context);
    revoke(bench, 1);
    await bench.completeAudit();
    const resolved = findings(bench).find(({ kind }) => kind === 'token-type-unknown');
    assert.deepEqual([resolved?.state, resolved?.acknowledgement], ['resolved', null]);
  });

  test('has the state of now in the findings of an older run too, and events have none', async (context) => {
    await using bench = await startAcknowledged(context);
    change(bench, uuid(2), { name: 'another name' });
    const { runId } = await bench.completeAudit();
    assert.equal(onlyFinding(bench, { runId: 1 }).state, 'acknowledged');
    const event = onlyFinding(bench, { runId });
    assert.deepEqual([event.state, event.acknowledgement], ['event', null]);
  });
});
