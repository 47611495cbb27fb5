import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createJudge } from '../../src/rules/judge.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { poisoned, poisonousContext, startAuditBench } from '../support/audit-bench.ts';
import { change, daysAgo, dumpWithoutRuns, keyOfAge, newsOf } from '../support/audit-looks.ts';
import { defaultRules } from '../support/default-rules.ts';
import { msPerHour } from '../support/spans.ts';
import { someKey, someToken, someTokens, uuid } from '../support/tokens.ts';

describe('an audit', () => {
  test('takes stock at first: no news, but what stands and one mail', async (context) => {
    const stale = keyOfAge(2, 100);
    await using bench = await startAuditBench(context, [someToken(1), stale, someToken(3, { type: 'service' })]);
    const audit = await bench.completeAudit({ trigger: 'schedule' });
    assert.equal(audit.isBaseline, true);
    assert.equal(audit.tokenCount, 3);
    assert.deepEqual(audit.changes, { created: 0, removed: 0, disabled: 0, enabled: 0, renamed: 0, other: 0 });
    assert.deepEqual(audit.findings, { critical: 0, high: 0, medium: 1, low: 1, info: 0 });
    assert.deepEqual(audit.openBySeverity, audit.findings);
    assert.deepEqual(newsOf(bench, audit.runId).sort(), [
      'token-stale opened low 2',
      'token-type-unknown opened medium 3',
    ]);
    assert.equal(audit.queued, 1);
    assert.equal(bench.store.outbox.list()[0]?.kind, 'baseline');
    const run = bench.store.runs.find(audit.runId);
    assert.deepEqual(
      [run?.status, run?.trigger, run?.isBaseline, run?.tokenCount, run?.pageCount, run?.requestCount],
      ['complete', 'schedule', true, 3, 1, 3],
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
    bench.omni.organisation.tokens.push({ ...someKey(500) });
    bench.clock.advance(msPerDay);
    const audit = await bench.completeAudit();

    assert.deepEqual(newsOf(bench, audit.runId).sort(), [
      'token-created event high 1f4',
      'token-disabled event info 1',
      'token-identity-changed event critical 3',
      'token-identity-changed event critical 4',
      'token-identity-changed event critical 5',
      'token-removed event info 96',
      'token-renamed event low 2',
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
    assert.deepEqual(newsOf(bench, second.runId), []);
    change(bench, uuid(4), { name: '\0shown' });
    const third = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, third.runId), ['token-renamed event low 4']);
    assert.deepEqual(
      [...bench.store.findings.reportedBy(third.runId)].map(({ detail }) => detail),
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
    assert.deepEqual(newsOf(bench, audit.runId), ['token-reappeared event high 1']);
  });

  test('tells of a token that grows old, and again as it grows older', async (context) => {
    const organizationKey = keyOfAge(1, 89);
    await using bench = await startAuditBench(context, [organizationKey]);
    const tellings: string[][] = [];
    for (const days of [0, 1, 1, 89, 185, 1]) {
      bench.clock.advance(days * msPerDay);
      tellings.push(newsOf(bench, (await bench.completeAudit()).runId));
    }
    assert.deepEqual(tellings, [
      [],
      ['token-stale opened low 1'],
      [],
      ['token-stale escalated medium 1'],
      ['token-stale escalated high 1'],
      [],
    ]);
  });

  test('tells no good news of a stale token that was disabled, and reopens it when it is enabled', async (context) => {
    const old = someToken(1, { createdAt: daysAgo(200) });
    await using bench = await startAuditBench(context, [old, someToken(2)]);
    await bench.completeAudit();
    change(bench, uuid(1), { enabled: false });
    const second = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, second.runId), ['token-disabled event info 1']);
    assert.deepEqual(second.openBySeverity, { critical: 0, high: 0, medium: 0, low: 0, info: 0 });
    change(bench, uuid(1), { enabled: true });
    bench.clock.advance(msPerDay);
    const third = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, third.runId), ['token-enabled event high 1', 'token-stale reopened low 1']);
  });

  test('tells of what comes and goes after a day, if it is still there, and once', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { type: 'service' }), someToken(2)]);
    const types = ['service', 'personal', 'service', 'personal', ...Array<string>(8).fill('service')];
    const tellings: string[][] = [];
    for (const type of types) {
      change(bench, uuid(1), { type });
      const { runId } = await bench.completeAudit();
      tellings.push(newsOf(bench, runId).filter((each) => each.startsWith('token-type-unknown')));
      bench.clock.advance(6 * msPerHour);
    }
    assert.deepEqual(tellings.slice(0, 6), [
      ['token-type-unknown opened medium 1'],
      ['token-type-unknown resolved info 1'],
      [],
      [],
      [],
      ['token-type-unknown reopened medium 1'],
    ]);
    assert.deepEqual(tellings.slice(6).flat(), []);
  });

  test('takes a graver severity at the same age for worse, and tells it', async (context) => {
    const old = someToken(1, { type: 'personal', createdAt: daysAgo(200) });
    await using bench = await startAuditBench(context, [old]);
    await bench.completeAudit();
    change(bench, uuid(1), { type: 'organization', membershipId: null });
    const audit = await bench.completeAudit();
    assert.ok(
      newsOf(bench, audit.runId).includes('token-stale escalated medium 1'),
      newsOf(bench, audit.runId).join('\n'),
    );
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
    const tokens = [10, 50, 100].map((days, index) => keyOfAge(index + 1, days));
    await using bench = await startAuditBench(context, tokens);
    await bench.completeAudit();
    const strict = { ...defaultRules, staleAfterDays: { ...defaultRules.staleAfterDays, organization: [30] } };
    bench.deps = { judge: createJudge(strict) };
    const second = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, second.runId), []);
    assert.equal(second.queued, 0);
    assert.equal(second.openBySeverity.low, 2);
    assert.equal(bench.store.history.runFindings(second.runId)?.rejudgedCount, 2);

    bench.omni.organisation.tokens.push({ ...someToken(9) });
    const third = await bench.completeAudit();
    assert.equal(third.queued, 1);
    assert.equal(bench.store.history.runFindings(third.runId)?.rejudgedCount, 2);

    bench.omni.organisation.tokens.push({ ...someToken(10) });
    const fourth = await bench.completeAudit();
    assert.equal(bench.store.history.runFindings(fourth.runId)?.rejudgedCount, 0);

    bench.deps = {
      judge: createJudge({ ...defaultRules, staleAfterDays: { organization: [], personal: [], mcp: [] } }),
    };
    const fifth = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, fifth.runId), []);
    assert.deepEqual(bench.rows('SELECT DISTINCT resolved_reason FROM conditions'), [
      { resolved_reason: 'settings-changed' },
    ]);
  });

  test('takes back what it found by a clock that was years ahead, as soon as it is right', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 10)]);
    await bench.completeAudit();
    bench.clock.advance(3000 * msPerDay);
    assert.deepEqual(newsOf(bench, (await bench.completeAudit()).runId), ['token-stale opened high 1']);
    bench.clock.advance(-2999 * msPerDay);
    const { openBySeverity } = await bench.completeAudit();
    assert.equal(openBySeverity.high, 0);
  });

  test('sends the plain form of a mail that could not be rendered', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.deps = { context: poisonousContext };
    const audit = await bench.completeAudit();
    assert.match(audit.mail?.subject ?? '', /\(plain form\)$/);
    assert.equal(bench.store.outbox.list()[0]?.subject, audit.mail?.subject);
    assert.equal(bench.store.runs.find(audit.runId)?.status, 'complete');
    assert.ok(bench.log.some(({ level, msg }) => level === 'error' && /could not be rendered/.test(msg)));
  });

  test('keeps nothing but a failed run when not even the plain form can be queued', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const before = dumpWithoutRuns(bench);
    bench.deps = { address: poisoned };
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
