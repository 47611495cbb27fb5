import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { CompleteAudit, FailedAudit } from '../../src/audit/audit-result.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { answer, answerJson, webPage } from '../support/omni-answers.ts';
import { oneTokenPath, scimPaths, whoamiPath } from '../support/omni-faults.ts';
import { someToken, someTokens } from '../support/tokens.ts';
import { tally } from './support/tally.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => true;

const status =
  (code: number): Answer =>
  (response) =>
    answerJson(response, { error: 'no', status: code }, code);
const page: Answer = (response) => answer(response, 200, webPage.contentType, webPage.body);
const gone: Answer = (response) => answer(response, 404, webPage.contentType, webPage.body);
const body =
  (content: unknown): Answer =>
  (response) =>
    answerJson(response, content);
const reset: Answer = (_response, { socket }) => {
  socket.resetAndDestroy();
  return true;
};
const empty = { Resources: [], totalResults: 0, itemsPerPage: 0, startIndex: 1, schemas: [] };
const stranger = { id: 'somebody-else', userName: 'x@acme.example', active: true };

const wrongAnswers: Record<string, Answer> = {
  'a 403': status(403),
  'a 404': status(404),
  'a 500': status(500),
  'a sign-in page': page,
  'a 404 of a proxy': gone,
  'a reset connection': reset,
  'a body that is cut short': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 500 });
    response.write('{"Resources": [', () => response.destroy());
    return true;
  },
  null: body(null),
  'another shape': body({ users: [] }),
  'users without ids': body({ ...empty, Resources: [{ userName: 'a' }], totalResults: 1 }),
  'nobody, though it counts some': body({ ...empty, totalResults: 30 }),
  'the same user again and again': body({ ...empty, Resources: [stranger, stranger], totalResults: 2 }),
  'more users than it counts': body({ ...empty, Resources: [stranger], totalResults: 0 }),
};

function intercept({ omni }: AuditBench, at: RegExp, answer: Answer): void {
  tally.faults += 1;
  omni.intercept = (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    return at.test(path) && answer(response, request);
  };
}

/** One audit with a fault; answers what it told. */
async function auditWith(bench: AuditBench, at: RegExp, answer: Answer): Promise<CompleteAudit | FailedAudit> {
  intercept(bench, at, answer);
  const audit = await bench.audit();
  bench.omni.intercept = undefined;
  return audit;
}

function toldBy(bench: AuditBench, runId: number | null): unknown[] {
  return bench
    .rows(
      `SELECT kind || ' ' || transition AS told FROM findings WHERE run_id = ${runId} AND suppressed_by IS NULL ORDER BY id`,
    )
    .map(({ told }) => told);
}

test('a wrong answer about owners neither opens nor ends anything, and what changed meanwhile is told later', async (context) => {
  const bench = await startAuditBench(context, someTokens(30));
  const [deactivated, missing, other] = bench.omni.organisation.tokens;
  assert.ok(deactivated && missing?.membershipId && other);
  bench.people.ownerOf(deactivated).active = false;
  bench.people.users();
  bench.people.delete(missing.membershipId);
  await bench.completeAudit();
  const standing = (): unknown[] =>
    bench.rows('SELECT kind, subject FROM conditions WHERE resolved_run_id IS NULL ORDER BY id');
  assert.equal(standing().length, 2);

  for (const [path, at] of Object.entries({ 'both lists': scimPaths.all, 'embed users': scimPaths.embedUsers })) {
    for (const [name, answer] of Object.entries(wrongAnswers)) {
      await context.test(`${name}, of ${path}`, async () => {
        const before = standing();
        const owner = bench.people.ownerOf(other);
        owner.active = !owner.active;
        const audit = await auditWith(bench, at, answer);
        if (audit.status === 'failed') throw audit.error;
        assert.equal(audit.ownersKnown, false);
        assert.deepEqual(toldBy(bench, audit.runId), []);
        assert.deepEqual(standing(), before);
        const { runId } = await bench.completeAudit();
        const told = toldBy(bench, runId).map((each) => String(each).replace('reopened', 'opened'));
        assert.deepEqual(told, [`owner-deactivated ${owner.active ? 'resolved' : 'opened'}`]);
      });
    }
  }
});

test('a wrong answer about the credential is no change of it', async (context) => {
  const bench = await startAuditBench(context, someTokens(2));
  await bench.completeAudit();
  const answers = { ...wrongAnswers, 'a scope that is not one': body({ keyScope: 7, orgRole: 'ORG_ADMIN' }) };
  for (const [name, answer] of Object.entries(answers)) {
    await context.test(name, async () => {
      const audit = await auditWith(bench, whoamiPath, answer);
      assert.equal(audit.status, 'complete');
      assert.deepEqual(toldBy(bench, audit.runId), []);
      assert.deepEqual(toldBy(bench, (await bench.completeAudit()).runId), []);
    });
  }
});

test('a wrong answer about a token that is gone from the list fails the audit, and its removal is told once it is sure', async (context) => {
  const bench = await startAuditBench(context, someTokens(40));
  await bench.completeAudit();
  const { 'a 404': _honest, ...others } = wrongAnswers;
  const answers = { ...others, 'a 400': status(400), 'a 401': status(401), 'the token itself': body(someToken(1)) };
  for (const [name, answer] of Object.entries(answers)) {
    await context.test(name, async () => {
      bench.omni.organisation.tokens.shift();
      const audit = await auditWith(bench, oneTokenPath, answer);
      assert.equal(audit.status, 'failed');
      assert.deepEqual(toldBy(bench, audit.runId), []);
      assert.deepEqual(toldBy(bench, (await bench.completeAudit()).runId), ['token-removed event']);
    });
  }
});
