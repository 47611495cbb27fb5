import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Owner } from '../../src/rules/owner.ts';
import type { AuditStore } from '../../src/stores.ts';
import { range } from '../support/range.ts';
import { begin, someStore, stage } from '../support/runs.ts';
import { someToken, uuid } from '../support/tokens.ts';

/** Stages a token for each owner; null: a token without one. */
function want(store: AuditStore, owners: readonly (number | null)[]): void {
  const tokens = owners.map((owner, index) =>
    someToken(index + 1, { membershipId: owner === null ? null : uuid(owner) }),
  );
  stage(store, tokens);
  store.wantedOwners.collect();
}

function owner(number: number, fields: Partial<Owner> = {}): Owner {
  return {
    membershipId: uuid(number),
    userName: `user ${number}`,
    displayName: `User ${number}`,
    active: true,
    lastLogin: null,
    ...fields,
  };
}

function open({ wantedOwners }: AuditStore): string[] {
  return wantedOwners.open();
}

/** Writes what was learned into the history, as a run does. */
function keep(store: AuditStore): void {
  const previous = store.runs.last()?.id ?? null;
  const runId = begin(store);
  store.transactions.run((tx) => store.owners.apply(tx, runId, previous));
}

describe('the wanted owners', () => {
  test('are those of the staged tokens, each once', (context) => {
    const store = someStore(context);
    want(store, [7, null, 8, 7, null]);
    assert.deepEqual(open(store), [uuid(7), uuid(8)]);
    assert.equal(store.wantedOwners.openCount(), 2);
  });

  test('are collected anew for each audit', (context) => {
    const store = someStore(context);
    want(store, [7, 8]);
    store.wantedOwners.found([owner(7)]);
    want(store, [7, 9]);
    assert.deepEqual(open(store), [uuid(7), uuid(9)]);
  });

  test('are open until they are found or missing, and others are passed over', (context) => {
    const store = someStore(context);
    want(store, [7, 8, 9]);
    store.wantedOwners.found([owner(1), owner(8, { active: false, lastLogin: '2026-02-01T00:00:00.000Z' })]);
    assert.deepEqual(open(store), [uuid(7), uuid(9)]);
    store.wantedOwners.missing(uuid(9));
    store.wantedOwners.missing(uuid(2));
    assert.deepEqual(open(store), [uuid(7)]);
    assert.deepEqual(
      [...store.owners.holdings()].map((holding) => holding.owner),
      [
        {
          state: 'deactivated',
          userName: 'user 8',
          displayName: 'User 8',
          lastLogin: '2026-02-01T00:00:00.000Z',
        },
        { state: 'missing', userName: null, displayName: null, lastLogin: null },
      ],
    );
  });

  test('are all unknown again when it is forgotten what was learned', (context) => {
    const store = someStore(context);
    want(store, [7, 8]);
    store.wantedOwners.found([owner(7)]);
    store.wantedOwners.missing(uuid(8));
    store.wantedOwners.forget();
    assert.equal(store.wantedOwners.openCount(), 2);
    assert.deepEqual([...store.owners.holdings()], []);
  });

  test('can be settled while they are read, however many they are', (context) => {
    const store = someStore(context);
    want(store, range(1, 1201));
    const read: string[] = [];
    for (const id of store.wantedOwners.open()) {
      read.push(id);
      store.wantedOwners.missing(id);
    }
    assert.deepEqual(read, range(1, 1201).map(uuid));
    assert.equal(store.wantedOwners.openCount(), 0);
  });

  test('that were proved missing before stay so, unless they are found', (context) => {
    const store = someStore(context);
    want(store, [7, 8, 9]);
    store.wantedOwners.found([owner(9)]);
    store.wantedOwners.missing(uuid(7));
    store.wantedOwners.missing(uuid(8));
    keep(store);
    want(store, [7, 8, 9, 10]);
    store.wantedOwners.found([owner(8)]);
    store.wantedOwners.keepMissing();
    assert.deepEqual(open(store), [uuid(9), uuid(10)]);
    assert.deepEqual(
      [...store.owners.holdings()].map((holding) => holding.owner.state),
      ['missing', 'active'],
    );
  });

  test('that were missing and came back are not missing for it later', (context) => {
    const store = someStore(context);
    want(store, [7]);
    store.wantedOwners.missing(uuid(7));
    keep(store);
    want(store, [7]);
    store.wantedOwners.found([owner(7)]);
    keep(store);
    want(store, [7]);
    store.wantedOwners.keepMissing();
    assert.deepEqual(open(store), [uuid(7)]);
  });
});
