import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type AuditBench, poisoned, startAuditBench } from '../support/audit-bench.ts';
import { change, newsOf, restart, revoke } from '../support/audit-looks.ts';
import { webPage } from '../support/omni-answers.ts';
import { inject, whoamiPath } from '../support/omni-faults.ts';
import { someTokens, uuid } from '../support/tokens.ts';

const user = { keyScope: 'user', orgRole: 'ORG_ADMIN' };
const organization = { keyScope: 'organization', orgRole: 'ORG_ADMIN' };

async function startAudited(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, someTokens(3));
  await bench.completeAudit();
  return bench;
}

async function tellings(bench: AuditBench): Promise<string[]> {
  return newsOf(bench, (await bench.completeAudit()).runId);
}

describe('the auditor’s own credential', () => {
  const changed = ['credential-changed event critical credential'];

  test('is remembered with each run', async (context) => {
    await using bench = await startAudited(context);
    assert.deepEqual(bench.rows('SELECT key_scope, org_role FROM runs'), [
      { key_scope: 'organization', org_role: 'ORG_ADMIN' },
    ]);
    assert.deepEqual(await tellings(bench), []);
  });

  for (const [what, body, after] of [
    ['scope', user, 'user-scoped, ORG_ADMIN'],
    ['role', { ...organization, orgRole: 'MEMBER' }, 'organization-scoped, MEMBER'],
  ] as const) {
    test(`is critical once when its ${what} changed, and once more when it is back`, async (context) => {
      await using bench = await startAudited(context);
      inject(bench.omni, { at: whoamiPath, body });
      const { runId, changes, findings, queued } = await bench.completeAudit();
      assert.deepEqual(newsOf(bench, runId), changed);
      assert.deepEqual([...bench.store.findings.reportedBy(runId)][0]?.detail, {
        before: 'organization-scoped, ORG_ADMIN',
        after,
      });
      assert.deepEqual([findings.critical, queued, changes.other], [1, 1, 0]);
      assert.deepEqual(await tellings(bench), []);
      bench.omni.intercept = undefined;
      assert.deepEqual(await tellings(bench), changed);
      assert.deepEqual(await tellings(bench), []);
    });
  }

  for (const [what, fault] of Object.entries({
    'there is no whoami': { status: 404 },
    'whoami is refused': { status: 403 },
    'whoami fails': { status: 500 },
    'whoami is a web page': webPage,
    'whoami says it in another way': { body: { scope: 'user' } },
  })) {
    test(`is unknown and no news where ${what}, and is compared with what was last known`, async (context) => {
      await using bench = await startAudited(context);
      inject(bench.omni, { at: whoamiPath, ...fault });
      const { runId } = await bench.completeAudit();
      assert.deepEqual(newsOf(bench, runId), []);
      assert.deepEqual(bench.rows(`SELECT key_scope, org_role FROM runs WHERE id = ${runId}`), [
        { key_scope: null, org_role: null },
      ]);
      bench.omni.intercept = undefined;
      assert.deepEqual(await tellings(bench), []);
      inject(bench.omni, { at: whoamiPath, ...fault });
      await bench.completeAudit();
      inject(bench.omni, { at: whoamiPath, body: user });
      assert.deepEqual(await tellings(bench), changed);
    });
  }

  test('is no news when an instance learns to say it', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    inject(bench.omni, { at: whoamiPath, status: 404 });
    await bench.completeAudit();
    bench.omni.intercept = undefined;
    assert.deepEqual(await tellings(bench), []);
  });

  test('that changed in an audit that failed is told by the next one', async (context) => {
    await using bench = await startAudited(context);
    const { tokens } = bench.omni.organisation;
    const listed = tokens.splice(0);
    await bench.audit();
    tokens.push(...listed);
    inject(bench.omni, { at: whoamiPath, body: user });
    assert.deepEqual(await tellings(bench), changed);
  });
});

describe('a field that Omni adds to its records', () => {
  const logged = (bench: AuditBench): unknown[] =>
    bench.log
      .filter(({ msg }) => msg === 'Omni sends fields that this version does not know')
      .map(({ level, runId, fields }) => [level, runId, fields]);

  test('is a log line once and no finding, however many records have it', async (context) => {
    await using bench = await startAudited(context);
    for (const token of bench.omni.organisation.tokens) token.lastUsedAt = '2026-02-28T00:00:00.000Z';
    const { runId, queued } = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, runId), []);
    assert.equal(queued, 0);
    assert.deepEqual(logged(bench), [['warn', runId, ['lastUsedAt']]]);
    using _store = restart(bench);
    await bench.completeAudit();
    assert.equal(logged(bench).length, 1);
  });

  test('is logged by itself when others were logged before', async (context) => {
    await using bench = await startAudited(context);
    change(bench, uuid(1), { scopes: [] });
    await bench.completeAudit();
    change(bench, uuid(1), { 'last\nUsedAt': null });
    await bench.completeAudit();
    assert.deepEqual(logged(bench), [
      ['warn', 2, ['scopes']],
      ['warn', 3, ['last⟨U+000A⟩UsedAt']],
    ]);
  });

  test('is logged again by the next audit when the one that saw it failed, or was a dry run', async (context) => {
    await using bench = await startAudited(context);
    change(bench, uuid(1), { lastUsedAt: null });
    await bench.completeAudit({ dryRun: true });
    bench.deps = { address: poisoned };
    revoke(bench, 2);
    assert.equal((await bench.audit()).status, 'failed');
    bench.deps = {};
    const { runId } = await bench.completeAudit();
    assert.deepEqual(logged(bench).at(-1), ['warn', runId, ['lastUsedAt']]);
  });
});
