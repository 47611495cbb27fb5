import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openConditionsOf } from '../../src/cli/subject.ts';
import type { AsOf } from '../../src/history/as-of.ts';
import type { ListedFinding } from '../../src/history/listed-findings.ts';
import type { ListedToken } from '../../src/history/listed-tokens.ts';
import { createJudge } from '../../src/rules/judge.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, keyOfAge, revoke, short, unacknowledge } from '../support/audit-steps.ts';
import { defaultRules } from '../support/default-rules.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { someMorning } from '../support/fake-clock.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { someToken, uuid } from '../support/tokens.ts';

async function auditLater(bench: AuditBench, days = 1): Promise<void> {
  bench.clock.advance(days * msPerDay);
  await bench.completeAudit();
}

/** Returns the present, or the time of a run. */
function asOf({ store, clock }: AuditBench, runId: number | null = null): AsOf {
  if (runId === null) return { isPast: false, run: store.history.lastComplete(), instant: clock.now() };
  const run = store.history.run(runId);
  assert.ok(run);
  return { isPast: true, run, instant: new Date(run.startedAt) };
}

/** Returns the only finding in a list. */
function onlyOne(findings: Iterable<ListedFinding>): ListedFinding {
  const [finding, ...others] = findings;
  assert.ok(finding);
  assert.deepEqual(others, []);
  return finding;
}

function reported({ store, clock }: AuditBench, runId: number, now = clock.now()): ListedFinding {
  return onlyOne(store.history.findingsReportedBy(runId, {}, now));
}

describe('the rows of a list', () => {
  test('have the documented fields and no others, for findings of any kind', async (context) => {
    const bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    const { history } = bench.store;
    await bench.completeAudit();
    change(bench, uuid(2), { name: 'another name', type: 'mcp' });
    const account = bench.people.ownerOf({ ...someToken(2) });
    account.active = false;
    await bench.completeAudit();
    const [newest, ...older] = history.runs({});
    assert.deepEqual([newest?.id, older.length], [2, 1]);
    assert.deepEqual(Object.keys(newest ?? {}), [
      ...['id', 'trigger', 'status', 'startedAt', 'finishedAt', 'isBaseline', 'tokenCount', 'pageCount'],
      ...['requestCount', 'ownersKnown', 'error', 'findingCount'],
    ]);
    const findings = [asOf(bench), asOf(bench, 1)].flatMap((at) => [...history.findings(at, {})]);
    findings.push(...history.findingsReportedBy(1, {}, bench.clock.now()));
    assert.ok(findings.length > 4);
    for (const finding of findings) {
      assert.deepEqual(Object.keys(finding).toSorted(), [
        ...['acknowledgement', 'detail', 'id', 'kind', 'openedAt', 'resolvedAt', 'runId', 'severity', 'state'],
        ...['subject', 'tokenId', 'tokenName', 'tokenType'],
      ]);
    }
    const ofOwner = findings.find(({ subject }) => subject.id === account.id);
    assert.deepEqual([ofOwner?.tokenId, ofOwner?.tokenName, ofOwner?.tokenType], [null, null, null]);
    const { owner, tokens } = factsOfKind(ofOwner, 'owner-deactivated');
    assert.deepEqual([owner.userName, tokens.map(({ id }) => id)], [account.userName, [uuid(2)]]);
  });
});

describe('a condition in the list of findings', () => {
  test('has the severity and age of its last transition, but in the list of a run those that the run reported', async (context) => {
    const bench = await startAuditBench(context, [keyOfAge(1, 179.5)]);
    await bench.completeAudit();
    await auditLater(bench);
    const now = onlyOne(bench.store.history.findings(asOf(bench), { open: true }));
    assert.deepEqual([now.runId, now.severity, now.detail], [1, 'medium', { ageDays: 180, thresholdDays: 180 }]);
    const first = reported(bench, 1);
    assert.deepEqual([first.severity, first.detail], ['low', { ageDays: 179, thresholdDays: 90 }]);
    const second = reported(bench, 2);
    assert.deepEqual([second.id, second.severity], [now.id, 'medium']);
  });

  test('is found by the owner that its token had at that time', async (context) => {
    const [before, now] = [uuid(11), uuid(12)];
    const bench = await startAuditBench(context, [someToken(1, { createdAt: daysAgo(200), membershipId: before })]);
    await bench.completeAudit();
    change(bench, uuid(1), { membershipId: now });
    await auditLater(bench);
    const count = (membershipId: string, at: AsOf) =>
      [...bench.store.history.findings(at, { open: true, kind: 'token-stale', membershipId })].length;
    assert.deepEqual([count(now, asOf(bench)), count(before, asOf(bench))], [1, 0]);
    assert.deepEqual([count(now, asOf(bench, 1)), count(before, asOf(bench, 1))], [0, 1]);
  });

  test('is acknowledged until the last day of the acknowledgement is over or somebody revokes it', async (context) => {
    const bench = await startAuditBench(context, [someToken(1, { type: 'service' })]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1), 10);
    const acceptedAt = bench.clock.now();
    const stateAt = (now: Date) => reported(bench, 1, now).state;
    const { id, state, acknowledgement } = onlyOne(bench.store.history.findings(asOf(bench), { acknowledged: true }));
    assert.deepEqual([state, stateAt(acceptedAt)], ['acknowledged', 'acknowledged']);
    const acceptance = { reason: 'it is known', by: 'Jane', at: acceptedAt.toISOString(), until: '2026-03-11' };
    assert.deepEqual(acknowledgement, acceptance);
    const end = acceptedAt.getTime() + 10 * msPerDay;
    assert.deepEqual([stateAt(new Date(end - 1)), stateAt(new Date(end))], ['acknowledged', 'open']);

    bench.clock.advance(msPerDay);
    unacknowledge(bench, id);
    assert.deepEqual([stateAt(bench.clock.now()), reported(bench, 1).acknowledgement], ['open', null]);
    assert.equal(stateAt(acceptedAt), 'open', 'even if the clock has been set back since');
    acknowledge(bench, uuid(1), 19);
    assert.equal(reported(bench, 1).acknowledgement?.until, '2026-03-21');
  });

  test('is listed as resolved if it is both resolved and acknowledged, and an event as neither', async (context) => {
    const bench = await startAuditBench(context, [someToken(1, { type: 'service' }), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1));
    revoke(bench, 1);
    bench.omni.organisation.tokens.push({ ...someToken(3) });
    await bench.completeAudit();
    const findings = [...bench.store.history.findings(asOf(bench), {})];
    assert.deepEqual(
      findings.map(({ kind, state, acknowledgement }) => [kind, state, acknowledgement]),
      [
        ['token-removed', 'event', null],
        ['token-created', 'event', null],
        ['token-type-unknown', 'resolved', null],
      ],
    );
  });
});

test('the list of tokens shows each with its age and its owner as of the run', async (context) => {
  const bench = await startAuditBench(context, [someToken(1), someToken(2, { membershipId: null })]);
  const { history } = bench.store;
  const tokensOf = (runId: number): ListedToken[] => [...history.tokens(runId, {})];
  const account = bench.people.ownerOf({ ...someToken(1) });
  Object.assign(account, { userName: 'jane@acme.example', displayName: 'Jane Doe', lastLogin: daysAgo(2) });
  const cannotRead = { at: scimPaths.all, status: 403 };
  inject(bench.omni, cannotRead);
  await bench.completeAudit();
  bench.omni.intercept = undefined;
  await bench.completeAudit();
  inject(bench.omni, cannotRead);
  await auditLater(bench);
  bench.omni.intercept = undefined;
  const login = bench.clock.now().toISOString();
  Object.assign(account, { displayName: 'Jane Roe', active: false, lastLogin: login });
  await bench.completeAudit();
  bench.people.delete(account.id);
  await bench.completeAudit();
  change(bench, uuid(1), { membershipId: uuid(12) });
  await bench.completeAudit();

  const jane = {
    userName: 'jane@acme.example',
    displayName: 'Jane Doe',
    active: true,
    lastLogin: daysAgo(2),
    external: null,
    role: 'QUERIER',
  };
  const owners = [1, 2, 3, 4, 5]
    .map((runId) => tokensOf(runId)[0]?.owner ?? null)
    .map((owner) => owner && { ...owner, role: owner.role?.baseRole });
  assert.deepEqual(owners, [
    null,
    jane,
    jane,
    { ...jane, displayName: 'Jane Roe', active: false, lastLogin: login },
    null,
  ]);
  assert.equal(tokensOf(5)[0]?.membershipId, account.id);
  const { owner, role, register, ...token } = tokensOf(6)[0] ?? {};
  assert.equal(register, null);
  assert.equal(role?.baseRole, 'QUERIER');
  const facts = { ageDays: 60, firstSeenAt: someMorning.toISOString(), changedAt: login };
  assert.deepEqual([token, owner?.active], [{ ...someToken(1, { membershipId: uuid(12) }), ...facts }, true]);
  assert.deepEqual([tokensOf(2)[1]?.membershipId, tokensOf(2)[1]?.owner], [null, null]);
});

test('the timeline of a token has what happened to it, oldest first', async (context) => {
  const bench = await startAuditBench(context, [keyOfAge(1, 100)]);
  await bench.completeAudit();
  const [id = 0] = acknowledge(bench, uuid(1));
  unacknowledge(bench, id);
  const timeline = bench.store.history.tokenTimeline(uuid(1));
  assert.deepEqual(
    timeline.map(({ kind, before, after }) => [kind, before, after?.slice(0, 9)]),
    [
      ['first-seen', null, 'token 1'],
      ['token-stale', null, '100 days '],
      ['acknowledged', null, 'until 202'],
      ['acknowledgement-ended', timeline[2]?.after, 'revoked b'],
    ],
  );
});

describe('the difference between two runs', () => {
  /** As `kind transition severity subject`. */
  function diff({ store }: AuditBench, from: number, to: number): string[] {
    return [...store.history.diff(from, to)].map(({ kind, transition, severity, subject }) =>
      [kind, transition, severity, short(subject.id)].join(' '),
    );
  }

  /** Token 1 is stale. */
  function startBench(context: TestContext): Promise<AuditBench> {
    return startAuditBench(context, [someToken(1, { createdAt: daysAgo(200), membershipId: null }), someToken(2)]);
  }

  test('leaves out what came and went in between', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    change(bench, uuid(1), { enabled: false });
    bench.omni.organisation.tokens.push({ ...someToken(3) });
    await auditLater(bench);
    change(bench, uuid(1), { enabled: true });
    revoke(bench, 3);
    await auditLater(bench, 5);
    assert.deepEqual(diff(bench, 1, 2), ['token-disabled event info 1', 'token-created event medium 3']);
    assert.deepEqual(diff(bench, 2, 3), [
      ...['token-enabled event high 1', 'token-removed event info 3', 'token-stale opened low 1'],
    ]);
    assert.deepEqual(diff(bench, 1, 3), []);
  });

  test('has a condition that escalated, and the totals of each run keep its severity at that time', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    await auditLater(bench, 200);
    assert.deepEqual(diff(bench, 1, 2), ['token-stale opened low 2', 'token-stale escalated medium 1']);
    assert.deepEqual(diff(bench, 2, 2), []);
    const severities = [1, 2].map((runId) => bench.store.history.runTotals(runId).openBySeverity);
    assert.deepEqual(
      severities.map(({ low, medium }) => [low, medium]),
      [
        [1, 0],
        [1, 1],
      ],
    );
  });

  test('has the conditions that changed settings resolved or opened', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    const off = { organization: [], personal: [], mcp: [] };
    bench.deps = { judge: createJudge({ ...defaultRules, staleAfterDays: off }) };
    await auditLater(bench);
    bench.deps = {};
    await auditLater(bench);
    assert.deepEqual(diff(bench, 1, 2), ['token-stale resolved info 1']);
    assert.deepEqual(diff(bench, 2, 3), ['token-stale opened low 1']);
  });
});

describe('what a person types', () => {
  const id = '05df30cf-79f5-46dd-9581-23f3e883c6f2';
  const jane = uuid(0xa);

  async function startBench(context: TestContext): Promise<AuditBench> {
    const others = [id, 'BEEF-1', 'BEEF-2'].map((each, index) => someToken(index + 2, { id: each }));
    const bench = await startAuditBench(context, [someToken(1, { membershipId: jane }), ...others]);
    const account = bench.people.ownerOf({ ...someToken(1), membershipId: jane });
    Object.assign(account, { userName: 'jane@acme.example', displayName: 'Jane Doe', active: false });
    await bench.completeAudit();
    return bench;
  }

  test('finds a token by its id or the beginning of its id, in capitals or not', async (context) => {
    const { store } = await startBench(context);
    const found = (typed: string): string[] => store.history.tokensNamed(typed).map((token) => token.id);
    assert.deepEqual([found('05DF30CF'), found('BEEF-1')], [[id], ['BEEF-1']]);
    assert.deepEqual([found('BEEF'), found('FEED')], [['BEEF-1', 'BEEF-2'], []]);
  });

  test('finds an owner by id or name in any case, but must not be the beginning of several ids', async (context) => {
    const { store, clock } = await startBench(context);
    for (const typed of [jane, jane.toUpperCase(), 'JANE@acme.example', 'jane doe']) {
      const kinds = openConditionsOf(store, typed, clock.now()).map(({ kind }) => kind);
      assert.deepEqual(kinds, ['owner-deactivated'], typed);
    }
    assert.throws(() => openConditionsOf(store, jane.slice(0, 30), clock.now()), {
      message: /several tokens or owners$/,
      hint: /^Type more.*\n {4}token .*\n {4}owner /,
    });
  });
});
