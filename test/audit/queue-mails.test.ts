import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, plainMails, poisoned, startAuditBench } from '../support/audit-bench.ts';
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
    assert.equal(bench.store.outbox.list()[1]?.subject, 'inventory of run 7');
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
    const seen: unknown[] = [];
    bench.deps = {
      policy: { digestWhen: 'changes', reminderDays: 0, inventoryDays: 1 },
      mails: {
        ...plainMails,
        inventory(facts, inventory) {
          const { standing, report, period } = facts;
          seen.push([standing[0]?.count, inventory[0]?.count, report.acknowledgedCount, period.attempts]);
          return plainMails.inventory(facts, inventory);
        },
      },
    };
    await bench.completeAudit();
    acknowledge(bench, keys[0]?.id ?? '');
    assert.deepEqual(await mailsOfDays(bench, 2), ['digest inventory', 'inventory']);
    assert.deepEqual(seen, [
      [2, 3, 1, 1],
      [2, 3, 1, 1],
    ]);
  });

  test('are plain where the inventory cannot be rendered', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.deps = {
      policy: { digestWhen: 'changes', reminderDays: 0, inventoryDays: 1 },
      mails: { ...plainMails, inventory: poisoned },
    };
    await bench.completeAudit();
    assert.deepEqual(await mailsOfDays(bench, 1), ['inventory']);
    assert.equal(bench.store.outbox.list()[0]?.subject, 'run 2, plainly');
  });
});
