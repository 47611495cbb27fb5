import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { range } from '../support/range.ts';
import { createStoreBench } from '../support/store-bench.ts';

const names = (first: number, last: number): string[] => range(first, last).map((number) => `field ${number}`);

describe('the fields that are remembered', () => {
  test('are answered when no run had seen them, in the order in which they came', (context) => {
    const { store, complete } = createStoreBench(context);
    const runId = complete();
    assert.deepEqual(store.recordFields.remember(['lastUsedAt', 'scopes'], runId), ['lastUsedAt', 'scopes']);
    assert.deepEqual(store.recordFields.remember(['scopes', 'lastUsedAt', 'note', 'note'], complete()), ['note']);
    assert.deepEqual(store.recordFields.remember([], complete()), []);
  });

  test('are a hundred at most, however many come at once or one by one', (context) => {
    const { store, complete } = createStoreBench(context);
    assert.deepEqual(store.recordFields.remember(names(1, 20), complete()), names(1, 20));
    assert.deepEqual(store.recordFields.remember(names(11, 130), complete()), names(21, 100));
    for (const number of [101, 131, 1000]) {
      assert.deepEqual(store.recordFields.remember(names(number, number + 19), complete()), []);
    }
    assert.deepEqual(store.recordFields.remember(names(1, 100), complete()), []);
  });
});
