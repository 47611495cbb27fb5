import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { CredentialReducedError, RemovalsUnconfirmedError } from '../../src/errors.ts';
import { type AuditBench, mailTables, runTables, startAuditBench } from '../support/audit-bench.ts';
import { revoke, short } from '../support/audit-steps.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { answerJson } from '../support/omni-answers.ts';
import { inject, oneTokenPath, whoamiPath } from '../support/omni-faults.ts';
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

/**
 * Returns the requests about tokens since the last call: `list`, the number of a vanished token that was looked up
 * by id, or `control` for any other token.
 */
function asked({ omni }: AuditBench, vanished: readonly number[] = []): string[] {
  const ids = new Set(vanished.map(uuid));
  return omni.requests.splice(0).flatMap(({ path }) => {
    const [, id] = /^\/api\/v1\/api-keys(?:\/([^?]+))?/.exec(path) ?? ['', null];
    if (id === null) return [];
    if (id === undefined) return ['list'];
    return ids.has(id) ? [short(id)] : ['control'];
  });
}

/** Returns the numbers of the tokens that a run reported as removed, by whether Omni confirmed it. */
function removals({ store }: AuditBench, runId: number): { confirmed: number[]; unconfirmed: number[] } {
  const removed = [...store.findings.reportedBy(runId)].filter(({ kind }) => kind === 'token-removed');
  const numbers = (confirmed: boolean): number[] =>
    removed
      .filter((finding) => factsOfKind(finding, 'token-removed').confirmed === confirmed)
      .map(({ subject }) => Number.parseInt(short(subject.id), 16));
  return { confirmed: numbers(true), unconfirmed: numbers(false) };
}

/** Leaves tokens out of the next listings, although Omni still knows them by id. */
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
  test('are each confirmed by id when they are few, with controls before and after', async (context) => {
    await using bench = await startAudited(context, 50);
    revoke(bench, 7, 9, 40);
    const { runId, changes } = await bench.completeAudit();
    assert.deepEqual(asked(bench, [7, 9, 40]), ['list', 'control', '7', '9', '28', 'control']);
    assert.deepEqual(removals(bench, runId), { confirmed: [7, 9, 40], unconfirmed: [] });
    assert.equal(changes.removed, 3);
    assert.equal(bench.store.runs.find(runId)?.breaker, null);
    await bench.completeAudit();
    assert.deepEqual(asked(bench), ['list']);
  });

  test('beyond three hundred are confirmed by a sample', async (context) => {
    await using bench = await startAudited(context, 1300);
    revoke(bench, ...range(1, 310));
    const { runId } = await bench.completeAudit();
    const { confirmed, unconfirmed } = removals(bench, runId);
    assert.deepEqual([confirmed.length, unconfirmed.length], [300, 10]);
  });

  test('in an implausibly large number are accepted after a second walk if Omni confirms them', async (context) => {
    await using bench = await startAudited(context, 90);
    revoke(bench, ...range(1, 30));
    const { runId, pageCount } = await bench.completeAudit();
    const [first, second, control, ...questions] = asked(bench, range(1, 30));
    assert.deepEqual([first, second, control, questions.length, pageCount], ['list', 'list', 'control', 31, 2]);
    assert.deepEqual(removals(bench, runId), { confirmed: range(1, 30), unconfirmed: [] });
    assert.equal(bench.store.runs.find(runId)?.breaker, 'confirmed');
  });

  for (const [what, revoked, hidden, expected] of [
    ['of a few tokens are dropped', [], [7], ['list', 'control', '7', 'list']],
    ['in an implausibly large number are dropped', [], range(1, 30), ['list', 'list']],
    ['that remain are confirmed like any few', [5], range(8, 42), ['list', 'list', 'control', '5', 'control']],
  ] as const) {
    test(`${what} when the second listing shows the other tokens again`, async (context) => {
      await using bench = await startAudited(context, 90);
      revoke(bench, ...revoked);
      hide(bench, hidden, 1);
      const { runId, tokenCount } = await bench.completeAudit();
      assert.deepEqual(asked(bench, hidden.length === 1 ? hidden : revoked), expected);
      assert.deepEqual(removals(bench, runId), { confirmed: [...revoked], unconfirmed: [] });
      assert.equal(tokenCount, 90 - revoked.length);
      assert.equal(bench.store.runs.find(runId)?.breaker, null);
    });
  }

  test('of tokens that Omni still knows by id are not reported, and the digest names these tokens once', async (context) => {
    await using bench = await startAudited(context, 130);
    revoke(bench, ...range(60, 79));
    hide(bench, range(80, 84), 99);
    const { runId, tokenCount, queued } = await bench.completeAudit();
    assert.deepEqual(removals(bench, runId).confirmed, range(60, 79));
    assert.equal(tokenCount, 110);
    assert.equal(queued, 1);
    const [mail] = bench.rows("SELECT subject, body_text AS text FROM messages WHERE kind = 'digest'");
    assert.match(String(mail?.subject), /20 removed, 5 hidden from the list$/);
    assert.ok(range(80, 84).every((number) => String(mail?.text).includes(uuid(number))));
    const next = await bench.completeAudit();
    assert.deepEqual([next.changes.removed, next.tokenCount, next.queued], [0, 110, 0]);
    hide(bench, [], 0);
    assert.deepEqual((await bench.completeAudit()).changes.other, 0);
  });

  test('in an implausibly large number that Omni contradicts fail the audit, and a mail says at once how to accept them', async (context) => {
    await using bench = await startAudited(context, 90);
    const before = bench.dump(...runTables, ...mailTables);
    hide(bench, range(1, 30), 9);
    const audit = await bench.audit();
    assert.ok(audit.status === 'failed' && audit.error instanceof RemovalsUnconfirmedError);
    assert.match(audit.error.message, /^30 tokens are missing from the listing, .* but Omni still returns 30 of them/);
    assert.ok(audit.error.message.includes(uuid(1)), audit.error.message);
    assert.deepEqual(bench.dump(...runTables, ...mailTables), before);
    const mails = bench.rows("SELECT body_text AS text FROM messages WHERE kind = 'breaker'");
    assert.equal(mails.length, 1);
    assert.match(String(mails[0]?.text), /audit\s+--accept-removals/);
  });

  test('that stay contradicted are mailed once a day, separately from other failures, and so is the recovery', async (context) => {
    await using bench = await startAudited(context, 50);
    hide(bench, range(1, 20), 99);
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

  for (const [what, fault] of [
    ['whose lookup Omni refuses (400)', { status: 400 }],
    ['whose lookup Omni refuses (403)', { status: 403 }],
    ['whose lookup fails (500)', { status: 500 }],
    ['that get a 404 like every other id', { status: 404, body: {} }],
    ['that get a 404 from a proxy', { status: 404, contentType: 'text/html', body: '<h1>Not found</h1>' }],
  ] as const) {
    test(`${what} are reported as unconfirmed, and an implausibly large number fails the audit`, async (context) => {
      await using bench = await startAudited(context, 50);
      revoke(bench, 7);
      inject(bench.omni, { at: oneTokenPath, ...fault });
      const { runId } = await bench.completeAudit();
      assert.deepEqual(removals(bench, runId), { confirmed: [], unconfirmed: [7] });
      revoke(bench, ...range(10, 29));
      const audit = await bench.audit();
      assert.ok(audit.status === 'failed' && audit.error instanceof RemovalsUnconfirmedError);
      assert.match(audit.error.hint, /audit --accept-removals/);
      const accepted = await bench.completeAudit({ acceptRemovals: true });
      assert.equal(removals(bench, accepted.runId).unconfirmed.length, 20);
      assert.equal(bench.store.runs.find(accepted.runId)?.breaker, 'accepted');
    });
  }

  test('of tokens that were hidden before neither trip the breaker nor need the credential, until they are gone', async (context) => {
    await using bench = await startAudited(context, 30);
    hide(bench, range(1, 9), 999);
    assert.equal((await bench.completeAudit()).tokenCount, 30);
    revoke(bench, 20, 21);
    hide(bench, range(1, 9), 999);
    const { runId, tokenCount } = await bench.completeAudit();
    assert.deepEqual(removals(bench, runId), { confirmed: [20, 21], unconfirmed: [] });
    assert.equal(tokenCount, 28);
    asked(bench);
    await bench.completeAudit();
    assert.equal(asked(bench).filter((request) => request === 'list').length, 1);
    bench.omni.intercept = undefined;
    revoke(bench, ...range(1, 9));
    assert.equal((await bench.completeAudit()).changes.removed, 9);
  });

  test('of tokens that only one listing lacked are not called hidden', async (context) => {
    await using bench = await startAudited(context, 50);
    const all = [...bench.omni.organisation.tokens];
    let listings = 0;
    bench.omni.intercept = (request) => {
      const isList = /^\/api\/v1\/api-keys\?/.test(request.url ?? '');
      if (isList) listings += 1;
      const missing = isList && listings <= 2 ? uuid(listings) : '';
      const { tokens } = bench.omni.organisation;
      tokens.splice(0, tokens.length, ...all.filter(({ id }) => id !== missing));
      return false;
    };
    const { runId, changes } = await bench.completeAudit();
    assert.deepEqual([listings, changes.removed], [3, 0]);
    assert.deepEqual(bench.store.history.runFindings(runId)?.hiddenTokens, []);
  });

  test('that an operator accepts do not include tokens that Omni still knows by id', async (context) => {
    await using bench = await startAudited(context, 90);
    revoke(bench, ...range(1, 30));
    hide(bench, [40], 99);
    const { runId, tokenCount } = await bench.completeAudit({ acceptRemovals: true });
    assert.deepEqual(removals(bench, runId), { confirmed: range(1, 30), unconfirmed: [] });
    assert.equal(tokenCount, 60);
  });
});

describe('removals while our own credential has fewer rights', () => {
  const member = { keyScope: 'organization', orgRole: 'MEMBER', user: {} };

  test('fail the audit with a mail at once, until the rights are back or an operator accepts them', async (context) => {
    await using bench = await startAudited(context, 30);
    revoke(bench, 7);
    inject(bench.omni, { at: whoamiPath, body: member });
    const audit = await bench.audit();
    assert.ok(audit.status === 'failed' && audit.error instanceof CredentialReducedError);
    assert.match(audit.error.message, /it was organization-scoped, ORG_ADMIN and is now organization-scoped, MEMBER$/);
    assert.equal(audit.queued, 1);
    const { runId, findings } = await bench.completeAudit({ acceptRemovals: true });
    assert.deepEqual(removals(bench, runId).confirmed, [7]);
    assert.equal(findings.critical, 1);
  });

  test('are not reported when an unlikely number vanished and whoami is silent', async (context) => {
    await using bench = await startAudited(context, 30);
    revoke(bench, ...range(1, 20));
    let asked = 0;
    bench.omni.intercept = (request, response) => {
      if (!whoamiPath.test(request.url ?? '')) return false;
      asked += 1;
      return asked > 1 && answerJson(response, { error: 'no' }, 403);
    };
    const audit = await bench.audit();
    assert.ok(audit.status === 'failed' && audit.error instanceof RemovalsUnconfirmedError);
    assert.match(audit.error.message, /own credential has lost rights$/);
  });

  test('are reported when whoami gives no answer, and the digest says so', async (context) => {
    await using bench = await startAudited(context, 30);
    revoke(bench, 7);
    inject(bench.omni, { at: whoamiPath, status: 404 });
    await bench.completeAudit();
    const [mail] = bench.rows("SELECT body_text AS text FROM messages WHERE kind = 'digest'");
    assert.match(String(mail?.text), /did not say what rights our own\s+credential\s+has/);
  });

  test('when there are none: the audit completes and reports the credential', async (context) => {
    await using bench = await startAudited(context, 30);
    inject(bench.omni, { at: whoamiPath, body: member });
    assert.equal((await bench.completeAudit()).findings.critical, 1);
    bench.omni.intercept = undefined;
    assert.equal((await bench.completeAudit()).findings.medium, 1);
  });
});
