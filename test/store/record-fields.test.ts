import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStoreBench } from '../support/store-bench.ts';

test('unknown record fields are returned once, and again after a run that did not see them', (context) => {
  const { store, complete } = createStoreBench(context);
  const remember = (...names: string[]): string[] => {
    const runId = complete();
    return store.transactions.run((tx) => store.recordFields.remember(tx, names, runId));
  };
  assert.deepEqual(remember('lastUsedAt', 'scopes'), ['lastUsedAt', 'scopes']);
  assert.deepEqual(remember('scopes', 'lastUsedAt', 'note', 'note'), ['note']);
  assert.deepEqual(remember('scopes'), []);
  assert.deepEqual(remember('scopes', 'note'), ['note']);
});
