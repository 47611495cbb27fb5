import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { WrongClockError } from '../../src/errors.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, mailTables, runTables, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, keyOfAge } from '../support/audit-steps.ts';
import { someTokens, uuid } from '../support/tokens.ts';

async function startAudited(context: TestContext, tokens: Token[]): Promise<AuditBench> {
  const bench = await startAuditBench(context, tokens);
  await bench.completeAudit();
  return bench;
}

describe('an audit', () => {
  test('fails under a wrong clock, names both times, and does not judge, prune or expire anything', async (context) => {
    await using bench = await startAudited(context, [keyOfAge(1, 10), keyOfAge(2, 100)]);
    acknowledge(bench, uuid(2));
    bench.deps = { retentionDays: 90 };
    const rightTime = bench.clock.now();
    bench.omni.now = () => rightTime.getTime();
    bench.clock.advance(5 * 365 * msPerDay);
    const before = bench.dump(...runTables, ...mailTables);
    const audit = await bench.audit();
    assert.ok(audit.status === 'failed' && audit.error instanceof WrongClockError);
    assert.ok(audit.error.message.includes(bench.clock.now().toISOString()), audit.error.message);
    assert.ok(audit.error.message.includes(rightTime.toISOString()), audit.error.message);
    assert.deepEqual(bench.dump(...runTables, ...mailTables), before);
  });

  test('fails on a cached answer, even if only a later page is cached', async (context) => {
    await using bench = await startAudited(context, someTokens(150));
    bench.omni.intercept = (request, response) => {
      if (request.url?.includes('cursor')) response.setHeader('age', '12');
      return false;
    };
    const audit = await bench.audit();
    assert.ok(audit.status === 'failed' && audit.error instanceof WrongClockError);
  });

  test('whose clock cannot be checked completes and says so, but does not prune or expire anything', async (context) => {
    await using bench = await startAudited(context, [keyOfAge(1, 10), keyOfAge(2, 100)]);
    acknowledge(bench, uuid(2), 10);
    bench.deps = { retentionDays: 5 };
    change(bench, uuid(1), { name: 'renamed' });
    bench.clock.advance(20 * msPerDay);
    bench.omni.intercept = (_request, response) => {
      response.removeHeader('date');
      response.sendDate = false;
      return false;
    };
    await bench.completeAudit();
    assert.deepEqual(bench.rows('SELECT ended_at FROM acknowledgements'), [{ ended_at: null }]);
    assert.deepEqual(bench.rows('SELECT * FROM retention'), []);
    const [mail] = bench.rows("SELECT body_text AS text FROM messages WHERE kind = 'digest'");
    assert.match(String(mail?.text), /the clock\s+could not be checked/);
  });
});
