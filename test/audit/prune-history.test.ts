import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, poisoned, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, reportedBy, revoke } from '../support/audit-steps.ts';
import { someMessage } from '../support/messages.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

const renamed = uuid(1);

/** Runs nine audits, one a month. Before each, a token gets another name; in the third month another token is removed. */
async function auditMonthly(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, someTokens(6));
  for (let month = 1; month <= 9; month += 1) {
    change(bench, renamed, { name: `name of month ${month}` });
    if (month === 3) revoke(bench, 2);
    bench.people.ownerOf(someToken(1)).active = month % 3 !== 0;
    await bench.completeAudit();
    bench.clock.advance(30 * msPerDay);
  }
  return bench;
}

/** What pruning must not touch: everything from a run on, and what is open, accepted, sent or last known. */
function kept({ rows }: AuditBench, fromRunId: number): Record<string, unknown> {
  return {
    snapshots: rows(`SELECT * FROM snapshots WHERE run_id >= ${fromRunId} ORDER BY run_id, token_id`),
    runs: rows('SELECT * FROM runs'),
    firstSeen: rows('SELECT token_id, min(first_run_id) AS run FROM token_versions GROUP BY token_id'),
    types: rows('SELECT DISTINCT type FROM token_versions ORDER BY type'),
    open: rows('SELECT * FROM conditions WHERE resolved_run_id IS NULL ORDER BY id'),
    events: rows(`SELECT * FROM findings WHERE run_id >= ${fromRunId} AND condition_id IS NULL ORDER BY id`),
    openings: rows(
      'SELECT f.* FROM findings AS f JOIN conditions AS c ON c.id = f.condition_id WHERE c.resolved_run_id IS NULL',
    ),
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

describe('old history', () => {
  test('is pruned, and what is younger, open or still needed stays exactly as it was', async (context) => {
    const bench = await auditMonthly(context);
    const before = kept(bench, 6);
    const versions = () => bench.rows('SELECT token_id FROM token_versions').length;
    const versionsBefore = versions();
    assert.equal(prune(bench, 125), true);
    assert.equal(bench.store.history.oldestSnapshot()?.id, 6);
    assert.deepEqual(kept(bench, 6), before);
    // The first name stays, since it shows when the token was first seen; those of months 2 to 5 go.
    const runs = bench.rows(`SELECT first_run_id AS run FROM token_versions WHERE token_id = '${renamed}' ORDER BY 1`);
    assert.deepEqual(
      runs.map(({ run }) => run),
      [1, 6, 7, 8, 9],
    );
    assert.equal(versions(), versionsBefore - 4);
    assert.deepEqual(bench.rows('SELECT * FROM findings WHERE run_id < 6 AND condition_id IS NULL'), []);
    assert.deepEqual(bench.rows('PRAGMA foreign_key_check'), []);

    // A longer retention does not bring pruned history back.
    prune(bench, 5000);
    assert.equal(bench.store.history.oldestSnapshot()?.id, 6);
    // The newest snapshot stays, however old it is.
    const newest = kept(bench, 9);
    bench.clock.advance(5000 * msPerDay);
    assert.equal(prune(bench, 90), true);
    assert.equal(bench.store.history.oldestSnapshot()?.id, 9);
    assert.deepEqual(kept(bench, 9), newest);
    // A token that was removed long ago is still recognised.
    bench.omni.organisation.tokens.push({ ...someToken(2) });
    const { runId } = await bench.completeAudit();
    assert.ok(reportedBy(bench, runId).includes('token-reappeared event high 2'));
  });

  test('is pruned after each audit, a number of runs at a time', async (context) => {
    const bench = await auditMonthly(context);
    assert.equal(prune(bench, 90, 2), false);
    assert.deepEqual(bench.rows('SELECT pruned_through_id AS id FROM retention'), [{ id: 2 }]);
    bench.deps = { retentionDays: 90 };
    await bench.completeAudit();
    assert.deepEqual(bench.rows('SELECT oldest_run_id, pruned_through_id AS id FROM retention'), [
      { oldest_run_id: 7, id: 6 },
    ]);
  });

  test('keeps an acknowledgement with its condition', async (context) => {
    const bench = await startAuditBench(context, someTokens(2));
    const owner = bench.people.ownerOf(someToken(1));
    owner.active = false;
    await bench.completeAudit();
    const [condition] = acknowledge(bench, owner.id, 1);
    owner.active = true;
    for (let month = 0; month < 6; month += 1) {
      bench.clock.advance(30 * msPerDay);
      await bench.completeAudit();
    }
    const before = bench.rows('SELECT * FROM acknowledgements');
    assert.equal(prune(bench, 90), true);
    assert.deepEqual(bench.rows('SELECT * FROM acknowledgements'), before);
    assert.deepEqual(bench.rows('SELECT id FROM conditions WHERE resolved_run_id < 3'), [{ id: condition }]);
  });

  test('loses the files and HTML of mail that nobody waits for, and its text with its run', async (context) => {
    const bench = await startAuditBench(context, someTokens(2));
    const { outbox, transactions, retention } = bench.store;
    for (let month = 1; month <= 5; month += 1) {
      await bench.completeAudit();
      bench.clock.advance(30 * msPerDay);
    }
    const attachments = [{ fileName: 'a.csv', content: 'a' }];
    transactions.run((tx) =>
      outbox.enqueue(tx, someMessage(1000, { attachments }), ['a@acme.example', 'b@acme.example'], 1),
    );
    const left = () => {
      transactions.run((tx) => retention.dropDelivered(tx));
      return bench.rows(`SELECT body_text <> '' AS text, body_html <> '' AS html,
                                EXISTS (SELECT 1 FROM attachments AS a WHERE a.message_id = m.id) AS files
                           FROM messages AS m WHERE message_id LIKE '%1000%'`);
    };
    const claims = [1, 2, 3].map(() => outbox.claim(bench.clock.now())).filter((claim) => claim !== null);
    const [baseline, first, second] = claims;
    assert.ok(baseline && first && second);
    transactions.run((tx) => outbox.settle(tx, first, { status: 'sent' }, bench.clock.now()));
    assert.deepEqual(left(), [{ text: 1, html: 1, files: 1 }]);
    const parked = { status: 'parked', error: 'no', stage: 'recipient', replyCodes: '550' } as const;
    transactions.run((tx) => outbox.settle(tx, second, parked, bench.clock.now()));
    assert.deepEqual(left(), [{ text: 1, html: 1, files: 1 }]);
    outbox.discard(2, 'no longer needed', bench.clock.now());
    assert.deepEqual(left(), [{ text: 1, html: 0, files: 0 }]);
    assert.equal(prune(bench, 90), true);
    assert.deepEqual(left(), [{ text: 0, html: 0, files: 0 }]);
    assert.deepEqual(bench.rows("SELECT id FROM messages WHERE kind = 'baseline' AND body_text = ''"), []);
  });

  test('that cannot be pruned is logged without failing the audit; 0 days prune nothing', async (context) => {
    const bench = await startAuditBench(context, someTokens(2));
    const { store } = bench;
    const errors = () => bench.log.filter(({ level }) => level === 'error').map(({ msg }) => msg);
    bench.deps.store = { ...store, retention: { ...store.retention, oldestToKeep: poisoned } };
    await bench.completeAudit();
    assert.deepEqual(errors(), []);
    bench.deps.retentionDays = 90;
    await bench.completeAudit();
    assert.deepEqual(errors(), ['old history could not be pruned']);
  });
});
