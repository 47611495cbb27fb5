import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, OmniError } from '../../src/errors.ts';
import { poisoned, poisonousContext, runTables, startAuditBench } from '../support/audit-bench.ts';
import { auditAndRead, revoke } from '../support/audit-steps.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { inject } from '../support/omni-faults.ts';
import { someToken, someTokens } from '../support/tokens.ts';

describe('a dry run', () => {
  test('decides everything that an audit decides and leaves no trace in any table', async (context) => {
    await using bench = await startAuditBench(context, someTokens(5));
    const untouched = bench.dump();
    const baseline = await bench.completeAudit({ dryRun: true });
    assert.equal(baseline.isBaseline, true);
    assert.ok(baseline.mail !== null);
    assert.deepEqual(bench.dump(), untouched);

    await bench.completeAudit();
    bench.omni.organisation.tokens.push({ ...someToken(6, { type: 'service' }) });
    revoke(bench, 1);
    const before = bench.dump();
    const dry = await bench.completeAudit({ dryRun: true });
    assert.deepEqual(bench.dump(), before);
    assert.ok(bench.log.every(({ event }) => event !== 'finding'));
    const real = await bench.completeAudit();
    assert.deepEqual({ ...dry, mail: null }, { ...real, mail: null });
    assert.equal(dry.mail?.subject, real.mail?.subject);
    assert.equal(real.changes.created, 1);
  });

  test('that fails leaves no trace either', async (context) => {
    await using bench = await startAuditBench(context, []);
    const before = bench.dump();
    const { status, runId } = await bench.audit({ dryRun: true });
    assert.deepEqual([status, runId], ['failed', null]);
    assert.deepEqual(bench.dump(), before);
  });
});

describe('a failed audit', () => {
  test('records that it failed and nothing else, and the next audit compares with the last complete one', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    await bench.completeAudit();
    const before = bench.dump(...runTables);
    revoke(bench, 7);
    bench.omni.organisation.tokens.push({ ...someToken(500) });
    bench.omni.intercept = (request, response) => {
      if (!request.url?.includes('cursor')) return false;
      response.writeHead(404).end();
      return true;
    };
    bench.clock.advance(1000);
    const audit = await bench.audit();
    assert.ok(audit.status === 'failed' && audit.error instanceof OmniError);
    assert.deepEqual(bench.dump(...runTables), before);
    const run = bench.store.runs.find(audit.runId ?? 0);
    assert.deepEqual(
      [run?.status, run?.pageCount, run?.requestCount, run?.finishedAt],
      ['failed', 1, 3, bench.clock.now().toISOString()],
    );
    assert.match(run?.error ?? '', /^listing tokens, page 2, failed with 404/);
    bench.omni.intercept = undefined;
    assert.deepEqual(await auditAndRead(bench), ['token-created event medium 1f4', 'token-removed event info 7']);
  });

  for (const [what, error, stored] of [
    ['an error with line breaks and control characters', new Error('a\n\u001b[2J  b\u202e'), 'a �[2J b�'],
    ['several problems of the configuration', new ConfigError(['A: wrong', 'B: missing']), 'A: wrong; B: missing'],
  ] as const) {
    test(`stores ${what} as one printable line`, async (context) => {
      await using bench = await startAuditBench(context, someTokens(1));
      const omni = { ...someOmniApi(bench.omni.baseUrl), whoami: () => Promise.reject(error) };
      bench.deps = { omni };
      await bench.audit();
      assert.equal(bench.store.runs.last()?.error, stored);
    });
  }

  test('records nothing else when not even the plain form of its mail can be queued', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const before = bench.dump(...runTables);
    bench.deps = { address: poisoned };
    assert.equal((await bench.audit()).status, 'failed');
    assert.deepEqual(bench.dump(...runTables), before);
  });

  for (const [how, deps] of Object.entries({ '': {}, ', in plain form if necessary': { context: poisonousContext } })) {
    test(`is mailed at once when the credential is refused, and once more when audits work again${how}`, async (context) => {
      await using bench = await startAuditBench(context, someTokens(3));
      await bench.completeAudit();
      inject(bench.omni, { status: 401 });
      bench.deps = deps;
      bench.clock.advance(60_000);
      await bench.audit();
      await bench.audit();
      bench.omni.intercept = undefined;
      bench.clock.advance(60_000);
      const { mail, queued } = await bench.completeAudit();
      assert.deepEqual([mail, queued], [null, 1]);
      const mails = bench.store.outbox.list();
      assert.deepEqual(
        mails.map(({ kind }) => kind),
        ['recovered', 'failing', 'baseline'],
      );
      assert.equal(mails.filter(({ subject }) => /plain form/.test(subject)).length, how === '' ? 0 : 2);
    });
  }
});
