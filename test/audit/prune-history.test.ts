import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { pruneHistory } from '../../src/audit/prune-history.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { recordLog } from '../support/log-lines.ts';
import { someMessage } from '../support/messages.ts';
import { someTokens, uuid } from '../support/tokens.ts';

const renamed = uuid(1);
const removed = uuid(2);

/** An audit a month, nine of them; before each a token gets another name, and in the third month another is gone. */
async function auditMonthly(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, someTokens(6));
  for (let month = 1; month <= 9; month += 1) {
    const { tokens } = bench.omni.organisation;
    const token = tokens.find(({ id }) => id === renamed);
    assert.ok(token);
    token.name = `name of month ${month}`;
    if (month === 3)
      tokens.splice(
        tokens.findIndex(({ id }) => id === removed),
        1,
      );
    const owner = bench.people.ownerOf(token);
    owner.active = month % 3 !== 0;
    await bench.completeAudit();
    bench.clock.advance(30 * msPerDay);
  }
  return bench;
}

/** What a command can ask of the runs whose snapshots are to stay, and of what stands. */
function kept({ rows }: AuditBench, fromRunId: number) {
  return {
    snapshots: rows(`SELECT * FROM snapshots WHERE run_id >= ${fromRunId} ORDER BY run_id, token_id`),
    runs: rows('SELECT * FROM runs'),
    firstSeen: rows('SELECT token_id, min(first_run_id) AS run FROM token_versions GROUP BY token_id'),
    types: rows('SELECT DISTINCT type FROM token_versions ORDER BY type'),
    open: rows('SELECT * FROM conditions WHERE resolved_run_id IS NULL ORDER BY id'),
    told: rows(`SELECT * FROM findings WHERE run_id >= ${fromRunId} AND condition_id IS NULL ORDER BY id`),
    openings: rows(
      'SELECT f.* FROM findings AS f JOIN conditions AS c ON c.id = f.condition_id WHERE c.resolved_run_id IS NULL',
    ),
    acknowledgements: rows('SELECT * FROM acknowledgements'),
    owners: rows('SELECT * FROM owner_versions WHERE last_run_id IS NULL ORDER BY membership_id'),
    mails: rows('SELECT id, run_id, message_id, subject FROM messages ORDER BY id'),
    deliveries: rows('SELECT * FROM deliveries'),
  };
}

/** Returns whether nothing is left to prune. */
function prune({ store, clock }: AuditBench, days: number, maxSteps = 1000): boolean {
  const oldest = store.retention.oldestToKeep(new Date(clock.now().getTime() - days * msPerDay)) ?? 0;
  for (let step = 0; step < maxSteps; step += 1) {
    if (!store.transactions.run((tx) => store.retention.pruneStep(tx, oldest))) return true;
  }
  return false;
}

function dropDelivered({ store }: AuditBench): void {
  store.transactions.run((tx) => store.retention.dropDelivered(tx));
}

describe('old history', () => {
  test('is pruned, and what is younger, stands or is needed stays exactly as it was', async (context) => {
    const bench = await auditMonthly(context);
    const before = kept(bench, 6);
    const versionsBefore = bench.rows('SELECT * FROM token_versions').length;

    assert.equal(prune(bench, 125), true);

    assert.deepEqual(bench.store.history.oldestSnapshot()?.id, 6);
    assert.deepEqual(kept(bench, 6), before);
    // The first name stays, for the day on which the token was first seen; those of months 2 to 4 go.
    const runs = bench.rows(`SELECT first_run_id AS run FROM token_versions WHERE token_id = '${renamed}' ORDER BY 1`);
    assert.deepEqual(
      runs.map(({ run }) => run),
      [1, 6, 7, 8, 9],
    );
    assert.equal(bench.rows('SELECT * FROM token_versions').length, versionsBefore - 4);
    assert.deepEqual(bench.rows('SELECT * FROM findings WHERE run_id < 6 AND condition_id IS NULL'), []);
    assert.deepEqual(bench.rows('PRAGMA foreign_key_check'), []);
  });

  test('goes on being found by the audits that follow: a token that was removed long ago has reappeared', async (context) => {
    const bench = await auditMonthly(context);
    prune(bench, 90);
    const back = someTokens(2)[1];
    assert.ok(back);
    bench.omni.organisation.tokens.push({ ...back });
    const { runId } = await bench.completeAudit();
    const told = bench.rows(`SELECT kind, subject FROM findings WHERE run_id = ${runId}`);
    assert.deepEqual(
      told.filter(({ subject, kind }) => subject === removed && kind !== 'token-stale'),
      [{ kind: 'token-reappeared', subject: removed }],
    );
  });

  test('keeps what was acknowledged, with its condition', async (context) => {
    const bench = await startAuditBench(context, someTokens(2));
    const [token] = bench.omni.organisation.tokens;
    assert.ok(token);
    const owner = bench.people.ownerOf(token);
    owner.active = false;
    await bench.completeAudit();
    const [condition] = bench.rows('SELECT id FROM conditions');
    const { store, clock } = bench;
    const [open] = store.acknowledgements.openConditions(owner.id, clock.now());
    assert.ok(open);
    const expiresAt = new Date(clock.now().getTime() + msPerDay);
    const accepted = { reason: 'known', by: 'Ann', expiresOn: '2026-03-02', expiresAt, createdAt: clock.now() };
    store.transactions.run((tx) => store.acknowledgements.add(tx, open, accepted));
    owner.active = true;
    for (let month = 0; month < 6; month += 1) {
      clock.advance(30 * msPerDay);
      await bench.completeAudit();
    }
    const before = bench.rows('SELECT * FROM acknowledgements');
    assert.equal(prune(bench, 90), true);
    assert.deepEqual(bench.rows('SELECT * FROM acknowledgements'), before);
    assert.deepEqual(bench.rows('SELECT id FROM conditions WHERE resolved_run_id IS NOT NULL'), [condition]);
  });

  test('loses the files and the HTML of a mail when every reader has it, its text with its time, and nothing of one that waits', async (context) => {
    const bench = await startAuditBench(context, someTokens(2));
    bench.deps = { context: { organizationName: 'Acme', baseUrl: 'https://acme.omniapp.co', hasAttachments: true } };
    await bench.completeAudit();
    for (let month = 0; month < 5; month += 1) {
      const [token] = bench.omni.organisation.tokens;
      assert.ok(token);
      token.enabled = !token.enabled;
      bench.clock.advance(30 * msPerDay);
      await bench.completeAudit();
    }
    const left = () =>
      bench.rows(`SELECT body_text <> '' AS text, body_html <> '' AS html,
                         EXISTS (SELECT 1 FROM attachments AS a WHERE a.message_id = m.id) AS files
                    FROM messages AS m ORDER BY id`);
    const all = { text: 1, html: 1, files: 1 };
    dropDelivered(bench);
    // A baseline with nothing to tell has no files.
    assert.deepEqual(left(), [{ ...all, files: 0 }, all, all, all, all, all]);

    // Two mails arrive, the others wait still.
    for (let count = 0; count < 2; count += 1) {
      const mail = bench.store.outbox.claim(bench.clock.now());
      assert.ok(mail);
      bench.store.outbox.settle(mail, { status: 'sent' }, bench.clock.now());
    }
    dropDelivered(bench);
    const sent = { text: 1, html: 0, files: 0 };
    assert.deepEqual(left(), [sent, sent, all, all, all, all]);
    assert.equal(prune(bench, 90), true);
    const pruned = { ...sent, text: 0 };
    assert.deepEqual(left(), [pruned, pruned, all, all, all, all]);
  });

  test('keeps files and HTML while one of several readers waits, or is parked', async (context) => {
    const bench = await startAuditBench(context, someTokens(2));
    const { outbox, transactions } = bench.store;
    const files = [{ fileName: 'a.csv', content: 'a' }];
    const message = someMessage(1, { attachments: files });
    transactions.run((tx) => outbox.enqueue(tx, message, ['a@acme.example', 'b@acme.example'], null));
    const [first, second] = [outbox.claim(bench.clock.now()), outbox.claim(bench.clock.now())];
    assert.ok(first && second);
    outbox.settle(first, { status: 'sent' }, bench.clock.now());
    outbox.settle(second, { status: 'parked', error: 'no' }, bench.clock.now());
    dropDelivered(bench);
    assert.equal(bench.rows('SELECT * FROM attachments').length, 1);
    outbox.discard(1, 'gone', bench.clock.now());
    dropDelivered(bench);
    assert.equal(bench.rows('SELECT * FROM attachments').length, 0);
  });

  test('is pruned in steps, and what one audit leaves the next one does', async (context) => {
    const bench = await auditMonthly(context);
    assert.equal(prune(bench, 90, 2), false);
    const left = bench.rows('SELECT pruned_through_id AS id FROM retention');
    assert.deepEqual(left, [{ id: 2 }]);
    assert.equal(prune(bench, 90, 2), false);
    assert.equal(prune(bench, 90, 1000), true);
    assert.equal(prune(bench, 90, 0), false);
  });

  test('never leaves the newest snapshot without its tokens, however old it is', async (context) => {
    const bench = await auditMonthly(context);
    const before = bench.rows('SELECT * FROM snapshots WHERE run_id = 9 ORDER BY token_id');
    bench.clock.advance(5000 * msPerDay);
    assert.equal(prune(bench, 90), true);
    assert.equal(bench.store.history.oldestSnapshot()?.id, 9);
    assert.deepEqual(bench.rows('SELECT * FROM snapshots WHERE run_id = 9 ORDER BY token_id'), before);
  });

  test('does not come back when it is to be kept longer, or the clock is set back', async (context) => {
    const bench = await auditMonthly(context);
    prune(bench, 90);
    const oldest = bench.store.history.oldestSnapshot();
    prune(bench, 5000);
    assert.deepEqual(bench.store.history.oldestSnapshot(), oldest);
  });

  test('is pruned after each audit', async (context) => {
    const bench = await auditMonthly(context);
    bench.deps = { retentionDays: 90 };
    await bench.completeAudit();
    assert.equal(bench.store.history.oldestSnapshot()?.id, 7);
  });
});

describe('the pruning after an audit', () => {
  test('logs a fault and fails no audit', async (context) => {
    const { store } = await startAuditBench(context, someTokens(2));
    const { log, lines } = recordLog();
    const retention = {
      ...store.retention,
      oldestToKeep(): number {
        throw new Error('no');
      },
    };
    pruneHistory({ store: { ...store, retention }, clock: createFakeClock(), log, retentionDays: 90 });
    assert.match(lines[0]?.msg ?? '', /old history could not be pruned/);
  });

  test('keeps history for ever where the setting is 0', async (context) => {
    const { store } = await startAuditBench(context, someTokens(2));
    const retention = { ...store.retention, oldestToKeep: (): number => assert.fail('it was pruned') };
    const { log, lines } = recordLog();
    pruneHistory({ store: { ...store, retention }, clock: createFakeClock(), log, retentionDays: 0 });
    assert.deepEqual(lines, []);
  });
});
