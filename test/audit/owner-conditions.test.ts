import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createJudge } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { change, daysAgo, dumpWithoutRuns, newsOf, revoke } from '../support/audit-looks.ts';
import { defaultRules } from '../support/default-rules.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { someToken, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);

/** One of Jane's tokens; the higher the number, the younger. */
function janes(number: number, fields: Partial<Token> = {}): Token {
  return someToken(number, { membershipId: jane, ...fields });
}

/** Jane's account, to be changed in place. */
function accountOf({ people }: AuditBench, membershipId = jane) {
  return people.ownerOf({ ...someToken(1), membershipId });
}

async function tellings(bench: AuditBench): Promise<string[]> {
  return newsOf(bench, (await bench.completeAudit()).runId);
}

describe('a condition of an owner', () => {
  test('opens on the day of the deactivation, names the account and lists all its tokens together', async (context) => {
    const tokens = [janes(3), janes(1, { enabled: false }), janes(2, { type: 'mcp' }), someToken(9)];
    await using bench = await startAuditBench(context, tokens);
    assert.deepEqual(await tellings(bench), []);
    Object.assign(accountOf(bench), { active: false, displayName: 'Jane Doe', userName: 'jane@acme.example' });
    const { runId, findings } = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, runId), ['owner-deactivated opened critical a']);
    assert.equal(findings.critical, 1);
    const [finding] = [...bench.store.findings.reportedBy(runId)];
    const { tokens: listed, ...detail } = factsOfKind(finding, 'owner-deactivated');
    assert.deepEqual(detail, {
      owner: { state: 'deactivated', userName: 'jane@acme.example', displayName: 'Jane Doe', lastLogin: null },
      tokenCount: 3,
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
    assert.deepEqual(await tellings(bench), []);
  });

  test('is none for an embed user, and critical for one that is gone from both lists', async (context) => {
    await using bench = await startAuditBench(context, [janes(1), someToken(2)]);
    accountOf(bench).embed = { entity: 'shop', externalId: 'customer 1' };
    assert.deepEqual(await tellings(bench), []);
    bench.people.delete(jane);
    assert.deepEqual(await tellings(bench), ['owner-missing opened critical a']);
    assert.deepEqual(await tellings(bench), []);
  });

  test('stays while the account gets another name, and is worse by one more token', async (context) => {
    await using bench = await startAuditBench(context, [janes(1), someToken(2)]);
    accountOf(bench).active = false;
    await bench.completeAudit();
    accountOf(bench).displayName = 'Jane Roe';
    change(bench, uuid(2), { membershipId: jane });
    assert.deepEqual(await tellings(bench), [
      'token-identity-changed event critical 2',
      'owner-deactivated escalated critical a',
    ]);
  });

  test('is resolved, and told, when the account is active again', async (context) => {
    await using bench = await startAuditBench(context, [janes(1)]);
    accountOf(bench).active = false;
    await bench.completeAudit();
    accountOf(bench).active = true;
    assert.deepEqual(await tellings(bench), ['owner-deactivated resolved info a']);
    assert.deepEqual(bench.rows('SELECT resolved_reason FROM conditions'), [{ resolved_reason: 'fixed' }]);
  });

  test('ends without a word of its own when the last token is removed', async (context) => {
    await using bench = await startAuditBench(context, [janes(1), janes(2), someToken(9)]);
    accountOf(bench).active = false;
    await bench.completeAudit();
    revoke(bench, 1);
    assert.deepEqual(await tellings(bench), ['token-removed event info 1']);
    assert.deepEqual(bench.rows('SELECT resolved_reason FROM conditions'), [{ resolved_reason: null }]);
    revoke(bench, 2);
    assert.deepEqual(await tellings(bench), ['token-removed event info 2']);
    assert.deepEqual(bench.rows('SELECT resolved_reason FROM conditions'), [{ resolved_reason: 'token-removed' }]);
  });

  test('comes back with a deactivated account that gets a token, at once since it is critical', async (context) => {
    await using bench = await startAuditBench(context, [janes(1), someToken(9)]);
    accountOf(bench).active = false;
    await bench.completeAudit();
    revoke(bench, 1);
    await bench.completeAudit();
    bench.omni.organisation.tokens.push({ ...janes(5) });
    assert.deepEqual(await tellings(bench), ['token-created event medium 5', 'owner-deactivated reopened critical a']);
  });

  test('gives way to a worse one without good news', async (context) => {
    await using bench = await startAuditBench(context, [janes(1)]);
    accountOf(bench).lastLogin = daysAgo(100);
    assert.deepEqual(await tellings(bench), ['owner-idle opened low a']);
    accountOf(bench).active = false;
    assert.deepEqual(await tellings(bench), ['owner-deactivated opened critical a']);
    bench.people.delete(jane);
    assert.deepEqual(await tellings(bench), ['owner-missing opened critical a']);
    assert.deepEqual(
      bench.rows('SELECT kind FROM conditions WHERE resolved_run_id IS NULL').map(({ kind }) => kind),
      ['owner-missing'],
    );
  });

  test('of idleness opens at the threshold, and a log-in resolves it', async (context) => {
    await using bench = await startAuditBench(context, [janes(1)]);
    accountOf(bench).lastLogin = daysAgo(89);
    assert.deepEqual(await tellings(bench), []);
    bench.clock.advance(msPerDay);
    const { runId } = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, runId), ['owner-idle opened low a']);
    const { ageDays, thresholdDays } = factsOfKind([...bench.store.findings.reportedBy(runId)][0], 'owner-idle');
    assert.deepEqual([ageDays, thresholdDays], [90, 90]);
    accountOf(bench).lastLogin = bench.clock.now().toISOString();
    assert.deepEqual(await tellings(bench), ['owner-idle resolved info a']);
  });

  test('of idleness is neither opened nor resolved where the last log-in is unknown', async (context) => {
    await using bench = await startAuditBench(context, [janes(1), someToken(2)]);
    accountOf(bench).lastLogin = daysAgo(100);
    assert.deepEqual(await tellings(bench), ['owner-idle opened low a']);
    accountOf(bench).lastLogin = null;
    assert.deepEqual(await tellings(bench), []);
    delete accountOf(bench).lastLogin;
    assert.deepEqual(await tellings(bench), []);
    const idle = bench.rows('SELECT resolved_run_id FROM conditions');
    assert.deepEqual(idle, [{ resolved_run_id: null }]);
  });

  test('whose settings change keeps no other kind from being news', async (context) => {
    await using bench = await startAuditBench(context, [janes(1), someToken(2)]);
    accountOf(bench).lastLogin = daysAgo(50);
    await bench.completeAudit();
    accountOf(bench, uuid(1_000_002)).active = false;
    bench.deps = { judge: createJudge({ ...defaultRules, ownerIdleDays: 30 }) };
    assert.deepEqual(await tellings(bench), ['owner-deactivated opened critical f4242']);
    assert.deepEqual(
      bench.rows("SELECT kind, suppressed_by AS suppressedBy FROM findings WHERE suppressed_by = 'settings-changed'"),
      [{ kind: 'owner-idle', suppressedBy: 'settings-changed' }],
    );
  });

  test('that nothing changes writes nothing but the run', async (context) => {
    await using bench = await startAuditBench(context, [janes(1), someToken(2)]);
    accountOf(bench).active = false;
    bench.people.delete(uuid(1_000_002));
    await bench.completeAudit();
    const before = dumpWithoutRuns(bench);
    await bench.completeAudit();
    assert.deepEqual(dumpWithoutRuns(bench), before);
  });
});
