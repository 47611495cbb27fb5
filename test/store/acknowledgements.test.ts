import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import type { OpenCondition } from '../../src/store/acknowledgements.ts';
import { openSharedStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, daysAgo, newsOf, revoke, unacknowledge } from '../support/audit-looks.ts';
import { someToken, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);

/** Token 1: stale and of Jane, whose account is deactivated. Token 2: of unknown type, like token "3". */
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

/** What is open for an id, by the clock of the bench unless told. */
function openConditions({ store, clock }: AuditBench, id: string, now = clock.now()): OpenCondition[] {
  return store.acknowledgements.openConditions(id, now);
}

/** The kinds of what is open, with their levels. */
function open(bench: AuditBench, id: string): string[] {
  return openConditions(bench, id).map(({ kind, level }) => `${kind} ${level}`);
}

function endings({ rows }: AuditBench): unknown[] {
  return rows('SELECT ended_because, ended_by, ended_at FROM acknowledgements ORDER BY id').map(Object.values);
}

function expire({ store }: AuditBench, now: Date): number[] {
  return store.transactions.run((tx) => store.acknowledgements.expire(tx, now));
}

describe('the open conditions of an id', () => {
  test('are those of a token', async (context) => {
    await using bench = await startBench(context);
    assert.deepEqual(open(bench, uuid(1)), ['token-stale 180']);
    const [condition] = openConditions(bench, uuid(1));
    assert.deepEqual(
      [condition?.subject, condition?.severity, condition?.acknowledgedUntil],
      [{ type: 'token', id: uuid(1) }, 'low', null],
    );
  });

  test('are those of an owner, and not of the owner’s tokens', async (context) => {
    await using bench = await startBench(context);
    assert.deepEqual(open(bench, jane), ['owner-deactivated 1']);
  });

  test('are the one whose number it is', async (context) => {
    await using bench = await startBench(context);
    const [condition] = openConditions(bench, uuid(2));
    assert.ok(condition);
    assert.deepEqual(openConditions(bench, String(condition.id)), [condition]);
  });

  test('are none for what nobody knows', async (context) => {
    await using bench = await startBench(context);
    for (const id of ['', '0', '99', '1e0', '-1', ' 1', '9'.repeat(40), uuid(9), '%', "' OR 1=1"]) {
      assert.deepEqual(open(bench, id), [], id);
    }
  });

  test('are not what was resolved, neither by its subject nor by its number', async (context) => {
    await using bench = await startBench(context);
    const [condition] = openConditions(bench, uuid(2));
    revoke(bench, 2);
    await bench.completeAudit();
    assert.deepEqual(open(bench, uuid(2)), []);
    assert.deepEqual(open(bench, String(condition?.id)), []);
  });

  test('of a token whose id is a number are its own, unless a condition has that number', async (context) => {
    const tokens = ['1', '77'].map((id) => someToken(1, { id, type: 'service', membershipId: null }));
    await using bench = await startAuditBench(context, [
      someToken(5, { type: 'service', createdAt: daysAgo(300) }),
      ...tokens,
    ]);
    await bench.completeAudit();
    const subjects = (id: string) => openConditions(bench, id).map(({ subject }) => subject.id);
    assert.deepEqual(bench.rows('SELECT subject FROM conditions WHERE id = 1'), [{ subject: uuid(5) }]);
    assert.deepEqual([subjects('77'), subjects('1')], [['77'], [uuid(5)]]);
  });

  test('of a token whose id is the number of what was resolved are its own', async (context) => {
    const tokens = [
      someToken(5, { type: 'service', createdAt: daysAgo(300) }),
      someToken(1, { id: '1', type: 'service' }),
    ];
    await using bench = await startAuditBench(context, tokens);
    await bench.completeAudit();
    revoke(bench, 5);
    await bench.completeAudit();
    const [condition] = openConditions(bench, '1');
    assert.deepEqual([condition?.id, condition?.subject.id], [2, '1']);
  });

  test('know until which day they are accepted', async (context) => {
    await using bench = await startBench(context);
    acknowledge(bench, uuid(1), 10);
    assert.equal(openConditions(bench, uuid(1))[0]?.acknowledgedUntil, '2026-03-11');
    assert.equal(openConditions(bench, jane)[0]?.acknowledgedUntil, null);
  });

  test('are accepted until the instant at which that day is over, also before any audit lapses it', async (context) => {
    await using bench = await startBench(context);
    acknowledge(bench, uuid(1), 10);
    const end = bench.clock.now().getTime() + 10 * msPerDay;
    const until = (now: number) => openConditions(bench, uuid(1), new Date(now)).map((each) => each.acknowledgedUntil);
    assert.deepEqual([until(end - 1), until(end)], [['2026-03-11'], [null]]);
    assert.deepEqual(endings(bench), [[null, null, null]]);
  });
});

describe('an acknowledgement', () => {
  test('holds who accepted which level, why and until when', async (context) => {
    await using bench = await startBench(context);
    const [id] = acknowledge(bench, uuid(1), 10);
    assert.deepEqual(bench.rows('SELECT * FROM acknowledgements'), [
      {
        id: 1,
        condition_id: id,
        level: 180,
        reason: 'it is known',
        by_whom: 'Jane',
        created_at: '2026-03-01T07:00:00.000Z',
        expires_on: '2026-03-11',
        expires_at: '2026-03-11T07:00:00.000Z',
        ended_at: null,
        ended_by: null,
        ended_because: null,
        void_because: null,
        reported_run_id: null,
        end_reported_run_id: null,
      },
    ]);
  });

  test('is the only one of its condition that has not ended', async (context) => {
    await using bench = await startBench(context);
    acknowledge(bench, uuid(1));
    const other = new BetterSqlite3(bench.path);
    context.after(() => other.close());
    const twice = other.prepare(
      `INSERT INTO acknowledgements (condition_id, level, reason, by_whom, created_at, expires_on, expires_at)
       SELECT condition_id, level, reason, by_whom, created_at, expires_on, expires_at FROM acknowledgements`,
    );
    assert.throws(() => twice.run(), /UNIQUE/);
    assert.equal(bench.rows('SELECT id FROM acknowledgements').length, 1);
  });

  test('takes the place of one whose last day is over, which ends as lapsed and is told so once', async (context) => {
    await using bench = await startBench(context);
    const [id] = acknowledge(bench, uuid(1), 10);
    await bench.completeAudit();
    bench.clock.advance(10 * msPerDay);
    assert.deepEqual(acknowledge(bench, uuid(1), 20), [id]);
    const end = bench.clock.now();
    assert.deepEqual(endings(bench), [
      ['expired', null, end.toISOString()],
      [null, null, null],
    ]);
    assert.equal(openConditions(bench, uuid(1))[0]?.acknowledgedUntil, '2026-03-31');
    assert.deepEqual(expire(bench, end), []);

    const { runId } = await bench.completeAudit();
    assert.deepEqual(newsOf(bench, runId), []);
    const notices = bench.store.history.runFindings(runId)?.acknowledgements;
    assert.deepEqual(
      notices?.map(({ what, acknowledgement }) => `${what} ${acknowledgement.id}`),
      ['made 2', 'ended 1'],
    );
    assert.deepEqual(bench.store.history.runFindings((await bench.completeAudit()).runId)?.acknowledgements, []);
  });

  test('that is taken back keeps its row, with who did it, and makes room for another', async (context) => {
    await using bench = await startBench(context);
    const [id = 0] = acknowledge(bench, uuid(1));
    bench.clock.advance(1000);
    unacknowledge(bench, id);
    bench.clock.advance(1000);
    unacknowledge(bench, id, 'Jim');
    assert.deepEqual(endings(bench), [['revoked', 'Joe', '2026-03-01T07:00:01.000Z']]);
    acknowledge(bench, uuid(1));
    assert.deepEqual(endings(bench), [
      ['revoked', 'Joe', '2026-03-01T07:00:01.000Z'],
      [null, null, null],
    ]);
  });

  test('lapses at the instant at which its last day is over, and once', async (context) => {
    await using bench = await startBench(context);
    const [stale] = acknowledge(bench, uuid(1), 10);
    acknowledge(bench, jane, 11);
    const end = bench.clock.now().getTime() + 10 * msPerDay;
    assert.deepEqual(expire(bench, new Date(end - 1)), []);
    assert.deepEqual(expire(bench, new Date(end)), [stale]);
    assert.deepEqual(expire(bench, new Date(end)), []);
    assert.deepEqual(endings(bench), [
      ['expired', null, new Date(end).toISOString()],
      [null, null, null],
    ]);
  });

  test('that was taken back does not lapse', async (context) => {
    await using bench = await startBench(context);
    const [id = 0] = acknowledge(bench, uuid(1), 1);
    unacknowledge(bench, id);
    assert.deepEqual(expire(bench, new Date('2030-01-01T00:00:00.000Z')), []);
  });

  test('of a token ends with all others of that token, and none of its owner or of another token', async (context) => {
    await using bench = await startBench(context);
    for (const id of [uuid(1), jane, uuid(2)]) acknowledge(bench, id);
    const { acknowledgements, transactions } = bench.store;
    transactions.run((tx) => {
      acknowledgements.voidOfSubject(tx, { type: 'token', id: uuid(1) }, 'another owner', bench.clock.now());
      acknowledgements.voidOfSubject(tx, { type: 'token', id: jane }, 'enabled', bench.clock.now());
    });
    assert.deepEqual(endings(bench), [
      ['void', null, bench.clock.now().toISOString()],
      [null, null, null],
      [null, null, null],
    ]);
  });

  test('of one condition ends without those of others', async (context) => {
    await using bench = await startBench(context);
    const [id = 0] = acknowledge(bench, uuid(2));
    acknowledge(bench, uuid(3));
    bench.store.transactions.run((tx) =>
      bench.store.acknowledgements.end(tx, id, { because: 'resolved' }, bench.clock.now()),
    );
    assert.deepEqual(endings(bench).flat().slice(0, 4), ['resolved', null, bench.clock.now().toISOString(), null]);
  });

  test('made at the desk is seen by the audit beside it', async (context) => {
    await using bench = await startBench(context);
    {
      using desk = openSharedStore(bench.path);
      acknowledge({ store: desk, clock: bench.clock }, uuid(1));
    }
    assert.notEqual(openConditions(bench, uuid(1))[0]?.acknowledgedUntil, null);
  });
});
