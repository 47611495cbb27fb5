import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, poisonousContext, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, keyOfAge, revoke } from '../support/audit-looks.ts';
import { someTokens } from '../support/tokens.ts';

/** The kinds of the mails of each of the next daily audits. */
async function mailsOfDays(bench: AuditBench, days: number): Promise<string[]> {
  const kinds: string[] = [];
  for (let day = 1; day <= days; day += 1) {
    const before = bench.store.outbox.list().length;
    bench.clock.advance(msPerDay);
    await bench.completeAudit();
    const mails = bench.store.outbox.list();
    kinds.push(
      mails
        .slice(0, mails.length - before)
        .map(({ kind }) => kind)
        .toReversed()
        .join(' '),
    );
  }
  return kinds;
}

describe('the mails of an audit', () => {
  test('are none on a quiet day, a summary every so many days, and the inventory in its place', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.deps = { policy: { digestWhen: 'changes', reminderDays: 2, inventoryDays: 6 } };
    await bench.completeAudit();
    assert.deepEqual(await mailsOfDays(bench, 8), ['', 'summary', '', 'summary', '', 'inventory', '', 'summary']);
    assert.equal(bench.store.outbox.list()[1]?.subject, '[Omni tokens] Acme: inventory of 3 tokens');
  });

  test('are the digest and the summary where a run has news on that day', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.deps = { policy: { digestWhen: 'changes', reminderDays: 1, inventoryDays: 0 } };
    await bench.completeAudit();
    revoke(bench, 1);
    assert.deepEqual(await mailsOfDays(bench, 2), ['digest summary', 'summary']);
  });

  test('are a digest each time where the policy says always', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.deps = { policy: { digestWhen: 'always', reminderDays: 0, inventoryDays: 3 } };
    await bench.completeAudit();
    assert.deepEqual(await mailsOfDays(bench, 4), ['digest', 'digest', 'inventory', 'digest']);
  });

  test('are a digest for an acknowledgement alone', async (context) => {
    const key = keyOfAge(1, 100);
    await using bench = await startAuditBench(context, [key]);
    await bench.completeAudit();
    acknowledge(bench, key.id, 2);
    assert.deepEqual(await mailsOfDays(bench, 3), ['digest', 'digest', '']);
  });

  test('get all that stands and nobody acknowledged, and all tokens', async (context) => {
    const keys = [1, 2, 3].map((number) => keyOfAge(number, 100));
    await using bench = await startAuditBench(context, keys);
    bench.deps = { policy: { digestWhen: 'changes', reminderDays: 0, inventoryDays: 1 } };
    await bench.completeAudit();
    acknowledge(bench, keys[0]?.id ?? '');
    assert.deepEqual(await mailsOfDays(bench, 2), ['digest inventory', 'inventory']);
    for (const { text } of bench.rows("SELECT body_text AS text FROM messages WHERE kind = 'inventory'")) {
      assert.match(String(text), /Still open: 2 stale, 1 more acknowledged\. 3 tokens in all\./);
      assert.match(String(text), /\b1 of 1 audit complete since\b/);
      assert.match(String(text), /Tokens of type organization \(3\)/);
    }
  });

  test('are plain where the inventory cannot be rendered', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.deps = { policy: { digestWhen: 'changes', reminderDays: 0, inventoryDays: 1 } };
    await bench.completeAudit();
    bench.deps.context = poisonousContext;
    assert.deepEqual(await mailsOfDays(bench, 1), ['inventory']);
    assert.match(bench.store.outbox.list()[0]?.subject ?? '', /^\[Omni tokens\] audit 2: .*\(plain form\)$/);
  });
});
