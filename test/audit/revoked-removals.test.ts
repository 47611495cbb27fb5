import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegisterRow } from '../../src/store/register.ts';
import { startAuditBench } from '../support/audit-bench.ts';
import { auditAndRead, reportedBy, revoke } from '../support/audit-steps.ts';
import { inject, oneTokenPath } from '../support/omni-faults.ts';
import { someRow } from '../support/register-rows.ts';
import { someTokens, uuid } from '../support/tokens.ts';

test('a token that is to be revoked counts as present until Omni answers 404 for its id', async (context) => {
  await using bench = await startAuditBench(context, someTokens(20));
  const rows = new Map([[uuid(7), someRow({ decision: 'revoke' })]]);
  bench.deps = { readRegister: () => ({ kind: 'read', rows }) };
  await bench.completeAudit();
  bench.clock.advance(60_000);

  revoke(bench, 7, 8);
  inject(bench.omni, { at: oneTokenPath, status: 403 });
  const { runId, tokenCount } = await bench.completeAudit();
  assert.deepEqual(reportedBy(bench, runId), ['token-removed event info 8']);
  assert.equal(tokenCount, 19);
  const open = "SELECT subject FROM conditions WHERE kind = 'revocation-pending' AND resolved_run_id IS NULL";
  assert.deepEqual(bench.rows(open), [{ subject: uuid(7) }]);

  bench.clock.advance(60_000);
  bench.omni.intercept = undefined;
  assert.deepEqual(await auditAndRead(bench), ['token-removed event info 7']);
  assert.deepEqual(bench.rows(open), []);
});

test('a row without a decision does not end the revocation of a token whose row had vanished', async (context) => {
  await using bench = await startAuditBench(context, someTokens(20));
  const auditWith = async (rows: Map<string, RegisterRow>): Promise<string[]> => {
    bench.deps = { readRegister: () => ({ kind: 'read', rows }) };
    bench.clock.advance(60_000);
    return reportedBy(bench, (await bench.completeAudit()).runId);
  };
  await auditWith(new Map([[uuid(7), someRow({ decision: 'revoke' })]]));
  await auditWith(new Map());

  revoke(bench, 7);
  inject(bench.omni, { at: oneTokenPath, status: 403 });
  assert.deepEqual(await auditWith(new Map([[uuid(7), someRow({ decision: null })]])), []);
});
