import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openAuditStore } from '../../src/stores.ts';
import { startAuditBench } from '../support/audit-bench.ts';
import { someMorning } from '../support/fake-clock.ts';
import { someStore } from '../support/runs.ts';
import { tempDatabase } from '../support/temp-folder.ts';
import { someToken, someTokens } from '../support/tokens.ts';

describe('the staging table', () => {
  test('counts the tokens of all pages', (context) => {
    const store = someStore(context);
    store.staging.add(someTokens(100));
    store.staging.add([someToken(101)]);
    store.staging.add([]);
    assert.equal(store.staging.seal(), 101);
  });

  test('counts a repeated id once, within a page and between pages', (context) => {
    const store = someStore(context);
    store.staging.add([someToken(1), someToken(2), someToken(1)]);
    store.staging.add([someToken(2, { name: 'another name' })]);
    assert.equal(store.staging.seal(), 2);
  });

  test('counts an id once that the snapshot has, that was met, and that comes again', async (context) => {
    const tokens = someTokens(250);
    const bench = await startAuditBench(context, tokens);
    await bench.completeAudit();
    const { staging } = bench.store;
    staging.reset();
    staging.add(tokens.slice(0, 100));
    staging.add(tokens.slice(50, 150));
    staging.add(tokens.slice(150));
    assert.equal(staging.seal(), 250);
  });

  test('counts those that changed, went and came beside a snapshot', async (context) => {
    const tokens = someTokens(250);
    const bench = await startAuditBench(context, tokens);
    await bench.completeAudit();
    const { staging } = bench.store;
    staging.reset();
    staging.add(tokens.slice(10).map((token, index) => (index % 2 === 0 ? token : { ...token, name: 'renamed' })));
    staging.add([someToken(300), someToken(301)]);
    assert.equal(staging.seal(), 242);
  });

  test('is empty at first, and after a reset, whether it was sealed or not', (context) => {
    const store = someStore(context);
    assert.equal(store.staging.seal(), 0);
    store.staging.reset();
    store.staging.add(someTokens(3));
    store.staging.reset();
    assert.equal(store.staging.seal(), 0);
    store.staging.reset();
    store.staging.add([someToken(1), someToken(1)]);
    assert.equal(store.staging.seal(), 1);
    store.staging.reset();
    store.staging.add(someTokens(3));
    assert.equal(store.staging.seal(), 3);
  });

  test('is not seen by another connection and vanishes with its own', (context) => {
    const path = tempDatabase(context);
    {
      using store = openAuditStore(path, someMorning);
      store.staging.add(someTokens(3));
      using other = openAuditStore(path, someMorning);
      assert.equal(other.staging.seal(), 0);
    }
    using later = openAuditStore(path, someMorning);
    assert.equal(later.staging.seal(), 0);
  });
});
