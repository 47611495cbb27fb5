import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { daysAgo, revoke } from '../support/audit-looks.ts';
import { answerJson } from '../support/omni-answers.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { msPerHour } from '../support/spans.ts';
import { someToken, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);
const janesToken = someToken(1, { membershipId: jane });

async function startBench(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, [janesToken, someToken(2, { membershipId: null })]);
  Object.assign(accountOf(bench), { userName: 'jane@acme.example', displayName: 'Jane Doe' });
  return bench;
}

/** Jane's account, to be changed in place. */
function accountOf({ people }: AuditBench) {
  return people.ownerOf({ ...janesToken });
}

/** Jane's intervals, as `first-last state display name`. */
function intervals({ rows }: AuditBench): string[] {
  return rows(
    `SELECT first_run_id || '-' || coalesce(last_run_id, '') || ' ' || state || ' ' || coalesce(display_name, '?') AS line
       FROM owner_versions
      WHERE membership_id = '${jane}'
      ORDER BY first_run_id`,
  ).map(({ line }) => String(line));
}

function asOf({ store }: AuditBench, runId: number) {
  return store.owners.asOf(jane, runId);
}

describe('the history of an owner', () => {
  test('is one interval for as long as name and state stay the same', async (context) => {
    await using bench = await startBench(context);
    for (let run = 1; run <= 3; run += 1) await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1- active Jane Doe']);
  });

  test('has an interval for each name and each state', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    await bench.completeAudit();
    accountOf(bench).displayName = 'Jane Roe';
    await bench.completeAudit();
    accountOf(bench).userName = 'roe@acme.example';
    await bench.completeAudit();
    accountOf(bench).active = false;
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), [
      '1-2 active Jane Doe',
      '3-3 active Jane Roe',
      '4-4 active Jane Roe',
      '5- deactivated Jane Roe',
    ]);
    assert.equal(asOf(bench, 2)?.displayName, 'Jane Doe');
    assert.equal(asOf(bench, 3)?.userName, 'jane@acme.example');
    assert.equal(asOf(bench, 4)?.state, 'active');
    assert.equal(asOf(bench, 5)?.state, 'deactivated');
  });

  test('keeps the name and the last log-in of one that is missing, and has a new interval when it is back', async (context) => {
    await using bench = await startBench(context);
    const { people } = bench;
    accountOf(bench).lastLogin = daysAgo(3);
    await bench.completeAudit();
    const account = { ...accountOf(bench) };
    people.delete(jane);
    await bench.completeAudit();
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1-1 active Jane Doe', '2- missing Jane Doe']);
    assert.deepEqual(asOf(bench, 3), {
      state: 'missing',
      userName: 'jane@acme.example',
      displayName: 'Jane Doe',
      lastLogin: daysAgo(3),
    });
    bench.omni.intercept = (request, response) => {
      if (!/v2\/users\?/.test(request.url ?? '')) return false;
      const Resources = [{ ...account, displayName: 'Jane Roe' }];
      return answerJson(response, { Resources, totalResults: 1 });
    };
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1-1 active Jane Doe', '2-3 missing Jane Doe', '4- active Jane Roe']);
  });

  test('has no name of one that was missing from the first', async (context) => {
    await using bench = await startBench(context);
    bench.people.delete(jane);
    await bench.completeAudit();
    assert.deepEqual(asOf(bench, 1), { state: 'missing', userName: null, displayName: null, lastLogin: null });
  });

  test('has no new interval for a log-in', async (context) => {
    await using bench = await startBench(context);
    for (const days of [30, 20, 10]) {
      accountOf(bench).lastLogin = daysAgo(days);
      await bench.completeAudit();
    }
    assert.deepEqual(intervals(bench), ['1- active Jane Doe']);
    assert.equal(asOf(bench, 3)?.lastLogin, daysAgo(10));
  });

  test('does not show an older run a log-in that came later', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    bench.clock.advance(msPerDay);
    const login = new Date(bench.clock.now().getTime() - msPerHour).toISOString();
    accountOf(bench).lastLogin = login;
    await bench.completeAudit();
    assert.equal(asOf(bench, 1)?.lastLogin, null);
    assert.equal(asOf(bench, 2)?.lastLogin, login);
    assert.equal(bench.store.owners.lastKnown(jane)?.lastLogin, login);
  });

  test('has no last log-in any more when Omni stops to say it', async (context) => {
    await using bench = await startBench(context);
    accountOf(bench).lastLogin = daysAgo(10);
    await bench.completeAudit();
    accountOf(bench).lastLogin = null;
    await bench.completeAudit();
    assert.equal(asOf(bench, 2)?.lastLogin, null);
  });

  test('goes on through a run in which the owners are unknown', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    accountOf(bench).displayName = 'Jane Roe';
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1- active Jane Doe']);
    bench.omni.intercept = undefined;
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1-2 active Jane Doe', '3- active Jane Roe']);
  });

  test('ends with the last token, and stays what was last known to later runs', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    revoke(bench, 1);
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1-1 active Jane Doe']);
    assert.equal(asOf(bench, 2)?.displayName, 'Jane Doe');
    assert.equal(bench.store.owners.lastKnown(jane)?.displayName, 'Jane Doe');
    bench.omni.organisation.tokens.push({ ...janesToken });
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1-1 active Jane Doe', '3- active Jane Doe']);
  });

  test('still names the owner of a token that was removed, though no other token is left to it', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    revoke(bench, 1);
    const { runId } = await bench.completeAudit();
    bench.omni.organisation.tokens.push({ ...janesToken });
    accountOf(bench).displayName = 'Jane Roe';
    await bench.completeAudit();

    const removed = bench.store.history.runFindings(runId)?.groups.find(({ kind }) => kind === 'token-removed');
    const [told] = [...bench.store.findings.reportedBy(runId)];
    assert.equal(removed?.findings[0]?.owner?.displayName, 'Jane Doe');
    assert.deepEqual([told?.kind, told?.owner?.displayName], ['token-removed', 'Jane Doe']);
  });

  test('knows nothing of the owner of a token as of a run before the owner was first learned', async (context) => {
    await using bench = await startBench(context);
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    await bench.completeAudit();
    bench.omni.intercept = undefined;
    await bench.completeAudit();
    assert.deepEqual([asOf(bench, 1), asOf(bench, 2)?.displayName], [null, 'Jane Doe']);
  });

  test('is not touched by a run that fails', async (context) => {
    await using bench = await startBench(context);
    await bench.completeAudit();
    accountOf(bench).active = false;
    inject(bench.omni, { at: /api-keys$/, status: 403 });
    await bench.audit();
    bench.omni.intercept = undefined;
    assert.deepEqual(intervals(bench), ['1- active Jane Doe']);
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1-1 active Jane Doe', '3- deactivated Jane Doe']);
  });
});

describe('what an owner holds', () => {
  test('is counted exactly, with the oldest fifty tokens first', async (context) => {
    const tokens = range(1, 73).map((number) => someToken(number, { membershipId: jane }));
    await using bench = await startAuditBench(context, [...tokens.toReversed(), someToken(99)]);
    await bench.completeAudit();
    const found = bench.store.owners.withTokens(jane);
    assert.equal(found.tokenCount, 73);
    assert.deepEqual(
      found.tokens.map(({ id }) => id),
      range(1, 50).map(uuid),
    );
    const holdings = [...bench.store.owners.holdings()];
    assert.deepEqual(
      holdings.map(({ membershipId, tokenCount }) => [membershipId, tokenCount]),
      [
        [jane, 73],
        [uuid(1_000_099), 1],
      ],
    );
  });

  test('is nothing of one that nobody knows', async (context) => {
    await using bench = await startBench(context);
    assert.deepEqual(bench.store.owners.withTokens(jane), {
      owner: { state: null, userName: null, displayName: null, lastLogin: null },
      tokenCount: 0,
      tokens: [],
    });
    assert.equal(bench.store.owners.lastKnown(jane), null);
  });
});
