import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompleteAudit, FailedAudit } from '../../src/audit/audit-result.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { oneTokenPath, scimPaths, whoamiPath } from '../support/omni-faults.ts';
import { someToken, someTokens } from '../support/tokens.ts';
import { body, cutShort, header, reset, type Spoiler, signInPage, status } from './support/spoilers.ts';
import { tally } from './support/tally.ts';

const empty = { Resources: [], totalResults: 0, itemsPerPage: 0, startIndex: 1, schemas: [] };
const stranger = { id: 'somebody-else', userName: 'x@acme.example', active: true };
const json = (content: unknown): Spoiler => body(JSON.stringify(content));

const wrongAnswers: Record<string, Spoiler> = {
  'a 403': status(403),
  'a 404': status(404),
  'a 500': status(500),
  'a sign-in page': signInPage(200),
  'a 404 of a proxy': signInPage(404),
  'a reset connection': reset,
  'a body that is cut short': cutShort(true),
  null: json(null),
  'another shape': json({ users: [] }),
  'users without ids': json({ ...empty, Resources: [{ userName: 'a' }], totalResults: 1 }),
  'no users, although it counts some': json({ ...empty, totalResults: 30 }),
  'the same user twice': json({ ...empty, Resources: [stranger, stranger], totalResults: 2 }),
  'more users than it counts': json({ ...empty, Resources: [stranger], totalResults: 0 }),
  'a user twice, active and not': json({
    ...empty,
    Resources: [stranger, { ...stranger, active: false }],
    totalResults: 2,
  }),
  'a page that begins elsewhere': json({ ...empty, startIndex: 7 }),
  'an answer from a cache': header('age', '60'),
  'an answer of five years ago': header('date', 'Mon, 01 Mar 2021 07:00:00 GMT'),
};

/** Audits while requests for some paths get the wrong answer. */
async function auditWith(
  { omni, audit }: AuditBench,
  at: RegExp,
  wrong: Spoiler,
): Promise<CompleteAudit | FailedAudit> {
  tally.faults += 1;
  omni.intercept = (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    return at.test(path) && wrong({ request, response, page: 1, cursor: null, honest: () => empty });
  };
  const result = await audit();
  omni.intercept = undefined;
  return result;
}

function reportedBy(bench: AuditBench, { runId }: { runId: number | null }): unknown[] {
  return bench
    .rows(
      `SELECT kind || ' ' || replace(transition, 'reopened', 'opened') AS finding
         FROM findings WHERE run_id = ${runId} AND suppressed_by IS NULL ORDER BY id`,
    )
    .map(({ finding }) => finding);
}

test('a wrong answer about owners neither opens nor resolves a condition, and a later run reports what changed meanwhile', async (context) => {
  const bench = await startAuditBench(context, someTokens(30));
  const [deactivated, missing, other] = bench.omni.organisation.tokens;
  assert.ok(deactivated && missing?.membershipId && other);
  bench.people.ownerOf(deactivated).active = false;
  bench.people.users();
  bench.people.delete(missing.membershipId);
  await bench.completeAudit();
  const open = (): unknown[] =>
    bench.rows('SELECT kind, subject FROM conditions WHERE resolved_run_id IS NULL ORDER BY id');
  assert.equal(open().length, 2);

  for (const [path, at] of Object.entries({ 'both lists': scimPaths.all, 'embed users': scimPaths.embedUsers })) {
    for (const [name, wrong] of Object.entries(wrongAnswers)) {
      await context.test(`${name}, of ${path}`, async () => {
        const before = open();
        const owner = bench.people.ownerOf(other);
        owner.active = !owner.active;
        const audit = await auditWith(bench, at, wrong);
        if (audit.status === 'failed') throw audit.error;
        assert.equal(audit.ownersKnown, false);
        assert.deepEqual(reportedBy(bench, audit), []);
        assert.deepEqual(open(), before);
        const expected = [`owner-deactivated ${owner.active ? 'resolved' : 'opened'}`];
        assert.deepEqual(reportedBy(bench, await bench.completeAudit()), expected);
      });
    }
  }
});

test('a wrong answer about one owner by id never makes it missing, and leaves the others as they are', async (context) => {
  const bench = await startAuditBench(context, someTokens(30));
  const [gone] = bench.omni.organisation.tokens;
  assert.ok(gone?.membershipId);
  await bench.completeAudit();
  bench.people.delete(gone.membershipId);
  for (const [name, wrong] of Object.entries(wrongAnswers)) {
    await context.test(name, async () => {
      const audit = await auditWith(bench, /\/users\/[^/]+$/, wrong);
      assert.equal(audit.status, 'complete');
      assert.deepEqual(reportedBy(bench, audit), []);
      assert.equal(bench.store.runs.find(audit.runId ?? 0)?.ownersUnresolved, 1);
    });
  }
  assert.deepEqual(reportedBy(bench, await bench.completeAudit()), ['owner-missing opened']);
});

test('a wrong answer about the credential is not reported as a change of it', async (context) => {
  const bench = await startAuditBench(context, someTokens(2));
  await bench.completeAudit();
  const answers = { ...wrongAnswers, 'a scope that is a number': json({ keyScope: 7, orgRole: 'ORG_ADMIN' }) };
  for (const [name, wrong] of Object.entries(answers)) {
    await context.test(name, async () => {
      const audit = await auditWith(bench, whoamiPath, wrong);
      assert.equal(audit.status, 'complete');
      assert.deepEqual(reportedBy(bench, audit), []);
      assert.deepEqual(reportedBy(bench, await bench.completeAudit()), []);
    });
  }
});

test('a wrong answer about a token that is gone from the list never confirms its removal', async (context) => {
  const bench = await startAuditBench(context, someTokens(40));
  await bench.completeAudit();
  const answers = { ...wrongAnswers, 'a 400': status(400), 'a 401': status(401), 'another token': json(someToken(99)) };
  for (const [name, wrong] of Object.entries(answers)) {
    await context.test(name, async () => {
      bench.omni.organisation.tokens.shift();
      const audit = await auditWith(bench, oneTokenPath, wrong);
      assert.deepEqual(reportedBy(bench, audit), ['token-removed event']);
      const details = bench.rows(`SELECT detail FROM findings WHERE run_id = ${audit.runId}`);
      assert.deepEqual(details, [{ detail: '{"confirmed":false}' }]);
    });
  }
});

test('an implausibly large number of removals that Omni does not confirm is not reported', async (context) => {
  const bench = await startAuditBench(context, someTokens(40));
  await bench.completeAudit();
  bench.omni.organisation.tokens.splice(0, 20);
  for (const [name, wrong] of Object.entries(wrongAnswers)) {
    await context.test(name, async () => {
      const audit = await auditWith(bench, oneTokenPath, wrong);
      assert.equal(audit.status, 'failed');
      assert.deepEqual(reportedBy(bench, audit), []);
    });
  }
  assert.equal(reportedBy(bench, await bench.completeAudit()).length, 20);
});

test('a list that shows fewer tokens while our credential has fewer rights removes nothing', async (context) => {
  const bench = await startAuditBench(context, someTokens(30));
  await bench.completeAudit();
  const hidden = bench.omni.organisation.tokens.splice(1);
  const weaker = { organisation: ['organization', 'MEMBER'], user: ['user', 'ORG_ADMIN'], unknown: ['?', '?'] };
  for (const [name, [keyScope, orgRole]] of Object.entries(weaker)) {
    await context.test(name, async () => {
      const audit = await auditWith(bench, whoamiPath, json({ keyScope, orgRole }));
      assert.equal(audit.status, 'failed');
      assert.deepEqual(reportedBy(bench, audit), []);
    });
  }
  bench.omni.organisation.tokens.push(...hidden);
  assert.deepEqual(reportedBy(bench, await bench.completeAudit()), []);
});
