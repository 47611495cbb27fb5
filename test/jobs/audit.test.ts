import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { msPerDay } from '../../src/domain/token.ts';
import { DeadlineError, InterruptedError, ListingIncompleteError, OmniError } from '../../src/errors.ts';
import { type AuditBench, defaultRules, plainMails, startAuditBench } from '../support/audit-bench.ts';
import { someMorning } from '../support/fake-clock.ts';
import { apiToken } from '../support/omni-client.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

const daysAgo = (days: number): string => new Date(someMorning.getTime() - days * msPerDay).toISOString();

/** All but the record of the runs themselves. */
function dumpWithoutRuns(bench: AuditBench): Record<string, unknown[]> {
  const { runs, sqlite_sequence: counters, ...rest } = bench.dump();
  assert.ok(runs !== undefined && counters !== undefined);
  return rest;
}

function told(bench: AuditBench, runId: number): string[] {
  return [...bench.store.findings.told(runId)].map(({ kind, turn, severity, subject }) =>
    [kind, turn, severity, subject.id.replace(/^0{8}-0{4}-4000-8000-0*/, '')].join(' '),
  );
}

function change(bench: AuditBench, id: string, fields: Record<string, unknown>): void {
  const token = bench.omni.organisation.tokens.find((candidate) => candidate.id === id);
  assert.ok(token);
  Object.assign(token, fields);
}

function poisoned(): never {
  throw new Error('a poisonous name');
}

describe('an audit', () => {
  test('takes stock at first: no news, but what stands and one mail', async (context) => {
    const stale = someToken(2, { type: 'organization', createdAt: daysAgo(100), membershipId: null });
    await using bench = await startAuditBench(context, [someToken(1), stale, someToken(3, { type: 'service' })]);
    const audit = await bench.completeAudit({ trigger: 'schedule' });
    assert.equal(audit.isBaseline, true);
    assert.equal(audit.tokenCount, 3);
    assert.deepEqual(audit.changes, { created: 0, removed: 0, disabled: 0, enabled: 0, renamed: 0, other: 0 });
    assert.deepEqual(audit.findings, { critical: 0, high: 0, medium: 1, low: 1, info: 0 });
    assert.deepEqual(audit.standing, audit.findings);
    assert.deepEqual(told(bench, audit.runId).sort(), [
      'token-stale opened low 2',
      'token-type-unknown opened medium 3',
    ]);
    assert.equal(audit.queued, 1);
    assert.equal(bench.store.outbox.list()[0]?.kind, 'baseline');
    const run = bench.store.runs.find(audit.runId);
    assert.deepEqual(
      [run?.status, run?.trigger, run?.isBaseline, run?.tokenCount, run?.pageCount, run?.requestCount],
      ['complete', 'schedule', true, 3, 1, 1],
    );
  });

  test('finds what happened to each token since the audit before', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    await bench.completeAudit();
    change(bench, uuid(1), { enabled: false });
    change(bench, uuid(2), { name: 'another name' });
    change(bench, uuid(3), { membershipId: uuid(77) });
    change(bench, uuid(4), { type: 'mcp' });
    change(bench, uuid(5), { createdAt: daysAgo(30) });
    bench.omni.organisation.tokens.splice(149, 1);
    bench.omni.organisation.tokens.push({ ...someToken(500, { type: 'organization', membershipId: null }) });
    bench.clock.advance(msPerDay);
    const audit = await bench.completeAudit();

    assert.deepEqual(told(bench, audit.runId).sort(), [
      'token-created event high 1f4',
      'token-created-at-changed event critical 5',
      'token-disabled event info 1',
      'token-owner-changed event critical 3',
      'token-removed event info 96',
      'token-renamed event low 2',
      'token-type-changed event critical 4',
      'type-first-seen event medium mcp',
      'type-first-seen event medium organization',
    ]);
    assert.deepEqual(audit.changes, { created: 1, removed: 1, disabled: 1, enabled: 0, renamed: 1, other: 3 });
    assert.equal(audit.queued, 1);
    const lines = bench.log.filter(({ event }) => event === 'finding');
    assert.equal(lines.length, 9);
  });

  test('without news writes its run and nothing else', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    await bench.completeAudit();
    const before = dumpWithoutRuns(bench);
    bench.clock.advance(60_000);
    const audit = await bench.completeAudit();
    assert.deepEqual(dumpWithoutRuns(bench), before);
    assert.equal(audit.queued, 0);
    assert.equal(audit.mail, null);
    assert.equal(bench.rows(`SELECT * FROM snapshots WHERE run_id = ${audit.runId}`).length, 150);
  });

  test('does not call a name renamed that the database cannot hold as it is', async (context) => {
    const names = ['\ud800', 'x\udfffy', '\0', '\0hidden', ''];
    await using bench = await startAuditBench(
      context,
      names.map((name, index) => someToken(index + 1, { name })),
    );
    await bench.completeAudit();
    const second = await bench.completeAudit();
    assert.deepEqual(told(bench, second.runId), []);
    change(bench, uuid(4), { name: '\0shown' });
    const third = await bench.completeAudit();
    assert.deepEqual(told(bench, third.runId), ['token-renamed event low 4']);
    assert.deepEqual(
      [...bench.store.findings.told(third.runId)].map(({ detail }) => detail),
      [{ before: '\0hidden', after: '\0shown' }],
    );
  });

  test('finds a token that is back under its id', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    await bench.completeAudit();
    const [gone] = bench.omni.organisation.tokens.splice(0, 1);
    assert.ok(gone);
    await bench.completeAudit();
    bench.omni.organisation.tokens.push(gone);
    const audit = await bench.completeAudit();
    assert.deepEqual(told(bench, audit.runId), ['token-reappeared event high 1']);
  });

  test('tells of a token that grows old, and again as it grows older', async (context) => {
    const organizationKey = someToken(1, { type: 'organization', createdAt: daysAgo(89), membershipId: null });
    await using bench = await startAuditBench(context, [organizationKey]);
    const tellings: string[][] = [];
    for (const days of [0, 1, 1, 89, 185, 1]) {
      bench.clock.advance(days * msPerDay);
      tellings.push(told(bench, (await bench.completeAudit()).runId));
    }
    assert.deepEqual(tellings, [
      [],
      ['token-stale opened low 1'],
      [],
      ['token-stale worsened medium 1'],
      ['token-stale worsened high 1'],
      [],
    ]);
  });

  test('tells no good news of a stale token that was disabled, and reopens it when it is enabled', async (context) => {
    const old = someToken(1, { createdAt: daysAgo(200) });
    await using bench = await startAuditBench(context, [old, someToken(2)]);
    await bench.completeAudit();
    change(bench, uuid(1), { enabled: false });
    const second = await bench.completeAudit();
    assert.deepEqual(told(bench, second.runId), ['token-disabled event info 1']);
    assert.deepEqual(second.standing, { critical: 0, high: 0, medium: 0, low: 0, info: 0 });
    change(bench, uuid(1), { enabled: true });
    const third = await bench.completeAudit();
    assert.deepEqual(told(bench, third.runId), ['token-enabled event high 1', 'token-stale reopened low 1']);
  });

  test('takes a graver severity at the same age for worse, and tells it', async (context) => {
    const old = someToken(1, { type: 'personal', createdAt: daysAgo(200) });
    await using bench = await startAuditBench(context, [old]);
    await bench.completeAudit();
    change(bench, uuid(1), { type: 'organization', membershipId: null });
    const audit = await bench.completeAudit();
    assert.ok(told(bench, audit.runId).includes('token-stale worsened medium 1'), told(bench, audit.runId).join('\n'));
  });

  test('calls fixed what a change of type resolved, though the token is disabled', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { type: 'service', enabled: false })]);
    await bench.completeAudit();
    change(bench, uuid(1), { type: 'personal' });
    await bench.completeAudit();
    assert.deepEqual(bench.rows('SELECT kind, resolved_reason FROM conditions'), [
      { kind: 'token-type-unknown', resolved_reason: 'fixed' },
    ]);
  });

  test('judges anew without news when the settings change, and counts it for the next mail', async (context) => {
    const tokens = [10, 50, 100].map((days, index) =>
      someToken(index + 1, { type: 'organization', createdAt: daysAgo(days), membershipId: null }),
    );
    await using bench = await startAuditBench(context, tokens);
    await bench.completeAudit();
    const strict = { staleAfterDays: { ...defaultRules.staleAfterDays, organization: [30] } };
    bench.deps = { rules: strict };
    const second = await bench.completeAudit();
    assert.deepEqual(told(bench, second.runId), []);
    assert.equal(second.queued, 0);
    assert.equal(second.standing.low, 2);
    assert.equal(bench.store.runReport(second.runId)?.rejudgedCount, 2);

    bench.omni.organisation.tokens.push({ ...someToken(9) });
    const third = await bench.completeAudit();
    assert.equal(third.queued, 1);
    assert.equal(bench.store.runReport(third.runId)?.rejudgedCount, 2);

    bench.omni.organisation.tokens.push({ ...someToken(10) });
    const fourth = await bench.completeAudit();
    assert.equal(bench.store.runReport(fourth.runId)?.rejudgedCount, 0);

    bench.deps = { rules: { staleAfterDays: { organization: [], personal: [], mcp: [] } } };
    const fifth = await bench.completeAudit();
    assert.deepEqual(told(bench, fifth.runId), []);
    assert.deepEqual(bench.rows('SELECT DISTINCT resolved_reason FROM conditions'), [
      { resolved_reason: 'settings-changed' },
    ]);
  });

  test('sends the plain form of a mail that could not be rendered', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.deps = { mails: { ...plainMails, run: poisoned } };
    const audit = await bench.completeAudit();
    assert.equal(audit.mail?.subject, `run ${audit.runId}, plainly`);
    assert.equal(bench.store.outbox.list()[0]?.subject, `run ${audit.runId}, plainly`);
    assert.equal(bench.store.runs.find(audit.runId)?.status, 'complete');
    assert.ok(bench.log.some(({ level, msg }) => level === 'error' && /could not be rendered/.test(msg)));
  });

  test('keeps nothing but a failed run when not even the plain form can be rendered', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const before = dumpWithoutRuns(bench);
    bench.deps = { mails: { ...plainMails, run: poisoned, fallback: poisoned } };
    const audit = await bench.audit();
    assert.equal(audit.status, 'failed');
    assert.deepEqual(dumpWithoutRuns(bench), before);
    assert.equal(bench.store.runs.lastComplete(), null);
  });
});

describe('a dry run', () => {
  test('decides all that an audit decides and leaves no trace in any table', async (context) => {
    await using bench = await startAuditBench(context, someTokens(5));
    const untouched = bench.dump();
    const baseline = await bench.completeAudit({ dryRun: true });
    assert.equal(baseline.isBaseline, true);
    assert.ok(baseline.mail !== null);
    assert.deepEqual(bench.dump(), untouched);

    await bench.completeAudit();
    bench.omni.organisation.tokens.push({ ...someToken(6, { type: 'service' }) });
    bench.omni.organisation.tokens.splice(0, 1);
    const before = bench.dump();
    const dry = await bench.completeAudit({ dryRun: true });
    assert.deepEqual(bench.dump(), before);

    const real = await bench.completeAudit();
    assert.deepEqual({ ...dry, mail: null }, { ...real, mail: null });
    assert.equal(dry.mail?.subject, real.mail?.subject);
    assert.equal(real.changes.created, 1);
  });

  test('that fails leaves no trace either', async (context) => {
    await using bench = await startAuditBench(context, []);
    const before = bench.dump();
    const audit = await bench.audit({ dryRun: true });
    assert.equal(audit.status, 'failed');
    assert.equal(audit.runId, null);
    assert.deepEqual(bench.dump(), before);
  });
});

describe('a failed audit', () => {
  test('writes down that it failed, and nothing else', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    await bench.completeAudit();
    const before = dumpWithoutRuns(bench);
    bench.omni.organisation.tokens.splice(0, 50);
    bench.omni.intercept = (request, response) => {
      if (!request.url?.includes('cursor')) return false;
      response.writeHead(404).end();
      return true;
    };
    bench.clock.advance(1000);
    bench.omni.organisation.tokens.push(
      ...someTokens(60).map((token) => ({ ...token, id: token.id.replace(/^0/, 'a') })),
    );
    const audit = await bench.audit();
    assert.equal(audit.status, 'failed');
    assert.equal(audit.pageCount, 1);
    assert.ok(audit.error instanceof OmniError);
    assert.deepEqual(dumpWithoutRuns(bench), before);
    const [run] = [...bench.store.runs.list()];
    assert.equal(run?.status, 'failed');
    assert.equal(run?.pageCount, 1);
    assert.equal(run?.requestCount, 2);
    assert.match(run?.error ?? '', /^listing tokens, page 2, was answered with 404/);
    assert.equal(run?.finishedAt, bench.clock.now().toISOString());
  });

  test('leaves the next one to compare with the last that was complete', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const first = await bench.completeAudit();
    bench.omni.intercept = (_request, response) => {
      response.writeHead(404).end();
      return true;
    };
    await bench.audit();
    bench.omni.intercept = undefined;
    bench.omni.organisation.tokens.splice(0, 1);
    const third = await bench.completeAudit();
    assert.deepEqual(told(bench, third.runId), ['token-removed event info 1']);
    const report = bench.store.runReport(third.runId);
    assert.equal(report?.previous?.id, first.runId);
    assert.equal(bench.store.runReport(first.runId + 1), null);
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
    assert.match(audit.error.mend, /AUDIT_DEADLINE_MINUTES/);
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
    bench.omni.intercept = (_request, response) => {
      response.writeHead(401).end();
      return true;
    };
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
    bench.omni.intercept = (_request, response) => {
      response.writeHead(401).end();
      return true;
    };
    bench.deps = { mails: { ...plainMails, failing: poisoned } };
    const audit = await bench.audit();
    assert.equal(audit.status, 'failed');
    assert.equal(bench.store.runs.running(), null);
    assert.equal([...bench.store.runs.list()][0]?.status, 'failed');
  });

  test('does not stop the next one, though the mail about the recovery cannot be rendered', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.omni.intercept = (_request, response) => {
      response.writeHead(401).end();
      return true;
    };
    await bench.audit();
    bench.omni.intercept = undefined;
    bench.deps = { mails: { ...plainMails, recovered: poisoned } };
    const audit = await bench.audit();
    assert.equal(audit.status, 'complete');
  });

  test('shows the token neither in its record nor in the log', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.omni.intercept = (request, response) => {
      response.writeHead(403).end(String(request.headers.authorization));
      return true;
    };
    const audit = await bench.audit();
    assert.equal(audit.status, 'failed');
    assert.ok(bench.log.length > 0);
    assert.ok(!JSON.stringify([bench.log, bench.dump()]).includes(apiToken));
  });
});
