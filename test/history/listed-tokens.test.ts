import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ListedToken } from '../../src/history/listed-tokens.ts';
import { openReadStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { change, daysAgo } from '../support/audit-looks.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { someToken, uuid } from '../support/tokens.ts';

describe('the owner of a token in the list of tokens', () => {
  function tokens(bench: AuditBench, runId: number): ListedToken[] {
    using store = openReadStore(bench.path);
    return [...store.history.tokens(runId, {})];
  }

  const ownerOf = (bench: AuditBench, runId: number) => tokens(bench, runId)[0]?.owner;

  test('is who it was as of the run, with what was known then', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1), someToken(2, { membershipId: null })]);
    const account = bench.people.ownerOf({ ...someToken(1) });
    const { userName } = account;
    Object.assign(account, { displayName: 'Jane Doe', lastLogin: daysAgo(2) });
    await bench.completeAudit();
    bench.clock.advance(msPerDay);
    const login = bench.clock.now().toISOString();
    Object.assign(account, { displayName: 'Jane Roe', active: false, lastLogin: login });
    await bench.completeAudit();
    assert.deepEqual(ownerOf(bench, 1), { userName, displayName: 'Jane Doe', active: true, lastLogin: daysAgo(2) });
    assert.deepEqual(ownerOf(bench, 2), { userName, displayName: 'Jane Roe', active: false, lastLogin: login });
    assert.equal(tokens(bench, 2)[1]?.owner, null);
    assert.equal(tokens(bench, 2)[1]?.membershipId, null);
  });

  test('had not yet logged in at the time of an older run', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    const account = bench.people.ownerOf({ ...someToken(1) });
    await bench.completeAudit();
    bench.clock.advance(msPerDay);
    account.lastLogin = bench.clock.now().toISOString();
    await bench.completeAudit();
    assert.deepEqual([ownerOf(bench, 1)?.lastLogin, ownerOf(bench, 2)?.lastLogin], [null, account.lastLogin]);
  });

  test('is nobody where it is missing, or was never known', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    const { id } = bench.people.ownerOf({ ...someToken(1) });
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    await bench.completeAudit();
    bench.omni.intercept = undefined;
    await bench.completeAudit();
    bench.people.delete(id);
    await bench.completeAudit();
    assert.equal(ownerOf(bench, 1), null);
    assert.equal(ownerOf(bench, 2)?.active, true);
    assert.equal(ownerOf(bench, 3), null);
    assert.equal(tokens(bench, 3)[0]?.membershipId, id);
  });

  test('is still known in a run that could not ask', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    await bench.completeAudit();
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    await bench.completeAudit();
    assert.equal(ownerOf(bench, 2)?.active, true);
  });

  test('is the new one from the run on that saw it change', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1), someToken(2)]);
    const [first, second] = [someToken(1), someToken(2)].map((token) => bench.people.ownerOf({ ...token }).userName);
    await bench.completeAudit();
    change(bench, uuid(1), { membershipId: uuid(1_000_002) });
    await bench.completeAudit();
    assert.deepEqual([ownerOf(bench, 1)?.userName, ownerOf(bench, 2)?.userName], [first, second]);
    assert.equal(tokens(bench, 2).length, 2);
  });
});
