import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { noMailReport, type RunReport } from '../../src/history/report.ts';
import type { AcknowledgementNotice } from '../../src/rules/acknowledgement.ts';
import { groupFindings } from '../../src/rules/finding-groups.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, revoke, unacknowledge } from '../support/audit-steps.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { someKey, someToken, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);

/** Tokens 1 and 2 are stale and owned by Jane, whose account is deactivated. Token 3 is of unknown type. */
async function startBench(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, [
    someToken(1, { createdAt: daysAgo(200), membershipId: jane }),
    someToken(2, { createdAt: daysAgo(400), membershipId: jane }),
    someToken(3, { type: 'service', membershipId: null }),
  ]);
  const account = bench.people.ownerOf({ ...someToken(1), membershipId: jane });
  Object.assign(account, { displayName: 'Jane Doe', active: false });
  return bench;
}

function reportOf({ store }: AuditBench, runId: number): RunReport {
  const found = store.history.runFindings(runId);
  assert.ok(found);
  return { ...found, ...store.history.runTotals(runId), mail: noMailReport };
}

async function auditAndReport(bench: AuditBench): Promise<RunReport> {
  bench.clock.advance(60_000);
  return reportOf(bench, (await bench.completeAudit()).runId);
}

describe('the report of a run', () => {
  test('groups findings, counts the tokens concerned, and names owners as of the run', async (context) => {
    const bench = await startBench(context);
    const { groups } = await auditAndReport(bench);
    assert.deepEqual(
      groups.map(({ kind, severity, count, tokenCount }) => `${kind} ${severity} ${count} ${tokenCount}`),
      [
        'owner-deactivated critical 1 2',
        'token-stale low 1 1',
        'token-stale medium 1 1',
        'token-type-unknown medium 1 1',
      ],
    );
    const owners = groups.flatMap(({ findings }) => findings.map(({ owner }) => owner?.displayName));
    assert.deepEqual(owners, ['Jane Doe', 'Jane Doe', 'Jane Doe', undefined]);
    bench.people.ownerOf({ ...someToken(1), membershipId: jane }).displayName = 'Jane Roe';
    await bench.completeAudit();
    assert.deepEqual(reportOf(bench, 1).groups, groups);
  });

  test('has the newest tokens at the baseline, with their owners', async (context) => {
    const bench = await startAuditBench(context, [
      someToken(1, { createdAt: daysAgo(3), membershipId: jane }),
      someToken(2, { createdAt: daysAgo(2), membershipId: null }),
      someToken(3, { createdAt: daysAgo(40) }),
    ]);
    const { recent } = await auditAndReport(bench);
    assert.equal(recent?.count, 2);
    assert.deepEqual(
      recent.tokens.map(({ token, owner }) => [token.id, owner?.state ?? null]),
      [
        [uuid(2), null],
        [uuid(1), 'active'],
      ],
    );
    assert.equal((await auditAndReport(bench)).recent, null);
  });

  test('counts the runs since the last mail that could not read owners, and says why this one could not', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    const first = await auditAndReport(bench);
    assert.match(first.ownersProblem?.problem ?? '', /403/);
    const reports = [first, await auditAndReport(bench)];
    bench.omni.intercept = undefined;
    reports.push(await auditAndReport(bench));
    assert.equal(reports.at(-1)?.ownersProblem, null);
    bench.omni.organisation.tokens.push({ ...someToken(7) });
    reports.push(await auditAndReport(bench), await auditAndReport(bench));
    // A mail reported the first of them at once, so the fourth run counts only the second.
    assert.deepEqual(
      reports.map(({ runsWithoutOwners }) => runsWithoutOwners),
      [0, 1, 2, 1, 0],
    );
  });
});

describe('acknowledgements in the report of a run', () => {
  const inShort = ({ acknowledgements }: RunReport): string[] =>
    acknowledgements.map(({ what, acknowledgement: { id, end } }) => `${what} ${id} ${end?.because ?? ''}`.trim());

  test('say who accepted what, with the name of the owner or the name that the token had at that time', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    const [conditionId] = acknowledge(bench, uuid(1), 10);
    acknowledge(bench, jane);
    const [ofToken, ofOwner] = (await auditAndReport(bench)).acknowledgements;
    const notice: AcknowledgementNotice = {
      what: 'made',
      acknowledgement: {
        id: 1,
        condition: {
          id: conditionId ?? 0,
          kind: 'token-stale',
          severity: 'low',
          subject: { type: 'token', id: uuid(1) },
        },
        tokenName: 'token 1',
        owner: null,
        reason: 'it is known',
        by: 'Jane',
        createdAt: '2026-03-01T07:00:00.000Z',
        expiresOn: '2026-03-11',
        end: null,
      },
    };
    assert.deepEqual(ofToken, notice);
    assert.deepEqual(
      [ofOwner?.acknowledgement.tokenName, ofOwner?.acknowledgement.owner?.displayName],
      [...[null, 'Jane Doe']],
    );
    change(bench, uuid(1), { name: 'another name' });
    await bench.completeAudit();
    assert.deepEqual(reportOf(bench, 2).acknowledgements[0], notice);
  });

  test('are reported once when they begin and once when they end, in that order', async (context) => {
    const bench = await startBench(context);
    const reports = [await auditAndReport(bench)];
    const [first = 0] = acknowledge(bench, uuid(1));
    acknowledge(bench, uuid(2));
    reports.push(await auditAndReport(bench));
    unacknowledge(bench, first);
    acknowledge(bench, uuid(1));
    unacknowledge(bench, first);
    reports.push(await auditAndReport(bench), await auditAndReport(bench));
    assert.deepEqual(reports.map(inShort), [
      [],
      ['made 1', 'made 2'],
      ['made 3 revoked', 'ended 1 revoked', 'ended 3 revoked'],
      [],
    ]);
    const { end } = reports[2]?.acknowledgements[1]?.acknowledgement ?? {};
    assert.deepEqual(end, { at: '2026-03-01T07:02:00.000Z', because: 'revoked', by: 'Joe' });
  });

  test('do not end separately when their condition is resolved', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    acknowledge(bench, uuid(3));
    revoke(bench, 3);
    const reports = [await auditAndReport(bench), await auditAndReport(bench)];
    assert.deepEqual(reports.map(inShort), [['made 1 resolved'], []]);
  });
});

describe('the totals of a run', () => {
  test('count what is open by severity, acknowledged or not, and its subjects', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    acknowledge(bench, uuid(1));
    acknowledge(bench, jane);
    const { openBySeverity, acknowledgedCount, openSubjects } = await auditAndReport(bench);
    assert.deepEqual(openBySeverity, { critical: 1, high: 0, medium: 2, low: 1, info: 0 });
    assert.deepEqual([acknowledgedCount, openSubjects], [2, 4]);
  });

  test('count what was acknowledged as of the run, whatever happens later', async (context) => {
    const bench = await startBench(context);
    const counts = [(await auditAndReport(bench)).acknowledgedCount];
    const auditAndCount = async (): Promise<void> => {
      counts.push((await auditAndReport(bench)).acknowledgedCount);
    };
    const [first = 0] = acknowledge(bench, uuid(1));
    acknowledge(bench, uuid(3));
    await auditAndCount();
    acknowledge(bench, uuid(2), 1);
    await auditAndCount();
    revoke(bench, 3);
    unacknowledge(bench, first);
    await auditAndCount();
    bench.clock.advance(msPerDay);
    // Accepts it again before a run has noticed that the last day is over.
    acknowledge(bench, uuid(2), 1);
    await auditAndCount();
    acknowledge(bench, uuid(1));
    assert.deepEqual(counts, [0, 2, 3, 1, 1]);
    const later = range(1, 5).map((runId) => reportOf(bench, runId).acknowledgedCount);
    assert.deepEqual(later, counts);
  });
});

describe('the tokens of a run', () => {
  test('are all listed, oldest first, as the run saw them and with the owners that it knew', async (context) => {
    const janes = someToken(1200, { membershipId: jane, enabled: false });
    const others = range(1, 1100).map((number) => someToken(number, { membershipId: null }));
    const bench = await startAuditBench(context, [janes, ...others.toReversed()]);
    const { history } = bench.store;
    const account = bench.people.ownerOf({ ...janes });
    account.displayName = 'Jane Doe';
    await bench.completeAudit();
    account.displayName = 'Jane Roe';
    change(bench, janes.id, { enabled: true });
    revoke(bench, ...range(1, 700));
    await bench.completeAudit({ acceptRemovals: true });
    bench.omni.organisation.tokens.length = 0;
    await bench.audit();

    const ids = (runId: number) => [...history.ownedTokens(runId)].map(({ token }) => token.id);
    assert.deepEqual(ids(1), [...range(1, 1100), 1200].map(uuid));
    assert.deepEqual(ids(2), [...range(701, 1100), 1200].map(uuid));
    assert.deepEqual(ids(3), [], 'it failed');
    const lasts = [1, 2].map((runId) => [...history.ownedTokens(runId)].at(-1));
    assert.deepEqual(
      lasts.map((last) => [last?.token.enabled, last?.owner?.displayName]),
      [
        [false, 'Jane Doe'],
        [true, 'Jane Roe'],
      ],
    );
  });

  test('are counted exactly in the inventory and in groups of findings, which have the oldest fifty', async (context) => {
    const createdAt = (number: number): string => new Date(Date.parse(daysAgo(200)) + number).toISOString();
    const tokens = range(1, 120).map((number) => someToken(number, { createdAt: createdAt(number) }));
    const keys = range(1001, 1003).map((number) => someKey(number));
    const bench = await startAuditBench(context, [...keys, ...tokens.toReversed()]);
    await bench.completeAudit();
    const [group] = groupFindings([...bench.store.findings.reportedBy(1)].toReversed());
    revoke(bench, 1);
    await bench.completeAudit();
    const [personal, organization, ...others] = bench.store.history.inventory(1);
    assert.deepEqual([personal?.type, organization?.type, others], ['personal', 'organization', []]);
    assert.deepEqual([personal?.count, organization?.count, group?.count], [120, 3, 120]);
    const oldest = range(1, 50).map(uuid);
    assert.deepEqual(
      personal?.tokens.map(({ token }) => token.id),
      oldest,
    );
    assert.deepEqual(
      group?.findings.map(({ subject }) => subject.id),
      oldest,
    );
    assert.ok(personal.tokens.every(({ owner }) => owner?.state === 'active'));
    assert.ok(organization?.tokens.every(({ owner }) => owner === null));
  });
});
