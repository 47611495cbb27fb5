import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { InterruptedError } from '../../src/errors.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, mailTables, runTables, startAuditBench } from '../support/audit-bench.ts';
import { auditAndRead, change, daysAgo, reportedBy, revoke } from '../support/audit-steps.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { answerJson } from '../support/omni-answers.ts';
import { type Fault, inject, scimPaths } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { someToken, uuid } from '../support/tokens.ts';

const [jane, anna, bert] = [uuid(0xa), uuid(0xb), uuid(0xc)];

function ownedBy(membershipId: string, number: number, fields: Partial<Token> = {}): Token {
  return someToken(number, { membershipId, ...fields });
}

/** Returns an account, which the caller may change in place. */
function accountOf({ people }: AuditBench, membershipId = jane) {
  return people.ownerOf({ membershipId });
}

describe('a condition of an owner', () => {
  test('names the account and all its tokens, escalates with one more, and ends with the last', async (context) => {
    const tokens = [ownedBy(jane, 3), ownedBy(jane, 1, { enabled: false }), ownedBy(jane, 2, { type: 'mcp' })];
    await using bench = await startAuditBench(context, [...tokens, someToken(8), someToken(9)]);
    assert.deepEqual(await auditAndRead(bench), []);

    Object.assign(accountOf(bench), { active: false, displayName: 'Jane Doe', userName: 'jane@acme.example' });
    const { runId, findings } = await bench.completeAudit();
    assert.deepEqual(reportedBy(bench, runId), ['owner-deactivated opened critical a']);
    assert.equal(findings.critical, 1);
    const [finding] = [...bench.store.findings.reportedBy(runId)];
    const { tokens: listed, tokenCount, owner } = factsOfKind(finding, 'owner-deactivated');
    assert.equal(tokenCount, 3);
    const { role, ...account } = owner;
    assert.equal(role?.baseRole, 'QUERIER');
    assert.deepEqual(account, {
      state: 'deactivated',
      userName: 'jane@acme.example',
      displayName: 'Jane Doe',
      lastLogin: null,
      list: 'regular',
    });
    assert.deepEqual(
      listed.map(({ id, type, enabled }) => [id, type, enabled]),
      [
        [uuid(1), 'personal', false],
        [uuid(2), 'mcp', true],
        [uuid(3), 'personal', true],
      ],
    );
    assert.equal(finding?.token, null);

    accountOf(bench).displayName = 'Jane Roe';
    change(bench, uuid(8), { membershipId: jane });
    assert.deepEqual(await auditAndRead(bench), [
      'token-identity-changed event critical 8',
      'owner-deactivated escalated critical a',
    ]);
    revoke(bench, 1, 2, 8);
    assert.ok((await auditAndRead(bench)).every((each) => each.startsWith('token-removed')));
    revoke(bench, 3);
    assert.deepEqual(await auditAndRead(bench), ['token-removed event info 3']);
    assert.deepEqual(bench.rows('SELECT resolved_reason AS reason FROM conditions'), [{ reason: 'token-removed' }]);
    bench.omni.organisation.tokens.push({ ...ownedBy(jane, 5) });
    assert.deepEqual(await auditAndRead(bench), [
      'token-created event medium 5',
      'owner-deactivated reopened critical a',
    ]);
  });

  test('gives way to a worse one without being reported as resolved', async (context) => {
    await using bench = await startAuditBench(context, [ownedBy(jane, 1)]);
    accountOf(bench).lastLogin = daysAgo(100);
    assert.deepEqual(await auditAndRead(bench), ['owner-idle opened low a']);
    accountOf(bench).lastLogin = null;
    assert.deepEqual(await auditAndRead(bench), []);
    accountOf(bench).active = false;
    assert.deepEqual(await auditAndRead(bench), ['owner-deactivated opened critical a']);
    bench.people.delete(jane);
    assert.deepEqual(await auditAndRead(bench), ['owner-missing opened critical a']);
    assert.deepEqual(bench.store.conditions.openBySeverity(), { critical: 1, high: 0, medium: 0, low: 0, info: 0 });
    bench.people.restore(jane);
    accountOf(bench).active = true;
    assert.deepEqual(await auditAndRead(bench), ['owner-missing resolved info a']);
  });
});

describe('owners that cannot be read', () => {
  /** Bert is deactivated, and that is reported. */
  async function startAudited(context: TestContext): Promise<AuditBench> {
    const bench = await startAuditBench(context, [ownedBy(anna, 1), ownedBy(bert, 2), someToken(3)]);
    accountOf(bench, bert).active = false;
    assert.deepEqual(await auditAndRead(bench), ['owner-deactivated opened critical c']);
    bench.clock.advance(msPerDay);
    return bench;
  }

  const faults: [what: string, fault: Fault, problem: RegExp, hint: RegExp][] = [
    [
      'the users are refused',
      { at: scimPaths.users, status: 403 },
      /^listing regular users, page 1, failed with 403/,
      /Create an organization API key/,
    ],
    ['the embed users fail', { at: scimPaths.embedUsers, status: 500 }, /failed with 500/, /The next run retries/],
  ];
  for (const [what, fault, problem, hint] of faults) {
    test(`because ${what} open and resolve no condition until they can be read again`, async (context) => {
      await using bench = await startAudited(context);
      const before = bench.dump(...runTables, ...mailTables, 'role_versions');
      // Reads the first list, which finds Anna and Bert, and the second, which fails.
      accountOf(bench, uuid(1_000_003)).embed = { entity: 'shop', externalId: 'customer 1' };
      accountOf(bench, bert).active = true;
      accountOf(bench, anna).active = false;
      inject(bench.omni, fault);
      const { runId, ownersKnown } = await bench.completeAudit();
      assert.equal(ownersKnown, false);
      assert.deepEqual(bench.dump(...runTables, ...mailTables, 'role_versions'), before);
      const run = bench.store.runs.find(runId);
      assert.match(run?.ownersProblem ?? '', problem);
      assert.match(run?.ownersHint ?? '', hint);
      const report = bench.store.history.runFindings(runId);
      assert.deepEqual(report?.ownersProblem, { problem: run?.ownersProblem, hint: run?.ownersHint });

      bench.omni.intercept = undefined;
      bench.clock.advance(msPerDay);
      assert.deepEqual((await auditAndRead(bench)).sort(), [
        'owner-deactivated opened critical b',
        'owner-deactivated resolved info c',
        'owner-external opened high f4243',
      ]);
    });
  }

  test('because the deadline has passed do not fail the audit', async (context) => {
    await using bench = await startAudited(context);
    bench.deps = { deadlineMs: 6000 };
    bench.people.delete(anna);
    revoke(bench, 2);
    context.mock.timers.enable({ apis: ['setTimeout'] });
    bench.omni.intercept = (request) => {
      if (!scimPaths.embedUsers.test(request.url ?? '')) return false;
      context.mock.timers.tick(6000);
      return true;
    };
    const { runId, ownersKnown, openBySeverity } = await bench.completeAudit();
    // The condition of Bert, who no longer owns a token, stays open as well.
    assert.deepEqual([ownersKnown, openBySeverity.critical], [false, 1]);
    assert.deepEqual(reportedBy(bench, runId), ['token-removed event info 2']);
    const run = bench.store.runs.find(runId);
    assert.match(run?.ownersProblem ?? '', /^the audit did not finish within 0\.1 minutes/);
    assert.match(run?.ownersHint ?? '', /AUDIT_DEADLINE_MINUTES/);
    assert.ok(bench.log.some(({ level, msg }) => level === 'warn' && /owners could not be read/.test(msg)));
  });

  test('because the audit was stopped leave nothing but an interrupted run', async (context) => {
    await using bench = await startAudited(context);
    const before = bench.dump(...runTables, ...mailTables, 'role_versions');
    const controller = new AbortController();
    bench.people.delete(anna);
    bench.omni.intercept = (request) => {
      if (!scimPaths.embedUsers.test(request.url ?? '')) return false;
      controller.abort(new InterruptedError('stopped by SIGTERM'));
      return true;
    };
    const audit = await bench.audit({}, controller.signal);
    assert.ok(audit.status === 'failed' && audit.error instanceof InterruptedError);
    const { status, error } = bench.store.runs.find(audit.runId ?? 0) ?? {};
    assert.deepEqual([status, error], ['interrupted', 'stopped by SIGTERM']);
    assert.deepEqual(bench.dump(...runTables, ...mailTables, 'role_versions'), before);
  });
});

describe('owners that no list shows', () => {
  test('are all resolved after two audits, twenty in the first, and are looked up in rotation from then on', async (context) => {
    const tokens = range(1, 66).map((number) => someToken(number));
    await using bench = await startAuditBench(context, tokens);
    for (const token of tokens.slice(40)) Object.assign(bench.people.ownerOf(token), { active: false, isHidden: true });
    const unresolved: unknown[] = [];
    for (let day = 0; day < 3; day += 1) {
      const { runId, openBySeverity } = await bench.completeAudit();
      unresolved.push([openBySeverity.critical, bench.store.runs.find(runId)?.ownersUnresolved]);
      bench.clock.advance(msPerDay);
    }
    assert.deepEqual(unresolved, [
      [20, 6],
      [26, 0],
      [26, 0],
    ]);
    const lookups = bench.rows('SELECT asked_run_id AS run, count(*) AS owners FROM owner_lookups GROUP BY 1');
    assert.deepEqual(lookups, [
      { run: 2, owners: 6 },
      { run: 3, owners: 20 },
    ]);
  });

  test('are not kept waiting by others whose ids Omni refuses', async (context) => {
    const tokens = range(1, 30).map((number) => someToken(number));
    await using bench = await startAuditBench(context, tokens);
    for (const token of tokens) Object.assign(bench.people.ownerOf(token), { active: false, isHidden: true });
    const refused = new Set(tokens.slice(0, 20).map(({ membershipId }) => membershipId));
    bench.omni.intercept = (request, response) =>
      refused.has((request.url ?? '').split('/').at(-1) ?? '') && answerJson(response, { error: 'no' }, 400);
    assert.equal((await bench.completeAudit()).openBySeverity.critical, 0);
    assert.equal((await bench.completeAudit()).openBySeverity.critical, 10);
  });

  test('are unresolved again when they have not been looked up for seven days, and nothing is concluded', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1), someToken(2)]);
    Object.assign(bench.people.ownerOf(someToken(1)), { active: false, isHidden: true });
    assert.equal((await bench.completeAudit()).openBySeverity.critical, 1);
    inject(bench.omni, { at: /users\/\w/, status: 403 });
    bench.clock.advance(7 * msPerDay);
    const { runId: seventh } = await bench.completeAudit();
    assert.equal(bench.store.runs.find(seventh)?.ownersUnresolved, 0);
    bench.clock.advance(61 * 60_000);
    const { runId, openBySeverity } = await bench.completeAudit();
    assert.equal(bench.store.runs.find(runId)?.ownersUnresolved, 1);
    assert.equal(openBySeverity.critical, 1);
    assert.deepEqual(reportedBy(bench, runId), []);
  });
});
