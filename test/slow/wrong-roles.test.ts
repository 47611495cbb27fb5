import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { rolesOn } from '../../src/demo/simulated-roles.ts';
import { type AuditBench, mailTables, runTables, startAuditBench } from '../support/audit-bench.ts';
import { auditAndRead, reportedBy } from '../support/audit-steps.ts';
import { answer, webPage } from '../support/omni-answers.ts';
import { modelRolesPath } from '../support/omni-faults.ts';
import { someToken, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);
const higher = rolesOn(['connection a', 'connection b'], 'CONNECTION_ADMIN');
const [first] = higher;
/** If one of the wrong answers counted, Jane’s role would be raised. */
const raised = { membershipId: jane, results: higher };
const raisedJson = JSON.stringify(raised);

type Reply = (response: ServerResponse) => void;

function text(content: string | Buffer, contentType = 'application/json', status = 200): Reply {
  return (response) => answer(response, status, contentType, content);
}

function json(body: unknown, status = 200): Reply {
  return text(JSON.stringify(body), 'application/json', status);
}

/** Replies with the raised role and one more entry, which is like the first but for these fields. */
function oneMore(fields: Record<string, unknown>): Reply {
  return json({ ...raised, results: [...higher, { ...first, ...fields }] });
}

function withHeader(name: string, value: string, reply: Reply): Reply {
  return (response) => reply(response.setHeader(name, value));
}

/** Sends less than it promises. */
function cutAfter(length: number): Reply {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': raisedJson.length });
    response.write(raisedJson.slice(0, length), () => response.destroy());
  };
}

const longAgo = new Date('2020-01-01T00:00:00.000Z').toUTCString();
const refusals = [400, 401, 403, 407, 409, 410, 418, 429, 500, 502, 503, 504];

const wrongAnswers: [what: string, reply: Reply][] = [
  ...refusals.map((status): [string, Reply] => [`the status ${status}`, json(raised, status)]),
  ['the status 301', withHeader('location', '/elsewhere', json(raised, 301))],
  ['Omni’s own 404', json({ error: 'User not found', status: 404 }, 404)],
  ['a 404 that is a web page', text(webPage.body, webPage.contentType, 404)],
  ['a web page', text(webPage.body, webPage.contentType)],
  ['a web page that calls itself JSON', text(webPage.body)],
  ['an empty body', text('')],
  ['no content', json(raised, 204)],
  ['text that is not UTF-8', text(Buffer.from(raisedJson.replace('Admin', 'Adm\xefn'), 'latin1'))],
  ['JSON that ends early', text(raisedJson.slice(0, -1))],
  ['a body that is shorter than its length', cutAfter(raisedJson.length - 1)],
  ['a connection that is cut before the body', cutAfter(0)],
  ['a connection that is cut before the headers', (response) => response.destroy()],
  ['a body of more than 16 MiB', text(raisedJson.padEnd(16 * 1024 * 1024 + 1))],
  ['a list', json([raised])],
  ['null', json(null)],
  ['a text', json('CONNECTION_ADMIN')],
  ['no entries at all', json({ membershipId: jane })],
  ['null instead of entries', json({ membershipId: jane, results: null })],
  ['one entry instead of a list', json({ membershipId: jane, results: first })],
  ['an empty list', json({ membershipId: jane, results: [] })],
  ['only entries that are not effective', json({ ...raised, results: higher.filter(({ resolved }) => !resolved) })],
  ['an entry of null', json({ ...raised, results: [...higher, null] })],
  ['an entry without a base role', oneMore({ baseRole: undefined })],
  ['an entry without a connection', oneMore({ connectionId: undefined })],
  ['an entry that does not say whether it is effective', oneMore({ resolved: undefined })],
  ['an entry whose model is a number', oneMore({ modelId: 7 })],
  ['two effective roles for one connection', oneMore({ baseRole: 'VIEWER' })],
  ['the role of another account', json({ ...raised, membershipId: uuid(0xb) })],
  ['no account', json({ results: higher })],
  ['an answer from a cache', withHeader('age', '7', json(raised))],
  ['an answer of another year', withHeader('date', longAgo, json(raised))],
  ['a 404 from a cache', withHeader('age', '7', json({ error: 'no', status: 404 }, 404))],
];

/** Starts an organisation in which Jane is known to be a modeler. */
async function startWithModeler(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, [someToken(1, { membershipId: jane })]);
  bench.people.ownerOf({ membershipId: jane }).roles = rolesOn(['connection a', 'connection b'], 'MODELER');
  await bench.completeAudit();
  bench.clock.advance(60_000);
  return bench;
}

function answerForRoles({ omni }: AuditBench, reply: Reply): void {
  omni.intercept = ({ url = '' }, response) => {
    if (!modelRolesPath.test(url)) return false;
    reply(response);
    return true;
  };
}

describe('the role of an owner stays as it is known when Omni answers with', () => {
  const askedTables = [...runTables, ...mailTables, 'unanswered_roles'];
  for (const [what, reply] of wrongAnswers) {
    test(what, async (context) => {
      await using bench = await startWithModeler(context);
      const before = bench.dump(...askedTables);
      answerForRoles(bench, reply);
      const { runId, mail } = await bench.completeAudit();
      assert.deepEqual([reportedBy(bench, runId), mail], [[], null]);
      assert.deepEqual(bench.dump(...askedTables), before);
      assert.deepEqual(bench.rows('SELECT * FROM unanswered_roles'), [{ membership_id: jane, asked_run_id: runId }]);
      assert.ok(bench.rows(`SELECT roles_problem AS problem FROM runs WHERE id = ${runId}`)[0]?.problem);

      bench.omni.intercept = undefined;
      assert.deepEqual(await auditAndRead(bench), []);
      const { role_versions: known, ...others } = before;
      // The run in between did not confirm the role, so another row begins.
      const again = { first_run_id: runId + 1, confirmed_run_id: runId + 1 };
      const confirmed = (known ?? []).flatMap((row) => [
        Object.assign({}, row, { last_run_id: runId }),
        Object.assign({}, row, again),
      ]);
      assert.deepEqual(bench.dump(...askedTables, 'role_versions'), others);
      assert.deepEqual(bench.rows('SELECT * FROM role_versions'), confirmed);
      assert.deepEqual(bench.rows('SELECT * FROM unanswered_roles'), []);
    });
  }

  test('and none of these wrong answers only repeats what is known', async (context) => {
    await using bench = await startWithModeler(context);
    answerForRoles(bench, json(raised));
    assert.deepEqual(await auditAndRead(bench), ['owner-role-raised event high a']);
  });
});
