import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DeliveryDecision, type DeliveryOutcome, decideDelivery } from '../../src/mail/delivery-policy.ts';
import { type FailureFacts, isFailureMailDue } from '../../src/mail/failure-policy.ts';
import { type MailPolicy, mailsForRun, type RunMail, type RunMailFacts } from '../../src/mail/run-mail-policy.ts';
import { msPerDay, msPerMinute } from '../../src/time/duration.ts';

const now = new Date('2026-11-23T07:00:00.000Z');

/** Negative minutes are in the future. */
function minutesAgo(minutes: number): string {
  return new Date(now.getTime() - minutes * msPerMinute).toISOString();
}

describe('the decision after a delivery attempt', () => {
  const reason = '451 try again later';
  const outage: DeliveryOutcome = { kind: 'unavailable', reason, affectsAll: true };
  const deferral: DeliveryOutcome = { kind: 'deferred', reason };
  const daysAgo = (days: number): Date => new Date(now.getTime() - days * msPerDay);

  function decide(outcome: DeliveryOutcome, attempts = 1, deferredSince: Date | null = null): DeliveryDecision {
    return decideDelivery(outcome, { attempts, deferredSince }, now, 0);
  }

  /** In minutes; null when the delivery no longer waits. */
  function wait(outcome: DeliveryOutcome, attempts: number, jitter: number): number | null {
    const decision = decideDelivery(outcome, { attempts, deferredSince: null }, now, jitter);
    return decision.status === 'pending' ? (decision.nextAttemptAt.getTime() - now.getTime()) / msPerMinute : null;
  }

  test('is final when the server accepts or permanently refuses the mail', () => {
    assert.deepEqual(decide({ kind: 'accepted' }), { status: 'sent' });
    assert.deepEqual(decide({ kind: 'refused', reason: '550 no' }), { status: 'parked', error: '550 no' });
  });

  for (const outcome of [outage, deferral]) {
    test(`doubles the wait from one minute to six hours while the outcome is "${outcome.kind}"`, () => {
      const waits = [1, 2, 3, 4, 8, 9, 10, 2000].map((attempts) => wait(outcome, attempts, 0));
      assert.deepEqual(waits, [1, 2, 4, 8, 128, 256, 360, 360]);
    });
  }

  test('shortens the wait by up to a fifth at random, but never below a minute', () => {
    assert.deepEqual([wait(outage, 5, 0.5), wait(outage, 1, 0.9)], [14.4, 1]);
  });

  test('never parks a mail because of an outage, even if the mail was deferred long ago', () => {
    const since = daysAgo(30);
    const decision = decide({ ...outage, affectsAll: false }, 500, since);
    assert.ok(decision.status === 'pending');
    assert.equal(decision.deferredSince, since);
  });

  test('counts five days from the first deferral and then parks the mail', () => {
    const nextAttemptAt = new Date(now.getTime() + 360 * msPerMinute);
    assert.deepEqual(decide(deferral, 500), { status: 'pending', error: reason, nextAttemptAt, deferredSince: now });
    const almostFiveDaysAgo = new Date(daysAgo(5).getTime() + 1);
    assert.equal(decide(deferral, 30, almostFiveDaysAgo).status, 'pending');
    assert.deepEqual(decide(deferral, 30, daysAgo(5)), {
      status: 'parked',
      error: '451 try again later (refused for five days)',
    });
  });
});

describe('a mail about failing audits', () => {
  const table: [name: string, facts: Partial<FailureFacts>, isDue: boolean][] = [
    ['waits while failures are shorter than the limit', { failingSince: minutesAgo(44) }, false],
    ['is due when failures reach the limit', { failingSince: minutesAgo(45) }, true],
    ['is due at the first failure when the limit is 0', { alertAfterMs: 0 }, true],
    ['is due at once when waiting cannot help', { isUrgent: true }, true],
    [
      'is sent once a day, even when it is urgent',
      { failingSince: minutesAgo(9000), lastMailAt: minutesAgo(22 * 60), isUrgent: true },
      false,
    ],
    ['is repeated at the next daily audit', { failingSince: minutesAgo(9000), lastMailAt: minutesAgo(1439) }, true],
    ['is due when the clock was set back during the outage', { failingSince: minutesAgo(-600) }, true],
    [
      'is due when the clock was set back after the last mail',
      { failingSince: minutesAgo(9000), lastMailAt: minutesAgo(-525_600) },
      true,
    ],
  ];
  for (const [name, facts, isDue] of table) {
    test(name, () => {
      const at = now.toISOString();
      const normal = { failingSince: at, lastFailureAt: at, lastMailAt: null, isUrgent: false };
      assert.equal(isFailureMailDue({ ...normal, alertAfterMs: 45 * msPerMinute, ...facts }), isDue);
    });
  }
});

describe('the mails of a complete run', () => {
  /** How many days ago the last summary and the last inventory were sent. */
  type Row = [name: string, summary: number | null, inventory: number | null, mails: RunMail[], other?: Other];
  type Other = Partial<MailPolicy & Pick<RunMailFacts, 'isBaseline' | 'reportedCount'>>;
  const minute = 1 / (24 * 60);
  const always = { digestWhen: 'always' } as const;
  const noneDue = { reminderDays: 0, inventoryDays: 0 };

  const table: Row[] = [
    ['are a baseline for the first run', null, null, ['baseline'], { ...always, isBaseline: true, reportedCount: 3 }],
    ['are a baseline even without reminders', null, null, ['baseline'], { ...noneDue, isBaseline: true }],
    ['are none when there is nothing to report', 1, 1, []],
    ['are one digest for any number of findings', 1, 1, ['digest'], { reportedCount: 500 }],
    ['are a summary after seven days', 7, 20, ['summary']],
    ['are a summary that is half an hour early', 7 - 30 * minute, 20, ['summary']],
    ['are no summary that is more than half an hour early', 7 - 31 * minute, 20, []],
    ['are a summary when none was ever sent', null, 20, ['summary']],
    ['are a digest and a summary', 7, 20, ['digest', 'summary'], { reportedCount: 1 }],
    ['are an inventory instead of a summary', 7, 90, ['inventory']],
    ['are a digest and an inventory', 7, 90, ['digest', 'inventory'], { reportedCount: 1 }],
    ['are an inventory when none was ever sent', 1, null, ['inventory']],
    ['are a summary when inventories are off', 7, null, ['summary'], { inventoryDays: 0 }],
    ['are none when both are off', null, null, [], noneDue],
    ['are a digest after every audit if configured', 1, 1, ['digest'], always],
    ['are only a summary when that is due anyway', 7, 20, ['summary'], always],
    ['are none when the clock was set back by hours', -0.5, -0.5, []],
    ['are a summary when the clock was set back by weeks', -30, 20, ['summary']],
  ];
  for (const [name, summary, inventory, mails, other = {}] of table) {
    test(name, () => {
      const { isBaseline = false, reportedCount = 0, ...policy } = other;
      const at = (days: number | null): string | null => (days === null ? null : minutesAgo(days / minute));
      const facts = { isBaseline, reportedCount, lastSummaryAt: at(summary), lastInventoryAt: at(inventory) };
      const standard: MailPolicy = { digestWhen: 'changes', reminderDays: 7, inventoryDays: 90 };
      assert.deepEqual(mailsForRun(facts, { ...standard, ...policy }, now), mails);
    });
  }
});
