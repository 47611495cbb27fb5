import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveRoles } from '../../src/audit/resolve-roles.ts';
import { rolesOn } from '../../src/demo/simulated-roles.ts';
import { CredentialRefusedError, OmniError } from '../../src/errors.ts';
import { createLogger } from '../../src/logging.ts';
import type { RoleAnswer } from '../../src/rules/role.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { auditAndRead, change, reportedBy, revoke } from '../support/audit-steps.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { noAbort } from '../support/no-abort.ts';
import { answerJson } from '../support/omni-answers.ts';
import { inject, modelRolesPath } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { someKey, someToken, uuid } from '../support/tokens.ts';

const [jane, anna] = [uuid(0xa), uuid(0xb)];
const modeler = { baseRole: 'MODELER', name: 'Modeler', connections: 1, unknownRoles: [] };

/** Gives an account this role on so many connections from now on, and further roles. */
function setRole({ people }: AuditBench, membershipId: string, baseRole: string, connections = 1, more: string[] = []) {
  const places = (name: string, count: number) => range(1, count).map((number) => `${name} ${number}`);
  people.ownerOf({ membershipId }).roles = [
    ...rolesOn(places(baseRole, connections), baseRole),
    ...more.flatMap((other) => rolesOn(places(other, 1), other)),
  ];
}

function addToken({ omni }: AuditBench, number: number, membershipId: string): void {
  omni.organisation.tokens.push({ ...someToken(number, { membershipId }) });
}

/** Returns the numbers of the owners that the audits asked about since the last call, in order. */
function askedOwners({ omni }: AuditBench): number[] {
  const paths = omni.requests.splice(0).map(({ path }) => path);
  // A failing request is repeated.
  return [...new Set(paths.filter((path) => modelRolesPath.test(path)).map(numberIn))];
}

/** Returns the number of the owner that a request is about. */
function numberIn(path: string): number {
  return Number.parseInt(path.split('/').at(-2)?.slice(-6) ?? '', 16);
}

describe('the owner of a new token', () => {
  test('is asked about first, so the same audit knows what the token can do', async (context) => {
    const tokens = range(1, 9).map((number) => someToken(number, { membershipId: uuid(number) }));
    await using bench = await startAuditBench(context, tokens);
    bench.deps = { requestsPerMinute: 1 };
    await bench.completeAudit();
    assert.deepEqual(askedOwners(bench), range(1, 5));
    setRole(bench, uuid(0xf1), 'CONNECTION_ADMIN');
    setRole(bench, uuid(0xf2), 'MODELER', 3);
    addToken(bench, 0x21, uuid(0xf1));
    addToken(bench, 0x22, uuid(0xf2));
    // The baseline has asked about this one.
    addToken(bench, 0x23, uuid(4));
    const { runId } = await bench.completeAudit();
    assert.deepEqual(askedOwners(bench), [0xf1, 0xf2, 4, 6, 7]);
    assert.deepEqual(reportedBy(bench, runId), [
      'token-created event high 21',
      'token-created event medium 22',
      'token-created event medium 23',
    ]);
    assert.equal(bench.store.owners.lastKnown(uuid(0xf2))?.role?.connections, 3);
    change(bench, uuid(9), { membershipId: uuid(3) });
    await bench.completeAudit();
    assert.deepEqual(askedOwners(bench), [3, 8, 1, 2, 5]);
  });

  test('does not make it worse than known when Omni does not say its role', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { membershipId: jane }), someKey(2)]);
    setRole(bench, jane, 'CONNECTION_ADMIN');
    await bench.completeAudit();
    inject(bench.omni, { at: modelRolesPath, status: 500 });
    addToken(bench, 3, jane);
    addToken(bench, 4, anna);
    assert.deepEqual(await auditAndRead(bench), ['token-created event high 3', 'token-created event medium 4']);
  });
});

describe('a raised role', () => {
  test('is reported once, with the tokens of the account', async (context) => {
    await using bench = await startAuditBench(context, [
      someToken(1, { membershipId: jane }),
      someToken(2, { membershipId: anna }),
      someToken(3, { membershipId: jane, type: 'mcp' }),
    ]);
    setRole(bench, jane, 'VIEWER', 4);
    assert.deepEqual(await auditAndRead(bench), []);

    setRole(bench, jane, 'MODELER', 2);
    const { runId } = await bench.completeAudit();
    assert.deepEqual(reportedBy(bench, runId), ['owner-role-raised event medium a']);
    const facts = factsOfKind([...bench.store.findings.reportedBy(runId)][0], 'owner-role-raised');
    assert.deepEqual(facts.before, { baseRole: 'VIEWER', name: 'Viewer', connections: 4 });
    assert.deepEqual(facts.after, { baseRole: 'MODELER', name: 'Modeler', connections: 2 });
    assert.deepEqual([facts.tokenCount, facts.tokens.map(({ id }) => id)], [2, [uuid(1), uuid(3)]]);
    assert.deepEqual(await auditAndRead(bench), []);

    setRole(bench, jane, 'CONNECTION_ADMIN');
    assert.deepEqual(await auditAndRead(bench), ['owner-role-raised event high a']);
  });

  test('is measured from the last known role, however long it was hidden', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { membershipId: jane })]);
    setRole(bench, jane, 'QUERIER', 3);
    await bench.completeAudit();
    setRole(bench, jane, 'VIEWER', 1, ['OWNER']);
    assert.deepEqual(await auditAndRead(bench), []);
    setRole(bench, jane, 'ANGEL');
    assert.deepEqual(await auditAndRead(bench), []);
    setRole(bench, jane, 'MODELER');
    const { runId } = await bench.completeAudit();
    assert.deepEqual(reportedBy(bench, runId), ['owner-role-raised event medium a']);
    const { before } = factsOfKind([...bench.store.findings.reportedBy(runId)][0], 'owner-role-raised');
    assert.deepEqual(before, { baseRole: 'QUERIER', name: 'QUERIER', connections: 3 });
  });

  test('is not reported when no audit knew the role before, or none asked because the account had no token', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { membershipId: jane }), someKey(2)]);
    setRole(bench, jane, 'VIEWER');
    inject(bench.omni, { at: modelRolesPath, status: 403 });
    await bench.completeAudit();
    bench.omni.intercept = undefined;
    setRole(bench, jane, 'MODELER');
    assert.deepEqual(await auditAndRead(bench), []);
    revoke(bench, 1);
    assert.deepEqual(await auditAndRead(bench), ['token-removed event info 1']);
    setRole(bench, jane, 'CONNECTION_ADMIN');
    addToken(bench, 3, jane);
    assert.deepEqual(await auditAndRead(bench), ['token-created event high 3']);
  });
});

describe('roles that cannot be read', () => {
  test('are mentioned in one mail, until the reason changes or comes back, and cause no mail', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1), someKey(2)]);
    let renames = 0;
    /** Returns the reason in the mail of the next run; null when the mail has none. */
    const noted = async (status: number | null): Promise<string | null> => {
      bench.omni.intercept = undefined;
      if (status !== null) inject(bench.omni, { at: modelRolesPath, status });
      change(bench, uuid(2), { name: `key ${++renames}` });
      const { mail } = await bench.completeAudit();
      assert.ok(mail);
      const [, reason = null] = /what\s+some\s+owners\s+may\s+do:[^.]*\s(\d+)\b/.exec(mail.text) ?? [];
      return reason;
    };
    assert.equal(await noted(403), '403');
    inject(bench.omni, { at: modelRolesPath, status: 500 });
    const quiet = await bench.completeAudit();
    assert.deepEqual([quiet.mail, quiet.queued], [null, 0]);
    assert.equal(await noted(403), null);
    assert.equal(await noted(410), '410');
    assert.equal(await noted(null), null);
    assert.equal(await noted(410), '410');
  });
});

describe('asking for roles', () => {
  test('takes turns when there are too many owners for one audit, even without usable answers', async (context) => {
    // Half a surrogate pair makes each audit compare the token again, which must not put its owner first.
    const nameOf = (number: number) => (number > 6 ? 'token' : '\ud83d');
    const tokens = range(1, 9).map((number) => someToken(number, { membershipId: uuid(number), name: nameOf(number) }));
    await using bench = await startAuditBench(context, tokens);
    bench.deps = { requestsPerMinute: 1 };
    const statuses: Record<number, number> = { 2: 200, 3: 404, 7: 410, 8: 403, 9: 400 };
    bench.omni.intercept = ({ url = '' }, response) => {
      const status = modelRolesPath.test(url) ? statuses[numberIn(url)] : undefined;
      return status !== undefined && answerJson(response, { membershipId: uuid(99), results: [] }, status);
    };
    const asked: number[][] = [];
    for (let run = 1; run <= 4; run += 1) {
      await bench.completeAudit();
      asked.push(askedOwners(bench));
      delete statuses[2];
    }
    assert.deepEqual(asked, [
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9, 1],
      [2, 3, 4, 5, 1],
      [6, 7, 8, 9, 1],
    ]);
    const known = bench.rows('SELECT DISTINCT membership_id AS id FROM role_versions ORDER BY 1').map(({ id }) => id);
    assert.deepEqual(known, [1, 2, 4, 5, 6].map(uuid));
  });

  const refused = new CredentialRefusedError('no', { status: 403 });
  const invalid = new CredentialRefusedError('no', { status: 400 });
  const failed = new OmniError('no', { status: 500 });
  const missing = (numbers: readonly number[]) => Object.fromEntries(numbers.map((number) => [number, null]));
  type Case = [what: string, answers: Record<number, Error | null>, askedCount: number];
  const cases: Case[] = [
    ['reaches everybody when all answers are usable', {}, 50],
    ['ends after two failures in a row', { 3: failed, 7: failed, 8: failed }, 8],
    ['ends after two refusals before any answer', { 1: refused, 2: refused }, 2],
    ['ends after a failure and a refusal before any answer', { 1: failed, 2: refused }, 2],
    ['goes on after single failures', { 1: failed, 3: refused, 5: failed, 7: failed }, 50],
    ['goes on after refusals when there was an answer', { 4: refused, 5: refused, 6: refused }, 50],
    ['goes on after ids that Omni refuses', { 1: invalid, 2: invalid, 3: invalid }, 50],
    ['ends after twenty unusable answers in a row', missing(range(9, 50)), 28],
    ['goes on after more unusable answers that are not in a row', missing([...range(1, 19), ...range(21, 39)]), 50],
  ];
  for (const [what, answers, askedCount] of cases) {
    test(what, async () => {
      const ids = range(1, 50).map(String);
      const roleOf = async (id: string): Promise<RoleAnswer | null> => {
        const answer = answers[Number(id)];
        if (answer instanceof Error) throw answer;
        return answer === undefined ? { kind: 'role', role: modeler } : answer;
      };
      const log = createLogger('silent');
      const learned = await resolveRoles(
        { omni: { roleOf }, roles: { known: () => [], toAsk: () => ids }, log },
        60,
        noAbort,
      );
      assert.deepEqual(learned.asked, ids.slice(0, askedCount));
      assert.deepEqual(
        [...learned.answers.keys()],
        learned.asked.filter((id) => !(id in answers)),
      );
      assert.equal(learned.problem === null, Object.keys(answers).length === 0);
    });
  }
});

test('an audit whose time is up completes with the roles that it has', async (context) => {
  await using bench = await startAuditBench(context, [
    someToken(1, { membershipId: jane }),
    someToken(2, { membershipId: anna }),
  ]);
  bench.deps = { deadlineMs: 6000 };
  context.mock.timers.enable({ apis: ['setTimeout'] });
  bench.omni.intercept = ({ url = '' }) => {
    const isStuck = modelRolesPath.test(url) && url.includes(anna);
    if (isStuck) context.mock.timers.tick(6000);
    return isStuck;
  };
  const { runId, ownersKnown } = await bench.completeAudit();
  assert.equal(ownersKnown, true);
  assert.deepEqual(bench.rows('SELECT membership_id AS id FROM role_versions'), [{ id: jane }]);
  assert.match(bench.store.history.runFindings(runId)?.rolesProblem?.problem ?? '', /time was up/);
});
