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
import { currentFacts } from '../support/runs.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

const log = createLogger('silent');

function list({ omni, store: { staging } }: AuditBench, progress = trackProgress()): Promise<CompleteListing> {
  return listTokens({ omni: someOmniApi(omni.baseUrl), staging, progress, log }, noAbort);
}

/** The ids that would become the snapshot. */
function stagedIds({ store }: AuditBench): string[] {
  return store.transactions.rehearse((tx) => {
    const startedAt = new Date(0);
    store.snapshots.apply(tx, { id: store.runs.begin(tx, 'manual', 'test', startedAt), startedAt }, null);
    return currentFacts(store, tx).map(({ token }) => token.id);
  });
}

/** Answers a page of its own making in place of the simulator. */
function answerAlways({ omni }: AuditBench, pageInfo: Record<string, unknown>, records: unknown[]): void {
  const body = {
    pageInfo: { hasNextPage: false, nextCursor: null, totalRecords: records.length, ...pageInfo },
    records,
  };
  inject(omni, { body });
}

describe('listing all tokens', () => {
  test('takes one walk where nothing moves', async (context) => {
    await using bench = await startAuditBench(context, someTokens(201));
    assert.deepEqual(await list(bench), { tokenCount: 201, pageCount: 3, surplus: 0, newFields: [] });
    assert.equal(bench.omni.requests.length, 3);
  });

  test('walks again when the token behind a cursor was deleted', async (context) => {
    await using bench = await startAuditBench(context, someTokens(250));
    const { omni } = bench;
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.tokens.splice(99, 1);
      return false;
    };
    const listing = await list(bench);
    assert.equal(listing.tokenCount, 249);
    assert.equal(omni.requests[1]?.status, 400);
    const ids = stagedIds(bench);
    assert.equal(ids.length, 249);
    assert.ok(!ids.includes(uuid(100)));
  });

  test('knows the new fields of the walk that it believes, and of no other', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    const [first, ...others] = bench.omni.organisation.tokens;
    assert.ok(first);
    Object.assign(first, { mistaken: 1 });
    for (const token of others) Object.assign(token, { lastUsedAt: null });
    bench.omni.intercept = (_request, _response, count) => {
      if (count === 2) bench.omni.organisation.tokens.splice(99, 1);
      if (count === 3) delete first.mistaken;
      return false;
    };
    assert.deepEqual((await list(bench)).newFields, ['lastUsedAt']);
  });

  test('knows twenty new fields at most', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    for (const [index, token] of bench.omni.organisation.tokens.entries())
      Object.assign(token, { [`new ${index}`]: 1 });
    assert.equal((await list(bench)).newFields.length, 20);
  });

  test('accepts that a token was deleted after it was read, and says so', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    const { omni } = bench;
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.tokens.splice(4, 1);
      return false;
    };
    assert.deepEqual(await list(bench), { tokenCount: 150, pageCount: 2, surplus: 1, newFields: [] });
    assert.ok(stagedIds(bench).includes(uuid(5)));
  });

  test('reads a token that was made during the walk', async (context) => {
    await using bench = await startAuditBench(context, someTokens(150));
    const { omni } = bench;
    omni.intercept = (_request, _response, count) => {
      if (count === 2) omni.organisation.tokens.push({ ...someToken(900) });
      return false;
    };
    assert.deepEqual(await list(bench), { tokenCount: 151, pageCount: 2, surplus: 0, newFields: [] });
    assert.ok(stagedIds(bench).includes(uuid(900)));
  });

  const odd: Record<string, [Record<string, unknown>, unknown[], RegExp]> = {
    'is empty': [{}, [], /the list is empty/],
    'is shorter than Omni counts': [{ totalRecords: 5 }, someTokens(4), /4 tokens were listed, but Omni counts 5/],
    'repeats an id': [{ totalRecords: 1 }, [someToken(1), someToken(1)], /1 of 2 records repeat a token id/],
    'promises a page without a cursor': [{ hasNextPage: true }, someTokens(2), /page 1 promises a next page/],
    'goes in circles': [{ hasNextPage: true, nextCursor: uuid(1) }, [someToken(1)], /already used/],
  };
  for (const [what, [pageInfo, records, reason]] of Object.entries(odd)) {
    test(`gives up after three walks over a list that ${what}`, async (context) => {
      await using bench = await startAuditBench(context, []);
      answerAlways(bench, pageInfo, records);
      const progress = trackProgress();
      await assert.rejects(list(bench, progress), (error) => {
        assert.ok(error instanceof ListingIncompleteError, String(error));
        assert.match(error.message, /in 3 walks/);
        assert.match(error.message, reason);
        assert.match(error.hint, /Nothing was concluded/);
        return true;
      });
      const walks = new Set(['goes in circles']).has(what) ? 6 : 3;
      assert.equal(bench.omni.requests.length, walks);
      assert.equal(progress.pageCount, walks);
    });
  }

  test('believes the walk that proves complete after one that did not', async (context) => {
    await using bench = await startAuditBench(context, someTokens(3));
    const { omni } = bench;
    answerAlways(bench, { totalRecords: 9 }, [someToken(7), someToken(8)]);
    const answer = omni.intercept;
    omni.intercept = (request, response, count) => count <= 2 && (answer?.(request, response, count) ?? false);
    assert.deepEqual(await list(bench), { tokenCount: 3, pageCount: 3, surplus: 0, newFields: [] });
    assert.deepEqual(stagedIds(bench), [uuid(1), uuid(2), uuid(3)]);
  });
});
