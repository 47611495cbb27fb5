import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Owner } from '../../src/rules/owner.ts';
import type { AuditStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { daysAgo, revoke } from '../support/audit-steps.ts';
import { someMorning } from '../support/fake-clock.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { begin, someStore, stage } from '../support/runs.ts';
import { msPerHour } from '../support/spans.ts';
import { someToken, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);
const janesToken = someToken(1, { membershipId: jane });

describe('the history of an owner', () => {
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
    const owner = store.owners.asOf(jane, runId);
    return owner && { ...owner, role: owner.role?.baseRole ?? null };
  }

  test('has one interval for as long as names and state stay the same, however often the owner logs in', async (context) => {
    const bench = await startBench(context);
    for (const days of [30, 20]) {
      accountOf(bench).lastLogin = daysAgo(days);
      await bench.completeAudit();
    }
    for (const change of [{ displayName: 'Jane Roe' }, { userName: 'roe@acme.example' }, { active: false }]) {
      Object.assign(accountOf(bench), change);
      await bench.completeAudit();
    }
    assert.deepEqual(intervals(bench), [
      '1-2 active Jane Doe',
      '3-3 active Jane Roe',
      '4-4 active Jane Roe',
      '5- deactivated Jane Roe',
    ]);
    const known = { displayName: 'Jane Roe', lastLogin: daysAgo(20), list: 'regular', role: 'QUERIER' };
    assert.deepEqual(asOf(bench, 3), { state: 'active', userName: 'jane@acme.example', ...known });
    assert.deepEqual(asOf(bench, 4), { state: 'active', userName: 'roe@acme.example', ...known });
  });

  test('shows a login to later runs only, until Omni no longer reports it', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    bench.clock.advance(msPerDay);
    const login = new Date(bench.clock.now().getTime() - msPerHour).toISOString();
    accountOf(bench).lastLogin = login;
    await bench.completeAudit();
    assert.deepEqual([asOf(bench, 1)?.lastLogin, asOf(bench, 2)?.lastLogin], [null, login]);
    assert.equal(bench.store.owners.lastKnown(jane)?.lastLogin, login);
    accountOf(bench).lastLogin = null;
    await bench.completeAudit();
    assert.equal(asOf(bench, 3)?.lastLogin, null);
  });

  test('keeps the names and the last login of an account that is missing, until it is back', async (context) => {
    const bench = await startBench(context);
    accountOf(bench).lastLogin = daysAgo(3);
    await bench.completeAudit();
    bench.people.delete(jane);
    await bench.completeAudit();
    await bench.completeAudit();
    assert.deepEqual(asOf(bench, 3), {
      state: 'missing',
      userName: 'jane@acme.example',
      displayName: 'Jane Doe',
      lastLogin: daysAgo(3),
      list: 'regular',
      role: 'QUERIER',
    });
    bench.people.restore(jane);
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1-1 active Jane Doe', '2-3 missing Jane Doe', '4- active Jane Doe']);
  });

  test('begins when the owner is first known, and continues through runs that fail or cannot read owners', async (context) => {
    const bench = await startBench(context);
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    await bench.completeAudit();
    bench.omni.intercept = undefined;
    await bench.completeAudit();
    accountOf(bench).displayName = 'Jane Roe';
    inject(bench.omni, { at: scimPaths.all, status: 403 });
    await bench.completeAudit();
    inject(bench.omni, { at: /api-keys$/, status: 403 });
    await bench.audit();
    bench.omni.intercept = undefined;
    assert.deepEqual(intervals(bench), ['2- active Jane Doe']);
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['2-3 active Jane Doe', '5- active Jane Roe']);
    const unnamed = { state: null, userName: null, displayName: null, lastLogin: null, list: null };
    assert.deepEqual(asOf(bench, 1), { ...unnamed, role: 'QUERIER' });
  });

  test('ends with the last token, and the removal of that token still names the owner', async (context) => {
    const bench = await startBench(context);
    await bench.completeAudit();
    revoke(bench, 1);
    const { runId } = await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1-1 active Jane Doe']);
    assert.equal(bench.store.owners.lastKnown(jane)?.displayName, 'Jane Doe');
    bench.omni.organisation.tokens.push({ ...janesToken });
    accountOf(bench).displayName = 'Jane Roe';
    await bench.completeAudit();
    assert.deepEqual(intervals(bench), ['1-1 active Jane Doe', '3- active Jane Roe']);
    const [removed] = bench.store.findings.reportedBy(runId);
    assert.deepEqual([removed?.kind, removed?.owner?.displayName], ['token-removed', 'Jane Doe']);
  });
});

test('an owner’s tokens are counted exactly, and the oldest fifty are listed', async (context) => {
  const tokens = range(1, 73).map((number) => someToken(number, { membershipId: jane }));
  const bench = await startAuditBench(context, [...tokens.toReversed(), someToken(99)]);
  const { owners } = bench.store;
  const unknown = { state: null, userName: null, displayName: null, lastLogin: null, list: null, role: null };
  assert.deepEqual(owners.withTokens(jane), { owner: unknown, tokenCount: 0, tokens: [] });
  assert.equal(owners.lastKnown(jane), null);

  await bench.completeAudit();
  const found = owners.withTokens(jane);
  assert.equal(found.tokenCount, 73);
  assert.deepEqual(
    found.tokens.map(({ id }) => id),
    range(1, 50).map(uuid),
  );
  assert.deepEqual(
    [...owners.holdings()].map(({ membershipId, tokenCount }) => [membershipId, tokenCount]),
    [
      [jane, 73],
      [uuid(1_000_099), 1],
    ],
  );
});

describe('the wanted owners of a run', () => {
  /** Stages a token for each owner; null: a token without one. */
  function want(store: AuditStore, owners: readonly (number | null)[]): void {
    const idOf = (owner: number | null) => (owner === null ? null : uuid(owner));
    stage(
      store,
      owners.map((owner, index) => someToken(index + 1, { membershipId: idOf(owner) })),
    );
    store.wantedOwners.collect();
  }

  function owner(number: number, fields: Partial<Owner> = {}): Owner {
    const names = { userName: `user ${number}`, displayName: `User ${number}` };
    return { membershipId: uuid(number), ...names, active: true, lastLogin: null, ...fields };
  }

  /** Makes what was learned the state of the owners as of a new run. */
  function apply(store: AuditStore): void {
    const previous = store.runs.last()?.id ?? null;
    const runId = begin(store);
    store.transactions.run((tx) => store.owners.apply(tx, runId, previous));
  }

  const stillUnknown = ({ wantedOwners }: AuditStore): number[] => {
    const ids = wantedOwners.openByAge();
    assert.equal(wantedOwners.openCount(), ids.length);
    return ids.map((id) => Number.parseInt(id.slice(-4), 16));
  };

  test('are those of the staged tokens until they are found or missing, and any others are ignored', (context) => {
    const store = someStore(context);
    const { wantedOwners, owners } = store;
    want(store, [5, 6]);
    wantedOwners.found('regular', [owner(5)]);
    want(store, [7, null, 8, 7, 9, 5]);
    assert.deepEqual(stillUnknown(store), [5, 7, 8, 9]);
    wantedOwners.found('regular', [owner(1), owner(5), owner(8, { active: false, lastLogin: daysAgo(1) })]);
    wantedOwners.missing(uuid(9));
    wantedOwners.missing(uuid(2));
    assert.deepEqual(stillUnknown(store), [7]);
    assert.deepEqual(
      [...owners.holdings()].map((holding) => Object.values(holding.owner)),
      [
        ['active', 'user 5', 'User 5', null, 'regular'],
        ['deactivated', 'user 8', 'User 8', daysAgo(1), 'regular'],
        ['missing', null, null, null, null],
      ],
    );
    wantedOwners.forget();
    assert.deepEqual(stillUnknown(store), [5, 7, 8, 9]);
    assert.deepEqual([...owners.holdings()], []);
  });

  test('forget only what one list said when that list is read again', (context) => {
    const store = someStore(context);
    const { wantedOwners } = store;
    want(store, [5, 6]);
    wantedOwners.found('regular', [owner(5)]);
    wantedOwners.found('embed', [owner(6)]);
    wantedOwners.forget('embed');
    assert.deepEqual(stillUnknown(store), [6]);
  });

  test('are asked for by id in the order in which they were last asked for, even if Omni gave no answer', (context) => {
    const store = someStore(context);
    const { wantedOwners } = store;
    const numbers = [5, 6, 7, 8];
    const askFor = (...asked: number[]): void => {
      want(store, numbers);
      for (const number of asked) wantedOwners.asked(uuid(number));
      apply(store);
      want(store, numbers);
    };
    askFor(5, 6);
    assert.deepEqual(stillUnknown(store), [7, 8, 5, 6]);
    askFor(7, 5);
    assert.deepEqual(stillUnknown(store), [8, 6, 5, 7]);
  });

  test('keep their last answer by id until it is too old, or until a list shows them', (context) => {
    const store = someStore(context);
    const { wantedOwners } = store;
    want(store, [7, 8, 9]);
    for (const number of [7, 8, 9]) wantedOwners.asked(uuid(number));
    wantedOwners.found('regular', [owner(7, { active: false })]);
    wantedOwners.missing(uuid(8));
    apply(store);
    const answeredAt = someMorning;
    const afterwards = new Date(someMorning.getTime() + 1);

    want(store, [7, 8, 9]);
    wantedOwners.remember(afterwards);
    assert.deepEqual(stillUnknown(store), [7, 8, 9]);
    wantedOwners.remember(answeredAt);
    assert.deepEqual(stillUnknown(store), [9]);
    assert.deepEqual(
      [...store.owners.holdings()].map((holding) => holding.owner.state),
      ['deactivated', 'missing'],
    );
    apply(store);

    want(store, [7, 8, 9]);
    wantedOwners.found('regular', [owner(7)]);
    apply(store);
    want(store, [7, 8, 9]);
    wantedOwners.remember(answeredAt);
    assert.deepEqual(stillUnknown(store), [7, 9]);
  });
});
