import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HealthFacts, judgeHealth } from '../../src/history/health.ts';
import { takeAuditLock } from '../../src/store/audit-lock.ts';
import { openAuditStore, openReadStore } from '../../src/stores.ts';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { someMorning } from '../support/fake-clock.ts';
import { begin } from '../support/runs.ts';
import { createStoreBench } from '../support/store-bench.ts';

const now = new Date('2026-05-02T12:00:00.000Z');

function minutesAgo(minutes: number): Date {
  return new Date(now.getTime() - minutes * msPerMinute);
}

/** Judges a worker with a daily audit at 07:00, a deadline of 60 minutes and a tolerance of 30. */
function judge(facts: Partial<HealthFacts>, at = now, cron = '0 7 * * *'): string[] {
  return judgeHealth(
    {
      databaseCreatedAt: new Date('2026-01-01T00:00:00.000Z'),
      lastCompleteAt: new Date('2026-05-02T07:00:00.000Z'),
      mailWaitingSince: null,
      parkedCount: 0,
      unfinished: null,
      ...facts,
    },
    {
      schedule: createCronSchedule(cron, 'UTC'),
      deadlineMs: 60 * msPerMinute,
      overdueMs: 30 * msPerMinute,
      alertAfterMs: 45 * msPerMinute,
    },
    at,
  );
}

describe('a worker is healthy', () => {
  const cases: [name: string, facts: Partial<HealthFacts>, at?: Date, cron?: string][] = [
    ['until deadline and tolerance are over after the next tick', {}, new Date('2026-05-03T08:30:00.000Z')],
    ['for the same time after its database was created', { databaseCreatedAt: minutesAgo(90), lastCompleteAt: null }],
    ['while mail has been waiting for an hour at most', { mailWaitingSince: minutesAgo(60) }],
    ['when somebody ran the audit before its tick', { lastCompleteAt: minutesAgo(301) }, minutesAgo(240)],
    ['months after a yearly audit', { lastCompleteAt: new Date('2026-01-01T00:00:00.000Z') }, now, '0 0 1 1 *'],
    ['when the clock was set back by an hour after the last audit', { lastCompleteAt: minutesAgo(-60) }],
  ];
  for (const [name, facts, at, cron] of cases) test(name, () => assert.deepEqual(judge(facts, at, cron), []));
});

const waysOut =
  'run `omni-token-audit mail` to see why; take an address that no longer exists out of MAIL_TO, give a mail up with `omni-token-audit mail --discard`, or repair the cause';

describe('a worker is not healthy', () => {
  const cases: [name: string, facts: Partial<HealthFacts>, reason: string, at?: Date][] = [
    [
      'once deadline and tolerance are over after a tick',
      {},
      'no audit has completed since 2026-05-02T07:00:00.000Z; one was due at 2026-05-03T07:00:00.000Z',
      new Date('2026-05-03T08:30:00.001Z'),
    ],
    [
      'when no audit of an older database ever completed',
      { databaseCreatedAt: minutesAgo(91), lastCompleteAt: null },
      'no audit has ever completed, and the database has existed since 2026-05-02T10:29:00.000Z',
    ],
    [
      'when its last audit is far in the future, because the clock was wrong',
      { lastCompleteAt: new Date('2036-05-02T07:00:00.000Z') },
      'the last completed audit is dated 2036-05-02T07:00:00.000Z, which is in the future',
    ],
    [
      'when an audit has not ended and shows no sign of life',
      {
        unfinished: {
          run: { id: 7, lockedBy: 'process 12 on web-1', startedAt: '2026-05-02T11:00:00.000Z' },
          aliveAt: minutesAgo(50),
        },
      },
      'run 7 (process 12 on web-1, started at 2026-05-02T11:00:00.000Z) has shown no sign of life since 2026-05-02T11:10:00.000Z; restart its service or container, or end that process on the host that is named',
    ],
    [
      'when a delivery is parked',
      { parkedCount: 1 },
      `1 delivery is parked; ${waysOut}, then run \`omni-token-audit mail --retry\``,
    ],
    [
      'when mail has been waiting for more than an hour, whatever else is wrong',
      { mailWaitingSince: new Date(minutesAgo(60).getTime() - 1), parkedCount: 3 },
      `mail has been waiting since 2026-05-02T10:59:59.999Z; ${waysOut}\n` +
        `3 deliveries are parked; ${waysOut}, then run \`omni-token-audit mail --retry\``,
    ],
  ];
  for (const [name, facts, reason, at] of cases) test(name, () => assert.equal(judge(facts, at).join('\n'), reason));
});

test('the database knows what health depends on', (context) => {
  const bench = createStoreBench(context);
  const { outbox } = bench.store;
  const healthFacts = (): HealthFacts => {
    using store = openReadStore(bench.path);
    return store.history.healthFacts();
  };
  openAuditStore(bench.path, new Date('2026-04-01T00:00:00.000Z'))[Symbol.dispose]();
  const nothing = { lastCompleteAt: null, mailWaitingSince: null, parkedCount: 0, unfinished: null };
  assert.deepEqual(healthFacts(), { databaseCreatedAt: someMorning, ...nothing });

  bench.mail('digest', bench.complete(), ['a@acme.example', 'b@acme.example']);
  const oldestMailAt = bench.clock.now();
  bench.mail('digest', bench.complete(), ['c@acme.example']);
  const lastCompleteAt = bench.clock.now();
  bench.fail('no network');
  bench.interrupt();
  const facts = { databaseCreatedAt: someMorning, lastCompleteAt, parkedCount: 0, unfinished: null };
  assert.deepEqual(healthFacts(), { ...facts, mailWaitingSince: oldestMailAt });

  for (const decision of [
    { status: 'sent' },
    { status: 'parked', error: 'refused', stage: 'recipient', replyCodes: '550' },
  ] as const) {
    const claimed = outbox.claim(bench.clock.now());
    assert.ok(claimed);
    bench.store.transactions.run((tx) => outbox.settle(tx, claimed, decision, bench.clock.now()));
  }
  assert.deepEqual(healthFacts(), { ...facts, mailWaitingSince: lastCompleteAt, parkedCount: 1 });

  begin(bench.store, bench.clock.now());
  takeAuditLock(bench.path, bench.clock)[Symbol.dispose]();
  const { run, aliveAt } = healthFacts().unfinished ?? {};
  assert.deepEqual([run?.lockedBy, aliveAt], ['the test', bench.clock.now()]);
});
