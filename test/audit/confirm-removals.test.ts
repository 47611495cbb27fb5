import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CredentialRefusedError, OmniError, RemovalsUnconfirmedError } from '../../src/errors.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { dumpWithoutRuns, newsOf, revoke, short } from '../support/audit-looks.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { webPage } from '../support/omni-answers.ts';
import { inject, oneTokenPath } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { msPerHour } from '../support/spans.ts';
import { someTokens, uuid } from '../support/tokens.ts';

/** What was asked of the tokens since the last call: `list`, or the number of a token asked for by id. */
function asked({ omni }: AuditBench): string[] {
  const paths = omni.requests.map(({ path }) => path.split('?')[0] ?? '');
  omni.requests.length = 0;
  return paths
    .filter((path) => path.startsWith('/api/v1/api-keys'))
    .map((path) => short(path.replace('/api/v1/api-keys', '').replace('/', '')) || 'list');
}

/** The numbers of the tokens that a run told to be removed, by whether Omni confirmed it. */
function removals({ store }: AuditBench, runId: number): { confirmed: number[]; unconfirmed: number[] } {
  const removed = [...store.findings.reportedBy(runId)].filter(({ kind }) => kind === 'token-removed');
  const numbers = (confirmed: boolean): number[] =>
    removed
      .filter((finding) => factsOfKind(finding, 'token-removed').confirmed === confirmed)
      .map(({ subject }) => Number.parseInt(short(subject.id), 16));
  return { confirmed: numbers(true), unconfirmed: numbers(false) };
}

/** Tokens are gone from the next `listings` first pages of the list, though Omni still knows them by id. */
function hide(bench: AuditBench, numbers: number[], listings: number): void {
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

async function startAudited(context: Parameters<typeof startAuditBench>[0], count: number): Promise<AuditBench> {
  const bench = await startAuditBench(context, someTokens(count));
  await bench.completeAudit();
  bench.clock.advance(60_000);
  asked(bench);
  return bench;
}

describe('removals', () => {
  test('cost no question where there are none', async (context) => {
    await using bench = await startAudited(context, 50);
    const { runId } = await bench.completeAudit();
    assert.deepEqual(asked(bench), ['list']);
    assert.equal(bench.store.runs.find(runId)?.breaker, null);
  });

  test('are confirmed by id, each of a few', async (context) => {
    await using bench = await startAudited(context, 50);
    revoke(bench, 7, 9, 40);
    const audit = await bench.completeAudit();
    assert.deepEqual(asked(bench), ['list', '7', '9', '28']);
    assert.deepEqual(removals(bench, audit.runId), { confirmed: [7, 9, 40], unconfirmed: [] });
    assert.equal(audit.changes.removed, 3);
    assert.equal(bench.store.runs.find(audit.runId)?.breaker, null);
  });

  test('beyond twenty are confirmed by twenty that are spread over all of them', async (context) => {
    // Less than a quarter of those that were there, and more than a quarter of those that are left.
    await using bench = await startAudited(context, 130);
    revoke(bench, ...range(101, 130));
    const audit = await bench.completeAudit();
    const questions = asked(bench).filter((question) => question !== 'list');
    assert.equal(questions.length, 20);
    const { confirmed, unconfirmed } = removals(bench, audit.runId);
    assert.deepEqual(
      confirmed.map((number) => number.toString(16)),
      questions,
    );
    assert.equal(confirmed.length + unconfirmed.length, 30);
    assert.ok(confirmed.some((number) => number > 125) && confirmed.includes(101), confirmed.join());
    assert.equal(bench.store.runs.find(audit.runId)?.breaker, null);
  });

  test('in an unlikely number are believed after a second walk and a sample', async (context) => {
    await using bench = await startAudited(context, 90);
    revoke(bench, ...range(1, 30));
    const audit = await bench.completeAudit();
    const questions = asked(bench);
    assert.deepEqual(questions.slice(0, 2), ['list', 'list']);
    assert.equal(questions.length, 22);
    assert.equal(audit.changes.removed, 30);
    assert.equal(audit.pageCount, 2);
    assert.equal(removals(bench, audit.runId).confirmed.length, 20);
    assert.equal(bench.store.runs.find(audit.runId)?.breaker, 'confirmed');
    assert.equal(bench.store.history.runFindings(audit.runId)?.breaker, 'confirmed');
  });

  test('in an unlikely number are none when the second walk has the tokens again', async (context) => {
    await using bench = await startAudited(context, 90);
    hide(bench, range(1, 30), 1);
    const audit = await bench.completeAudit();
    assert.deepEqual(asked(bench), ['list', 'list']);
    assert.deepEqual(newsOf(bench, audit.runId), []);
    assert.equal(audit.tokenCount, 90);
    assert.equal(bench.store.runs.find(audit.runId)?.breaker, null);
  });

  test('of which the second walk leaves a few are confirmed like any few', async (context) => {
    await using bench = await startAudited(context, 90);
    revoke(bench, 5);
    hide(bench, range(6, 40), 1);
    const audit = await bench.completeAudit();
    assert.deepEqual(asked(bench), ['list', 'list', '5']);
    assert.deepEqual(removals(bench, audit.runId), { confirmed: [5], unconfirmed: [] });
    assert.equal(bench.store.runs.find(audit.runId)?.breaker, null);
  });

  test('are none when Omni still knows the token and its next listing has it', async (context) => {
    await using bench = await startAudited(context, 50);
    hide(bench, [7], 1);
    const audit = await bench.completeAudit();
    assert.deepEqual(asked(bench), ['list', '7', 'list']);
    assert.deepEqual(newsOf(bench, audit.runId), []);
    assert.equal(audit.tokenCount, 50);
  });

  for (const [what, hidden, expected] of [
    ['a few', [7, 9], ['list', '7', 'list', '7']],
    ['an unlikely number', range(1, 30), ['list', 'list', '1', 'list', '1']],
  ] as const) {
    test(`that Omni contradicts twice, ${what}, fail the audit with a mail at once and leave no trace`, async (context) => {
      await using bench = await startAudited(context, 90);
      const before = dumpWithoutRuns(bench);
      hide(bench, [...hidden], 9);
      const audit = await bench.audit();
      assert.ok(audit.status === 'failed' && audit.error instanceof RemovalsUnconfirmedError);
      assert.deepEqual(asked(bench), expected);
      assert.match(audit.error.message, new RegExp(`^${hidden.length} tokens are gone from the listing, but Omni`));
      assert.ok(audit.error.message.includes(uuid(hidden[0] ?? 0)), audit.error.message);
      assert.match(audit.error.hint, /audit --accept-removals/);

      assert.equal(audit.queued, 1);
      const { messages, deliveries, ...others } = dumpWithoutRuns(bench);
      assert.deepEqual({ ...others, messages: [], deliveries: [] }, { ...before, messages: [], deliveries: [] });
      assert.deepEqual([messages?.length, deliveries?.length], [2, 2]);
      const [newest] = bench.store.outbox.list();
      assert.equal(newest?.kind, 'breaker');
      const [mail] = bench.rows("SELECT body_text AS text FROM messages WHERE kind = 'breaker'");
      assert.match(String(mail?.text), /audit\s+--accept-removals/);
      assert.equal(bench.store.runs.find(audit.runId ?? 0)?.status, 'failed');
    });
  }

  test('that stay contradicted are mailed once a day, and their end is told', async (context) => {
    await using bench = await startAudited(context, 50);
    hide(bench, [7], 99);
    const queued: number[] = [];
    for (let hour = 0; hour < 48; hour += 12) {
      queued.push((await bench.audit()).queued);
      bench.clock.advance(12 * msPerHour);
    }
    const kinds = bench.store.outbox.list().map(({ kind }) => kind);
    assert.deepEqual(queued, [1, 0, 1, 0]);
    assert.equal(kinds.filter((kind) => kind === 'breaker').length, 2);
    hide(bench, [], 0);
    await bench.completeAudit();
    assert.equal(bench.store.outbox.list()[0]?.kind, 'recovered');
  });

  test('that stay contradicted send one mail within a day, however often the audit is tried', async (context) => {
    await using bench = await startAudited(context, 50);
    hide(bench, [7], 99);
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await bench.audit();
      bench.clock.advance(30 * msPerMinute);
    }
    assert.deepEqual(
      bench.store.outbox.list().map(({ kind }) => kind),
      ['breaker', 'baseline'],
    );
  });

  test('that were contradicted leave the mail about failing to what fails after them', async (context) => {
    await using bench = await startAudited(context, 50);
    hide(bench, [7], 99);
    await bench.audit();
    bench.clock.advance(msPerHour);
    bench.store.transactions.run((tx) =>
      bench.store.runs.begin(tx, 'schedule', 'a process that died', bench.clock.now()),
    );
    bench.clock.advance(60_000);
    await bench.audit();
    assert.deepEqual(
      bench.store.outbox.list().map(({ kind }) => kind),
      ['failing', 'breaker', 'baseline'],
    );
  });

  for (const [what, fault] of Object.entries({
    'a web page': { status: 404, ...webPage },
    'a refusal': { status: 403 },
    'a failure': { status: 500 },
    'a refusal of its id': { status: 400 },
  })) {
    test(`are not believed for ${what}: the audit fails and concludes nothing`, async (context) => {
      await using bench = await startAudited(context, 50);
      const before = bench.rows('SELECT * FROM token_versions');
      revoke(bench, 7);
      inject(bench.omni, { at: oneTokenPath, ...fault });
      const audit = await bench.audit();
      assert.equal(audit.status, 'failed');
      assert.deepEqual(bench.rows('SELECT * FROM token_versions'), before);
      assert.deepEqual(bench.rows('SELECT * FROM findings'), []);
    });
  }

  test('of which Omni refuses to speak (400) are told with the way out, which goes through', async (context) => {
    await using bench = await startAudited(context, 50);
    revoke(bench, 7);
    inject(bench.omni, { at: oneTokenPath, status: 400 });
    const audit = await bench.audit();
    assert.ok(audit.status === 'failed' && audit.error instanceof OmniError);
    assert.ok(!(audit.error instanceof CredentialRefusedError), 'it is tried again soon');
    assert.match(audit.error.message, new RegExp(`${uuid(7)}.* 400`));
    assert.match(audit.error.hint, /audit --accept-removals/);
    assert.equal(audit.queued, 0);

    const accepted = await bench.completeAudit({ acceptRemovals: true });
    assert.deepEqual(removals(bench, accepted.runId), { confirmed: [], unconfirmed: [7] });
  });

  test('that an operator accepts are asked about nowhere, however many they are', async (context) => {
    await using bench = await startAudited(context, 90);
    hide(bench, range(1, 30), 9);
    const audit = await bench.completeAudit({ acceptRemovals: true });
    assert.deepEqual(asked(bench), ['list']);
    assert.deepEqual(removals(bench, audit.runId), { confirmed: [], unconfirmed: range(1, 30) });
    assert.equal(bench.store.runs.find(audit.runId)?.breaker, 'accepted');
  });

  test('that an operator accepts are no matter for the breaker where they are few', async (context) => {
    await using bench = await startAudited(context, 50);
    revoke(bench, 7);
    const audit = await bench.completeAudit({ acceptRemovals: true });
    assert.deepEqual(asked(bench), ['list']);
    assert.deepEqual(removals(bench, audit.runId), { confirmed: [], unconfirmed: [7] });
    assert.equal(bench.store.runs.find(audit.runId)?.breaker, null);
  });
});
