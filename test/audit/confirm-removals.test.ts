import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { CredentialRefusedError, OmniError, RemovalsUnconfirmedError } from '../../src/errors.ts';
import { type AuditBench, mailTables, runTables, startAuditBench } from '../support/audit-bench.ts';
import { revoke, short } from '../support/audit-steps.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { inject, oneTokenPath } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { begin } from '../support/runs.ts';
import { msPerHour } from '../support/spans.ts';
import { someTokens, uuid } from '../support/tokens.ts';

async function startAudited(context: TestContext, count: number): Promise<AuditBench> {
  const bench = await startAuditBench(context, someTokens(count));
  await bench.completeAudit();
  bench.clock.advance(60_000);
  asked(bench);
  return bench;
}

/** The requests about tokens since the last call: `list`, or the number of a token that was asked for by id. */
function asked({ omni }: AuditBench): string[] {
  const paths = omni.requests.splice(0).map(({ path }) => path.split('?')[0] ?? '');
  return paths
    .filter((path) => path.startsWith('/api/v1/api-keys'))
    .map((path) => short(path.replace('/api/v1/api-keys', '').replace('/', '')) || 'list');
}

/** The numbers of the tokens that a run reported as removed, by whether Omni confirmed it. */
function removals({ store }: AuditBench, runId: number): { confirmed: number[]; unconfirmed: number[] } {
  const removed = [...store.findings.reportedBy(runId)];
  const numbers = (confirmed: boolean): number[] =>
    removed
      .filter((finding) => factsOfKind(finding, 'token-removed').confirmed === confirmed)
      .map(({ subject }) => Number.parseInt(short(subject.id), 16));
  return { confirmed: numbers(true), unconfirmed: numbers(false) };
}

/** Leaves tokens out of the next listings, though Omni still knows them by id. */
function hide(bench: AuditBench, numbers: readonly number[], listings: number): void {
  const { organisation } = bench.omni;
  const all = [...organisation.tokens];
  const hidden = new Set(numbers.map(uuid));
  let count = 0;
  bench.omni.intercept = (request) => {
    const [path, query = ''] = (request.url ?? '').split('?');
    const isList = path === '/api/v1/api-keys';
    if (isList && !query.includes('cursor')) count += 1;
    const seen = isList && count <= listings ? all.filter(({ id }) => !hidden.has(id)) : all;
    organisation.tokens.splice(0, organisation.tokens.length, ...seen);
    return false;
  };
}

describe('removals', () => {
  test('are each confirmed by id when they are few', async (context) => {
    await using bench = await startAudited(context, 50);
    revoke(bench, 7, 9, 40);
    const { runId, changes } = await bench.completeAudit();
    assert.deepEqual(asked(bench), ['list', '7', '9', '28']);
    assert.deepEqual(removals(bench, runId), { confirmed: [7, 9, 40], unconfirmed: [] });
    assert.equal(changes.removed, 3);
    assert.equal(bench.store.runs.find(runId)?.breaker, null);
    await bench.completeAudit();
    assert.deepEqual(asked(bench), ['list']);
  });

  test('are believed in an unlikely number after a second walk and a sample', async (context) => {
    await using bench = await startAudited(context, 90);
    revoke(bench, ...range(1, 30));
    const { runId, pageCount } = await bench.completeAudit();
    const [first, second, ...questions] = asked(bench);
    assert.deepEqual([first, second, questions.length, pageCount], ['list', 'list', 20, 2]);
    const { confirmed, unconfirmed } = removals(bench, runId);
    assert.deepEqual(
      confirmed.map((number) => number.toString(16)),
      questions,
    );
    assert.equal(unconfirmed.length, 10);
    assert.equal(bench.store.runs.find(runId)?.breaker, 'confirmed');
  });

  for (const [what, revoked, hidden, expected] of [
    ['a few tokens are not believed', [], [7], ['list', '7', 'list']],
    ['an unlikely number is not believed', [], range(1, 30), ['list', 'list']],
    ['a few of many are confirmed like any few', [5], range(6, 40), ['list', 'list', '5']],
  ] as const) {
    test(`${what} when the second listing has the others again`, async (context) => {
      await using bench = await startAudited(context, 90);
      revoke(bench, ...revoked);
      hide(bench, hidden, 1);
      const { runId, tokenCount } = await bench.completeAudit();
      assert.deepEqual(asked(bench), expected);
      assert.deepEqual(removals(bench, runId), { confirmed: [...revoked], unconfirmed: [] });
      assert.equal(tokenCount, 90 - revoked.length);
      assert.equal(bench.store.runs.find(runId)?.breaker, null);
    });
  }

  for (const [what, hidden, expected] of [
    ['a few', [7, 9], ['list', '7', 'list', '7']],
    ['an unlikely number', range(1, 30), ['list', 'list', '1', 'list', '1']],
  ] as const) {
    test(`that Omni contradicts twice, ${what}, fail the audit, and a mail at once says how to accept them`, async (context) => {
      await using bench = await startAudited(context, 90);
      const before = bench.dump(...runTables, ...mailTables);
      hide(bench, hidden, 9);
      const audit = await bench.audit();
      assert.ok(audit.status === 'failed' && audit.error instanceof RemovalsUnconfirmedError);
      assert.deepEqual(asked(bench), expected);
      assert.match(audit.error.message, new RegExp(`^${hidden.length} tokens are gone from the listing, but Omni`));
      assert.ok(audit.error.message.includes(uuid(hidden[0] ?? 0)), audit.error.message);
      assert.deepEqual(bench.dump(...runTables, ...mailTables), before);
      const mails = bench.rows("SELECT body_text AS text FROM messages WHERE kind = 'breaker'");
      assert.equal(mails.length, 1);
      assert.match(String(mails[0]?.text), /audit\s+--accept-removals/);
    });
  }

  test('that stay contradicted are mailed once a day, apart from other failures, and their end is mailed', async (context) => {
    await using bench = await startAudited(context, 50);
    hide(bench, [7], 99);
    const queued: number[] = [];
    for (let hour = 0; hour < 36; hour += 12) {
      queued.push((await bench.audit()).queued);
      bench.clock.advance(12 * msPerHour);
    }
    assert.deepEqual(queued, [1, 0, 1]);
    // A process dies during its audit.
    begin(bench.store, bench.clock.now());
    hide(bench, [], 0);
    await bench.completeAudit();
    assert.deepEqual(
      bench.store.outbox.list().map(({ kind }) => kind),
      ['recovered', 'failing', 'breaker', 'breaker', 'baseline'],
    );
  });

  test('that Omni cannot be asked about fail the audit until an operator accepts them', async (context) => {
    await using bench = await startAudited(context, 50);
    revoke(bench, 7);
    const before = bench.dump(...runTables, ...mailTables);
    for (const status of [400, 403, 500]) {
      inject(bench.omni, { at: oneTokenPath, status });
      const audit = await bench.audit();
      assert.ok(audit.status === 'failed' && audit.error instanceof OmniError);
      // So that the worker retries it soon.
      assert.ok(!(audit.error instanceof CredentialRefusedError));
      if (status !== 500) assert.match(audit.error.message, new RegExp(`Omni answered ${status} .*${uuid(7)}`));
      if (status !== 500) assert.match(audit.error.hint, /audit --accept-removals/);
      assert.equal(audit.queued, 0);
    }
    assert.deepEqual(bench.dump(...runTables, ...mailTables), before);
    const { runId } = await bench.completeAudit({ acceptRemovals: true });
    assert.deepEqual(removals(bench, runId), { confirmed: [], unconfirmed: [7] });
  });

  test('that an operator accepts are not asked about, however many they are', async (context) => {
    await using bench = await startAudited(context, 90);
    hide(bench, range(1, 30), 9);
    const { runId } = await bench.completeAudit({ acceptRemovals: true });
    assert.deepEqual(asked(bench), ['list']);
    assert.deepEqual(removals(bench, runId), { confirmed: [], unconfirmed: range(1, 30) });
    assert.equal(bench.store.runs.find(runId)?.breaker, 'accepted');
  });
});
