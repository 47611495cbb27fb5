import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CompleteListing, listTokens } from '../../src/audit/list-tokens.ts';
import { trackProgress } from '../../src/audit/progress.ts';
import { ListingIncompleteError } from '../../src/errors.ts';
import { createLogger } from '../../src/logging.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { noAbort } from '../support/no-abort.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { inject } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { currentFacts } from '../support/runs.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

const log = createLogger('silent');

function list({ omni, store: { staging } }: AuditBench, progress = trackProgress()): Promise<CompleteListing> {
  return listTokens({ omni: someOmniApi(omni.baseUrl), staging, progress, checkTimes: () => {}, log }, noAbort);
}

/** Returns the ids of the tokens that the snapshot would have. */
function stagedIds({ store }: AuditBench): string[] {
  return store.transactions.rehearse((tx) => {
    const startedAt = new Date(0);
    store.snapshots.apply(tx, { id: store.runs.begin(tx, 'manual', 'test', startedAt), startedAt }, null);
    return currentFacts(store, tx).map(({ token }) => token.id);
  });
}

/** Answers every request with this page. */
function answerAlways({ omni }: AuditBench, pageInfo: Record<string, unknown>, records: unknown[]): void {
  const body = {
    pageInfo: { hasNextPage: false, nextCursor: null, totalRecords: records.length, ...pageInfo },
    records,
  };
  inject(omni, { body });
}

describe('listing all tokens', () => {
  test('takes one walk when nothing changes', async (context) => {
    await using bench = await startAuditBench(context, someTokens(201));
    assert.deepEqual(await list(bench), { tokenCount: 201, pageCount: 3, surplus: 0, newFields: [] });
    assert.equal(bench.omni.requests.length, 3);
  });

  test('walks again when the token behind a cursor was deleted, and forgets the first walk', async (context) => {
    await using bench = await startAuditBench(context, someTokens(250));
    const { omni } = bench;
    const [first, ...others] = omni.organisation.tokens;
    Object.assign(first ?? {}, { mistaken: 1 });
    for (const token of others) Object.assign(token, { lastUsedAt: null });
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.tokens.splice(99, 1);
      if (count === 3) delete first?.mistaken;
      return false;
    };
    assert.deepEqual(await list(bench), { tokenCount: 249, pageCount: 4, surplus: 0, newFields: ['lastUsedAt'] });
    assert.equal(omni.requests[1]?.status, 400);
    assert.deepEqual(stagedIds(bench), [...range(1, 99), ...range(101, 250)].map(uuid));
  });

  test('accepts a token that was deleted after it was read, and counts it as surplus', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    const { omni } = bench;
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.tokens.splice(4, 1);
      return false;
    };
    assert.deepEqual(await list(bench), { tokenCount: 150, pageCount: 2, surplus: 1, newFields: [] });
    assert.ok(stagedIds(bench).includes(uuid(5)));
  });

  test('keeps at most twenty new fields', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    for (const [index, token] of bench.omni.organisation.tokens.entries()) {
      Object.assign(token, { [`new ${index}`]: 1 });
    }
    assert.equal((await list(bench)).newFields.length, 20);
  });

  test('gives up after three walks that were not proved complete', async (context) => {
    await using bench = await startAuditBench(context, []);
    answerAlways(bench, { totalRecords: 5 }, someTokens(4));
    const progress = trackProgress();
    await assert.rejects(list(bench, progress), (error) => {
      assert.ok(error instanceof ListingIncompleteError, String(error));
      assert.match(error.message, /after 3 walks: 4 tokens were listed, but Omni counts 5/);
      assert.match(error.hint, /^No action needed/);
      return true;
    });
    assert.equal(bench.omni.requests.length, 3);
    assert.equal(progress.pageCount, 3);
  });

  test('believes the third walk when only that one is proved complete', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const { omni } = bench;
    answerAlways(bench, { totalRecords: 9 }, [someToken(7), someToken(8)]);
    const answer = omni.intercept;
    omni.intercept = (request, response, count) => count <= 2 && (answer?.(request, response, count) ?? false);
    assert.deepEqual(await list(bench), { tokenCount: 3, pageCount: 3, surplus: 0, newFields: [] });
    assert.deepEqual(stagedIds(bench), [uuid(1), uuid(2), uuid(3)]);
  });
});
