import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { OpenCondition } from '../../src/store/acknowledgements.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, daysAgo, revoke, unacknowledge } from '../support/audit-steps.ts';
import { execute } from '../support/database-rows.ts';
import { someToken, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);

/** Token 1 is stale and owned by Jane, whose account is deactivated. Tokens 2 and 3 are of unknown type. */
async function startBench(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, [
    someToken(1, { createdAt: daysAgo(200), membershipId: jane }),
    someToken(2, { type: 'service', membershipId: null }),
    someToken(3, { type: 'service', membershipId: null }),
  ]);
  bench.people.ownerOf({ ...someToken(1), membershipId: jane }).active = false;
  await bench.completeAudit();
  return bench;
}

function openConditions({ store, clock }: AuditBench, id: string, now = clock.now()): OpenCondition[] {
  return store.acknowledgements.openConditions(id, now);
}

function acknowledgedUntil(bench: AuditBench, id: string, now?: Date): string | null | undefined {
  return openConditions(bench, id, now)[0]?.acknowledgedUntil;
}

/** Returns how each acknowledgement ended, by whom and when. */
function endings({ rows }: AuditBench): unknown[] {
  return rows('SELECT ended_because, ended_by, ended_at FROM acknowledgements ORDER BY id').map(Object.values);
}

const active = [null, null, null];

function expire({ store }: AuditBench, now: Date): number[] {
  return store.transactions.run((tx) => store.acknowledgements.expire(tx, now));
}

describe('the open conditions of an id', () => {
  test('are those of a token, of an owner, or the one with that number', async (context) => {
    const bench = await startBench(context);
    const [stale, ...others] = openConditions(bench, uuid(1));
    assert.ok(stale);
    assert.deepEqual(others, [], 'the conditions of its owner are not included');
    const { id, ...content } = stale;
    assert.deepEqual(content, {
      kind: 'token-stale',
      level: 180,
      severity: 'low',
      subject: { type: 'token', id: uuid(1) },
      acknowledgedUntil: null,
    });
    assert.deepEqual(openConditions(bench, String(id)), [stale]);
    assert.deepEqual(
      openConditions(bench, jane).map(({ kind }) => kind),
      ['owner-deactivated'],
    );
    for (const unknown of ['', '0', '99', '1e0', '-1', ' 1', '9'.repeat(40), uuid(9), '%', "' OR 1=1"]) {
      assert.deepEqual(openConditions(bench, unknown), [], unknown);
    }
  });

  test('are those of a token with a numeric id, unless a condition with that number is open', async (context) => {
    const bench = await startAuditBench(context, [
      someToken(5, { type: 'service', createdAt: daysAgo(300) }),
      someToken(1, { id: '1', type: 'service' }),
      someToken(1, { id: '77', type: 'service' }),
    ]);
    await bench.completeAudit();
    const subjects = (id: string) => openConditions(bench, id).map(({ subject }) => subject.id);
    assert.deepEqual([subjects('77'), subjects('1')], [['77'], [uuid(5)]]);
    revoke(bench, 5);
    await bench.completeAudit();
    assert.deepEqual([subjects(uuid(5)), subjects('1')], [[], ['1']]);
  });

  test('are acknowledged until the last day is over, even before an audit expires the acknowledgement', async (context) => {
    const bench = await startBench(context);
    acknowledge(bench, uuid(1), 10);
    const end = bench.clock.now().getTime() + 10 * msPerDay;
    assert.equal(acknowledgedUntil(bench, uuid(1), new Date(end - 1)), '2026-03-11');
    assert.equal(acknowledgedUntil(bench, uuid(1), new Date(end)), null);
    assert.equal(acknowledgedUntil(bench, jane), null);
    assert.deepEqual(endings(bench), [active]);
  });
});

describe('an acknowledgement', () => {
  test('records who accepted which level, why and until when, once for each condition', async (context) => {
    const bench = await startBench(context);
    const [id] = acknowledge(bench, uuid(1), 10);
    const columns = 'condition_id, level, reason, by_whom, created_at, expires_on, expires_at';
    assert.deepEqual(Object.values(bench.rows(`SELECT ${columns} FROM acknowledgements`)[0] ?? {}), [
      ...[id, 180, 'it is known', 'Jane'],
      ...['2026-03-01T07:00:00.000Z', '2026-03-11', '2026-03-11T07:00:00.000Z'],
    ]);
    const again = `INSERT INTO acknowledgements (${columns}) SELECT ${columns} FROM acknowledgements`;
    assert.throws(() => execute(bench.path, again), /UNIQUE/);
  });

  test('expires once, at the instant at which its last day ends', async (context) => {
    const bench = await startBench(context);
    const [stale] = acknowledge(bench, uuid(1), 10);
    acknowledge(bench, jane, 11);
    const end = bench.clock.now().getTime() + 10 * msPerDay;
    assert.deepEqual(expire(bench, new Date(end - 1)), []);
    assert.deepEqual(expire(bench, new Date(end)), [stale]);
    assert.deepEqual(expire(bench, new Date(end)), []);
    assert.deepEqual(endings(bench), [['expired', null, new Date(end).toISOString()], active]);
  });

  test('replaces one whose last day is over, and the next digest reports both', async (context) => {
    const bench = await startBench(context);
    acknowledge(bench, uuid(1), 10);
    await bench.completeAudit();
    bench.clock.advance(10 * msPerDay);
    acknowledge(bench, uuid(1), 20);
    assert.deepEqual(endings(bench), [['expired', null, bench.clock.now().toISOString()], active]);
    assert.equal(acknowledgedUntil(bench, uuid(1)), '2026-03-31');

    const { runId } = await bench.completeAudit();
    assert.deepEqual([...bench.store.findings.reportedBy(runId)], []);
    const notices = bench.store.history.runFindings(runId)?.acknowledgements;
    assert.deepEqual(
      notices?.map(({ what, acknowledgement }) => `${what} ${acknowledgement.id}`),
      ['made 2', 'ended 1'],
    );
  });

  test('keeps its row when it is revoked, does not expire later, and makes room for another', async (context) => {
    const bench = await startBench(context);
    const [id = 0] = acknowledge(bench, uuid(1), 1);
    bench.clock.advance(1000);
    unacknowledge(bench, id);
    const revoked = ['revoked', 'Joe', bench.clock.now().toISOString()];
    bench.clock.advance(1000);
    unacknowledge(bench, id, 'Jim');
    assert.deepEqual(expire(bench, new Date('2030-01-01T00:00:00.000Z')), []);
    assert.deepEqual(endings(bench), [revoked]);
    acknowledge(bench, uuid(1));
    assert.deepEqual(endings(bench), [revoked, active]);
  });

  test('ends with its own subject or condition, not with others', async (context) => {
    const bench = await startBench(context);
    const [, , third = 0] = [uuid(1), jane, uuid(2), uuid(3)].map((id) => acknowledge(bench, id)[0]);
    const { acknowledgements, transactions } = bench.store;
    const now = bench.clock.now();
    transactions.run((tx) => {
      acknowledgements.voidOfSubject(tx, { type: 'token', id: uuid(1) }, 'another owner', now);
      acknowledgements.voidOfSubject(tx, { type: 'token', id: jane }, 'enabled', now);
      acknowledgements.end(tx, third, { because: 'resolved' }, now);
    });
    const at = now.toISOString();
    assert.deepEqual(endings(bench), [['void', null, at], active, ['resolved', null, at], active]);
  });
});
