import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { OwnerFacts } from '../../src/rules/finding-facts.ts';
import { createJudge } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, poisoned, poisonousContext, runTables, startAuditBench } from '../support/audit-bench.ts';
import { auditAndRead, change, daysAgo, keyOfAge, reportedBy, revoke } from '../support/audit-steps.ts';
import { defaultRules } from '../support/default-rules.ts';
import type { LogLine } from '../support/log-lines.ts';
import { inject, whoamiPath } from '../support/omni-faults.ts';
import { msPerHour } from '../support/spans.ts';
import { someKey, someToken, someTokens, uuid } from '../support/tokens.ts';

async function startAudited(context: TestContext, tokens: Token[] = someTokens(3)): Promise<AuditBench> {
  const bench = await startAuditBench(context, tokens);
  await bench.completeAudit();
  return bench;
}

function findingLines({ log }: AuditBench): LogLine[] {
  return log.filter(({ event }) => event === 'finding');
}

describe('an audit', () => {
  test('begins with a baseline: no events, what is open, and one mail', async (context) => {
    const tokens = [someToken(1), keyOfAge(2, 100), someToken(3, { type: 'service' })];
    await using bench = await startAuditBench(context, tokens);
    const audit = await bench.completeAudit({ trigger: 'schedule' });
    assert.equal(audit.isBaseline, true);
    assert.equal(audit.tokenCount, 3);
    assert.deepEqual(audit.changes, { created: 0, removed: 0, disabled: 0, enabled: 0, renamed: 0, other: 0 });
    assert.deepEqual(audit.findings, { critical: 0, high: 0, medium: 1, low: 1, info: 0 });
    assert.deepEqual(audit.openBySeverity, audit.findings);
    assert.deepEqual(reportedBy(bench, audit.runId).sort(), [
      'token-stale opened low 2',
      'token-type-unknown opened medium 3',
    ]);
    assert.equal(audit.queued, 1);
    assert.equal(bench.store.outbox.list()[0]?.kind, 'baseline');
    const run = bench.store.runs.find(audit.runId);
    assert.deepEqual(
      [run?.status, run?.trigger, run?.isBaseline, run?.tokenCount, run?.pageCount, run?.requestCount],
      ['complete', 'schedule', true, 3, 1, 5],
    );
  });

  test('finds what happened to each token since the run before', async (context) => {
    await using bench = await startAudited(context, someTokens(150));
    change(bench, uuid(1), { enabled: false });
    change(bench, uuid(2), { name: 'another name' });
    change(bench, uuid(3), { membershipId: uuid(77) });
    change(bench, uuid(4), { type: 'mcp' });
    change(bench, uuid(5), { createdAt: daysAgo(30) });
    revoke(bench, 150);
    bench.omni.organisation.tokens.push({ ...someKey(500) });
    const { runId, changes, queued } = await bench.completeAudit();
    assert.deepEqual(reportedBy(bench, runId).sort(), [
      'mcp-client-new event medium 4',
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
    assert.deepEqual(changes, { created: 1, removed: 1, disabled: 1, enabled: 0, renamed: 1, other: 3 });
    assert.equal(queued, 1);
    bench.omni.organisation.tokens.push({ ...someToken(150) });
    assert.deepEqual(await auditAndRead(bench), ['token-reappeared event high 96']);
  });

  test('writes nothing but its run when nothing happened, even with names that SQLite alters', async (context) => {
    const names = ['\ud800', 'x\udfffy', '\0', '\0hidden', ''];
    const tokens = names.map((name, index) => someToken(index + 1, { name }));
    await using bench = await startAuditBench(context, [...tokens, keyOfAge(7, 100)]);
    bench.people.ownerOf(someToken(1)).active = false;
    bench.people.delete(uuid(1_000_002));
    await bench.completeAudit();
    const before = bench.dump(...runTables, 'owner_lookups', 'role_versions');
    bench.clock.advance(60_000);
    const { queued, mail } = await bench.completeAudit();
    assert.deepEqual(bench.dump(...runTables, 'owner_lookups', 'role_versions'), before);
    assert.deepEqual([queued, mail], [0, null]);

    change(bench, uuid(4), { name: '\0shown' });
    const { runId } = await bench.completeAudit();
    const [{ detail } = {}, ...others] = [...bench.store.findings.reportedBy(runId)];
    assert.deepEqual([detail, others], [{ before: '\0hidden', after: '\0shown' }, []]);
  });

  test('judges a token only when it has changed or may have crossed a threshold', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 89), someToken(2, { createdAt: daysAgo(59) })]);
    const judge = createJudge(defaultRules);
    let judged = 0;
    bench.deps.judge = {
      ...judge,
      token(facts, now) {
        judged += 1;
        return judge.token(facts, now);
      },
    };
    const reported: [judged: number, findings: string[]][] = [];
    for (const days of [0, 1, 1, 89, 185, 1]) {
      bench.clock.advance(days * msPerDay);
      judged = 0;
      const findings = await auditAndRead(bench);
      reported.push([judged, findings]);
    }
    assert.deepEqual(reported, [
      [2, []],
      [1, ['token-stale opened low 1']],
      [0, []],
      [1, ['token-stale escalated medium 1']],
      [2, ['token-stale opened low 2', 'token-stale escalated high 1']],
      [0, []],
    ]);
  });

  test('reports a flapping condition once, a day later, if it is still open', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { type: 'service' }), someToken(2)]);
    const types = ['service', 'personal', 'service', 'personal', ...Array<string>(8).fill('service')];
    const reported: string[][] = [];
    for (const type of types) {
      change(bench, uuid(1), { type });
      reported.push((await auditAndRead(bench)).filter((each) => each.startsWith('token-type-unknown')));
      bench.clock.advance(6 * msPerHour);
    }
    assert.deepEqual(reported.slice(0, 6), [
      ['token-type-unknown opened medium 1'],
      ['token-type-unknown resolved info 1'],
      [],
      [],
      [],
      ['token-type-unknown reopened medium 1'],
    ]);
    assert.deepEqual(reported.slice(6).flat(), []);
  });

  test('resolves a stale token that was disabled without reporting it, and reopens it once it is enabled', async (context) => {
    await using bench = await startAudited(context, [someToken(1, { createdAt: daysAgo(200) }), someToken(2)]);
    change(bench, uuid(1), { enabled: false });
    assert.deepEqual(await auditAndRead(bench), ['token-disabled event info 1']);
    change(bench, uuid(1), { enabled: true });
    bench.clock.advance(msPerDay);
    assert.deepEqual(await auditAndRead(bench), ['token-enabled event high 1', 'token-stale reopened low 1']);
  });

  test('suppresses what changed settings find or resolve, and nothing else', async (context) => {
    const tokens = [10, 50, 100].map((days, index) => keyOfAge(index + 1, days));
    await using bench = await startAudited(context, [...tokens, someToken(9)]);
    const staleAfterDays = { ...defaultRules.staleAfterDays, organization: [30] };
    bench.deps = { judge: createJudge({ ...defaultRules, staleAfterDays }) };
    bench.people.ownerOf(someToken(9)).active = false;
    const second = await bench.completeAudit();
    assert.deepEqual(reportedBy(bench, second.runId), ['owner-deactivated opened critical f4249']);
    assert.equal(second.openBySeverity.low, 2);
    const countForMail = (runId: number) => bench.store.history.runFindings(runId)?.rejudgedCount;
    assert.equal(countForMail(second.runId), 2);

    bench.deps = { judge: createJudge({ ...defaultRules, staleAfterDays: { ...staleAfterDays, organization: [] } }) };
    const third = await bench.completeAudit();
    assert.deepEqual(reportedBy(bench, third.runId), []);
    assert.equal(third.queued, 0);
    // They are counted until a mail reports their number.
    const fourth = await bench.completeAudit();
    assert.equal(countForMail(fourth.runId), 2);
    assert.deepEqual(bench.rows('SELECT DISTINCT resolved_reason AS reason FROM conditions ORDER BY 1'), [
      { reason: null },
      { reason: 'settings-changed' },
    ]);
  });

  test('logs each reported finding at the level of its severity, with control characters made visible', async (context) => {
    await using bench = await startAudited(context);
    const red = '\u001b[31m';
    const account = bench.people.ownerOf(someToken(1));
    Object.assign(account, { active: false, displayName: `${red}Jane`, userName: `jane${red}@acme.example` });
    change(bench, uuid(1), { name: `${red}name` });
    const { runId } = await bench.completeAudit();
    const [renamed, deactivated, ...others] = findingLines(bench);
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(renamed, {
      level: 'info',
      kind: 'token-renamed',
      transition: 'event',
      runId,
      subject: { type: 'token', id: uuid(1) },
      tokenId: uuid(1),
      tokenName: '⟨U+001B⟩[31mname',
      membershipId: uuid(1_000_001),
      detail: { before: 'token 1', after: '⟨U+001B⟩[31mname' },
    });
    assert.partialDeepStrictEqual(deactivated, {
      level: 'error',
      kind: 'owner-deactivated',
      subject: { type: 'owner', id: uuid(1_000_001) },
      tokenId: null,
      membershipId: uuid(1_000_001),
    });
    const { owner, tokens } = deactivated?.detail as OwnerFacts;
    assert.deepEqual(
      [owner.displayName, owner.userName, tokens[0]?.name],
      ['⟨U+001B⟩[31mJane', 'jane⟨U+001B⟩[31m@acme.example', '⟨U+001B⟩[31mname'],
    );
    revoke(bench, 1);
    await bench.completeAudit();
    assert.deepEqual(
      findingLines(bench).map(({ kind }) => kind),
      ['token-renamed', 'owner-deactivated', 'token-removed'],
    );
  });

  test('reports a change of its own credential once, compared with what was last known', async (context) => {
    await using bench = await startAudited(context);
    const unknown = { at: whoamiPath, status: 500 };
    inject(bench.omni, unknown);
    assert.deepEqual(await auditAndRead(bench), []);
    inject(bench.omni, { at: whoamiPath, body: { keyScope: 'user', orgRole: 'MEMBER' } });
    const { runId, changes, findings } = await bench.completeAudit();
    assert.deepEqual(reportedBy(bench, runId), ['credential-changed event critical credential']);
    assert.deepEqual([...bench.store.findings.reportedBy(runId)][0]?.detail, {
      before: 'organization-scoped, ORG_ADMIN',
      after: 'user-scoped, MEMBER',
      isReduced: true,
    });
    assert.deepEqual([findings.critical, changes.other], [1, 0]);
    assert.deepEqual(await auditAndRead(bench), []);
    assert.deepEqual(
      bench.rows('SELECT key_scope FROM runs').map((run) => run.key_scope),
      ['organization', null, 'user', 'user'],
    );
  });

  test('does not report a credential that was not known before', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    inject(bench.omni, { at: whoamiPath, status: 404 });
    await bench.completeAudit();
    bench.omni.intercept = undefined;
    assert.deepEqual(await auditAndRead(bench), []);
  });

  test('logs each new field of the records once, after a run that was recorded', async (context) => {
    await using bench = await startAudited(context);
    const logged = () =>
      bench.log.filter(({ fields }) => fields !== undefined).map(({ level, fields }) => [level, fields]);
    for (const token of bench.omni.organisation.tokens) token['last\nUsedAt'] = null;
    bench.deps.address = poisoned;
    revoke(bench, 2);
    assert.equal((await bench.audit()).status, 'failed');
    bench.deps = {};
    await bench.completeAudit();
    assert.deepEqual(logged(), [['warn', ['last⟨U+000A⟩UsedAt']]]);
    change(bench, uuid(1), { scopes: [] });
    await bench.completeAudit();
    assert.deepEqual(logged().slice(1), [['warn', ['scopes']]]);
  });

  test('sends the plain form of a mail that cannot be rendered', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    bench.deps = { context: poisonousContext };
    const { mail } = await bench.completeAudit();
    assert.match(mail?.subject ?? '', /, plain form/);
    assert.equal(bench.store.outbox.list()[0]?.subject, mail?.subject);
    assert.ok(bench.log.some(({ level, msg }) => level === 'error' && /could not be rendered/.test(msg)));
  });
});
