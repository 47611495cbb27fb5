import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DeadlineError, InterruptedError, ListingIncompleteError, OmniError } from '../../src/errors.ts';
import { poisonousContext, startAuditBench } from '../support/audit-bench.ts';
import { dumpWithoutRuns, newsOf } from '../support/audit-looks.ts';
import { answer, answerJson } from '../support/omni-answers.ts';
import { apiToken } from '../support/omni-api.ts';
import { inject } from '../support/omni-faults.ts';
import { someTokens } from '../support/tokens.ts';

describe('a failed audit', () => {
  test('writes down that it failed, and nothing else', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    await bench.completeAudit();
    const before = dumpWithoutRuns(bench);
    bench.omni.organisation.tokens.splice(0, 50);
    bench.omni.intercept = ({ url = '' }, response) =>
      url.includes('cursor') && answerJson(response, { error: 'no' }, 404);
    bench.clock.advance(1000);
    bench.omni.organisation.tokens.push(
      ...someTokens(60).map((token) => ({ ...token, id: token.id.replace(/^0/, 'a') })),
    );
    const audit = await bench.audit();
    assert.equal(audit.status, 'failed');
    assert.equal(audit.pageCount, 1);
    assert.ok(audit.error instanceof OmniError);
    assert.deepEqual(dumpWithoutRuns(bench), before);
    const [run] = [...bench.store.history.runs({})];
    assert.equal(run?.status, 'failed');
    assert.equal(run?.pageCount, 1);
    assert.equal(run?.requestCount, 2);
    assert.match(run?.error ?? '', /^listing tokens, page 2, failed with 404/);
    assert.equal(run?.finishedAt, bench.clock.now().toISOString());
  });

  test('leaves the next one to compare with the last that was complete', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const first = await bench.completeAudit();
    inject(bench.omni, { status: 404 });
    await bench.audit();
    bench.omni.intercept = undefined;
    bench.omni.organisation.tokens.splice(0, 1);
    const third = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, third.runId), ['token-removed event info 1']);
    const report = bench.store.history.runFindings(third.runId);
    assert.equal(report?.previous?.id, first.runId);
    assert.equal(bench.store.history.runFindings(first.runId + 1), null);
  });

  test('takes an empty list for a fault and never for a removal of everything', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const first = await bench.completeAudit();
    bench.omni.organisation.tokens.length = 0;
    const audit = await bench.audit();
    assert.ok(audit.status === 'failed' && audit.error instanceof ListingIncompleteError);
    assert.equal(bench.rows('SELECT * FROM findings').length, 0);
    assert.equal(bench.store.runs.lastComplete()?.id, first.runId);
  });

  test('is one that was not done in its time', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.omni.intercept = () => true;
    bench.deps = { deadlineMs: 60 };
    const audit = await bench.audit();
    assert.ok(audit.status === 'failed' && audit.error instanceof DeadlineError);
    assert.match(audit.error.hint, /AUDIT_DEADLINE_MINUTES/);
    assert.equal(bench.store.runs.find(audit.runId ?? 0)?.status, 'failed');
  });

  test('is called interrupted when it was told to stop', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const controller = new AbortController();
    bench.omni.intercept = () => {
      controller.abort(new InterruptedError('told to stop by SIGTERM'));
      return true;
    };
    const audit = await bench.audit({}, controller.signal);
    assert.ok(audit.status === 'failed' && audit.error instanceof InterruptedError);
    const run = bench.store.runs.find(audit.runId ?? 0);
    assert.equal(run?.status, 'interrupted');
    assert.equal(run?.error, 'told to stop by SIGTERM');
    assert.equal(bench.rows('SELECT * FROM token_versions').length, 0);
  });

  test('mails at once that the credential is refused, and later that this is over', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    await bench.completeAudit();
    inject(bench.omni, { status: 401 });
    bench.clock.advance(60_000);
    await bench.audit();
    await bench.audit();
    bench.omni.intercept = undefined;
    bench.clock.advance(60_000);
    const audit = await bench.completeAudit();
    assert.equal(audit.mail, null);
    assert.equal(audit.queued, 1);
    assert.deepEqual(
      bench.store.outbox.list().map(({ kind }) => kind),
      ['recovered', 'failing', 'baseline'],
    );
  });

  test('is written down though the mail about it cannot be rendered', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    inject(bench.omni, { status: 401 });
    bench.deps = { context: poisonousContext };
    const audit = await bench.audit();
    assert.equal(audit.status, 'failed');
    assert.equal([...bench.store.history.runs({})][0]?.status, 'failed');
  });

  test('does not stop the next one, though the mail about the recovery cannot be rendered', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    inject(bench.omni, { status: 401 });
    await bench.audit();
    bench.omni.intercept = undefined;
    bench.deps = { context: poisonousContext };
    const audit = await bench.audit();
    assert.equal(audit.status, 'complete');
  });

  test('shows the token neither in its record nor in the log', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.omni.intercept = ({ headers }, response) =>
      answer(response, 403, 'text/plain', String(headers.authorization));
    const audit = await bench.audit();
    assert.equal(audit.status, 'failed');
    assert.ok(bench.log.length > 0);
    assert.ok(!JSON.stringify([bench.log, bench.dump()]).includes(apiToken));
  });
});
