import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createJudge } from '../../src/rules/judge.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { auditAndRead } from '../support/audit-steps.ts';
import { defaultRules } from '../support/default-rules.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { someToken, uuid } from '../support/tokens.ts';

const [jane, customer] = [uuid(0xa), uuid(0xb)];

async function startWithOutsiders(context: TestContext): Promise<AuditBench> {
  const tokens = [someToken(1, { membershipId: jane }), someToken(2, { membershipId: customer })];
  const bench = await startAuditBench(context, tokens);
  bench.people.ownerOf({ membershipId: jane }).userName = 'jane@evil.example';
  bench.people.ownerOf({ membershipId: customer }).embed = { entity: 'shop', externalId: 'customer' };
  return bench;
}

function refuseUsers(bench: AuditBench): void {
  inject(bench.omni, { at: scimPaths.all, status: 403 });
}

/** Makes Jane external. The customer is external anyway. */
function setDomain({ deps }: AuditBench): void {
  deps.judge = createJudge({ ...defaultRules, ownerDomains: ['acme.example'] });
}

describe('settings that changed while owners could not be read', () => {
  test('still explain what follows when they are first applied, so that it is not reported', async (context) => {
    await using bench = await startWithOutsiders(context);
    assert.deepEqual(await auditAndRead(bench), ['owner-external opened high b']);
    setDomain(bench);
    refuseUsers(bench);
    assert.deepEqual(await auditAndRead(bench), []);
    bench.omni.intercept = undefined;
    assert.deepEqual(await auditAndRead(bench), []);
    const suppressed = bench.rows("SELECT subject FROM findings WHERE suppressed_by = 'settings-changed'");
    assert.deepEqual(suppressed, [{ subject: jane }]);
  });

  test('explain nothing about owners that were never judged with the former settings', async (context) => {
    await using bench = await startWithOutsiders(context);
    refuseUsers(bench);
    assert.deepEqual(await auditAndRead(bench), []);
    setDomain(bench);
    bench.omni.intercept = undefined;
    assert.deepEqual(await auditAndRead(bench), ['owner-external opened medium a', 'owner-external opened high b']);
  });
});
