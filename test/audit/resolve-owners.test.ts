import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { InterruptedError } from '../../src/errors.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { dumpWithoutMail, newsOf } from '../support/audit-looks.ts';
import { webPage } from '../support/omni-answers.ts';
import { type Fault, inject, scimPaths, whoamiPath } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { someToken, uuid } from '../support/tokens.ts';

const [anna, bert, carla, embedded] = [uuid(0xa), uuid(0xb), uuid(0xc), uuid(0xe)];

/** Tokens of Anna, Bert, Carla and an embed user; Bert is deactivated, and all of it is told. */
async function startAudited(context: TestContext): Promise<AuditBench> {
  const owners = [anna, bert, carla, embedded];
  const bench = await startAuditBench(
    context,
    owners.map((membershipId, index) => someToken(index + 1, { membershipId })),
  );
  owner(bench, bert).active = false;
  owner(bench, embedded).embed = { entity: 'shop', externalId: 'customer 1' };
  const { runId } = await bench.completeAudit();
  assert.deepEqual(newsOf(bench, runId), ['owner-deactivated opened critical b']);
  bench.clock.advance(86_400_000);
  bench.omni.requests.length = 0;
  return bench;
}

function owner({ people }: AuditBench, membershipId: string) {
  return people.ownerOf({ ...someToken(1), membershipId });
}

/** A list that contradicts itself at every reading. */
const shortList = { totalResults: 3, Resources: [] };

describe('owners that cannot be resolved', () => {
  const key = /to an organization API key only/;
  const address = /OMNI_BASE_URL/;
  const faults: [string, Fault, RegExp, RegExp][] = [
    ['the users are refused', { at: scimPaths.users, status: 403 }, /^listing users failed with 403/, key],
    ['the embed users are refused', { at: scimPaths.embedUsers, status: 403 }, /failed with 403/, key],
    ['the credential is unknown there', { at: scimPaths.all, status: 401 }, /failed with 401/, key],
    ['there are no such lists', { at: scimPaths.all, status: 404 }, /failed with 404/, address],
    ['a web page is answered', { at: scimPaths.users, ...webPage }, /not JSON/, address],
    ['Omni fails', { at: scimPaths.embedUsers, status: 500 }, /failed with 500/, /The next run retries/],
    ['the answer breaks the format', { at: scimPaths.users, body: { Resources: 5 } }, /not in Omni’s format/, /newer/],
    ['the list contradicts itself', { at: scimPaths.users, body: shortList }, /in 3 readings/, /Users may/],
  ];
  for (const [what, fault, problem, hint] of faults) {
    test(`because ${what} are reported as unknown; nothing about owners opens or resolves`, async (context) => {
      await using bench = await startAudited(context);
      const before = dumpWithoutMail(bench);
      owner(bench, bert).active = true;
      owner(bench, anna).active = false;
      inject(bench.omni, fault);
      const blind = await bench.completeAudit();
      assert.equal(blind.ownersKnown, false);
      assert.deepEqual(dumpWithoutMail(bench), before);
      const run = bench.store.runs.find(blind.runId);
      assert.equal(run?.ownersKnown, false);
      assert.match(run.ownersProblem ?? '', problem);
      assert.match(run.ownersHint ?? '', hint);
      const report = bench.store.history.runFindings(blind.runId);
      assert.deepEqual(report?.ownersProblem, { problem: run.ownersProblem, hint: run.ownersHint });
      assert.equal(bench.store.conditions.openBySeverity().critical, 1);

      bench.omni.intercept = undefined;
      bench.clock.advance(86_400_000);
      const seeing = await bench.completeAudit();
      assert.deepEqual(newsOf(bench, seeing.runId).sort(), [
        'owner-deactivated opened critical a',
        'owner-deactivated resolved info b',
      ]);
      assert.equal(bench.store.history.runFindings(seeing.runId)?.ownersProblem, null);
      assert.equal(bench.store.history.runFindings(seeing.runId)?.blindRuns, 1);
    });
  }

  test('for a day are no news when they are known again', async (context) => {
    await using bench = await startAudited(context);
    const before = dumpWithoutMail(bench);
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    await bench.completeAudit();
    bench.omni.intercept = undefined;
    const { runId } = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, runId), []);
    assert.deepEqual(dumpWithoutMail(bench), before);
  });

  test('keep no audit from reporting tokens', async (context) => {
    await using bench = await startAudited(context);
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    bench.omni.organisation.tokens.splice(0, 1);
    bench.omni.organisation.tokens.push({ ...someToken(7, { membershipId: bert }) });
    const { runId } = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, runId).sort(), ['token-created event medium 7', 'token-removed event info 1']);
  });

  test('in half the list do not count: what its other half said is forgotten', async (context) => {
    await using bench = await startAudited(context);
    owner(bench, anna).active = false;
    inject(bench.omni, { at: scimPaths.embedUsers, status: 403 });
    const { runId } = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, runId), []);
    assert.deepEqual([...bench.store.owners.holdings()], []);
  });

  for (const [what, silent] of [
    ['the owners are asked for', scimPaths.embedUsers],
    ['the credential is asked for', whoamiPath],
  ] as const) {
    test(`because time is up while ${what} do not fail the audit`, async (context) => {
      await using bench = await startAudited(context);
      const deadlineMs = 6000;
      bench.deps = { deadlineMs };
      owner(bench, anna).active = false;
      bench.omni.organisation.tokens.splice(2, 1);
      context.mock.timers.enable({ apis: ['setTimeout'] });
      bench.omni.intercept = (request) => {
        if (!silent.test(request.url ?? '')) return false;
        context.mock.timers.tick(deadlineMs);
        return true;
      };
      const audit = await bench.completeAudit();
      assert.equal(audit.ownersKnown, false);
      assert.deepEqual(newsOf(bench, audit.runId), ['token-removed event info 3']);
      const run = bench.store.runs.find(audit.runId);
      assert.match(run?.ownersProblem ?? '', /^the audit was not done within 0\.1 minutes/);
      assert.match(run?.ownersHint ?? '', /AUDIT_DEADLINE_MINUTES/);
      assert.ok(bench.log.some(({ level, msg }) => level === 'warn' && /owners are unknown/.test(msg)));
    });
  }

  test('because of a stop interrupt the audit, which leaves nothing but its run', async (context) => {
    await using bench = await startAudited(context);
    const before = dumpWithoutMail(bench);
    const controller = new AbortController();
    owner(bench, anna).active = false;
    bench.omni.intercept = (request) => {
      if (!scimPaths.embedUsers.test(request.url ?? '')) return false;
      controller.abort(new InterruptedError('told to stop by SIGTERM'));
      return true;
    };
    const audit = await bench.audit({}, controller.signal);
    assert.ok(audit.status === 'failed' && audit.error instanceof InterruptedError);
    assert.equal(bench.store.runs.find(audit.runId ?? 0)?.status, 'interrupted');
    assert.deepEqual(dumpWithoutMail(bench), before);
  });
});

describe('owners whose absence is not confirmed yet', () => {
  test('are counted, open nothing, and are reported by a later run', async (context) => {
    const tokens = range(1, 25).map((number) => someToken(number));
    await using bench = await startAuditBench(context, tokens);
    await bench.completeAudit();
    for (const { membershipId } of tokens) bench.people.delete(membershipId ?? '');
    bench.omni.requests.length = 0;
    const first = await bench.completeAudit();
    assert.equal(first.ownersKnown, true);
    assert.equal(newsOf(bench, first.runId).length, 20);
    assert.equal(bench.store.runs.find(first.runId)?.ownersUnresolved, 5);
    assert.equal(bench.store.history.runFindings(first.runId)?.ownersUnresolved, 5);
    const second = await bench.completeAudit();
    assert.deepEqual(
      newsOf(bench, second.runId),
      range(21, 25).map((number) => `owner-missing opened critical ${(1_000_000 + number).toString(16)}`),
    );
    assert.equal(bench.store.runs.find(second.runId)?.ownersUnresolved, 0);
    const third = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, third.runId), []);
    assert.equal(third.openBySeverity.critical, 25);
  });

  test('leave a condition of theirs as it is', async (context) => {
    await using bench = await startAudited(context);
    const { id } = owner(bench, bert);
    bench.people.delete(bert);
    inject(bench.omni, { at: new RegExp(`users/${id}$`), status: 400 });
    const { runId, openBySeverity } = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, runId), []);
    assert.equal(openBySeverity.critical, 1);
    assert.equal(bench.store.runs.find(runId)?.ownersUnresolved, 1);
  });
});
