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
  const outage = { kind: 'unavailable', reason, affectsAll: true } as const;
  const deferral = { kind: 'deferred', reason, stage: 'recipient', replyCodes: '451 4.7.1' } as const;
  const daysAgo = (days: number): Date => new Date(now.getTime() - days * msPerDay);

  function decide(outcome: DeliveryOutcome, attempts = 1, since: Date | null = null, deferrals = 0): DeliveryDecision {
    return decideDelivery(outcome, { attempts, deferredSince: since, deferrals }, now, 0);
  }

  /** In minutes; null when the delivery no longer waits. */
  function wait(outcome: DeliveryOutcome, attempts: number, jitter: number): number | null {
    const decision = decideDelivery(outcome, { attempts, deferredSince: null, deferrals: 0 }, now, jitter);
    return decision.status === 'pending' ? (decision.nextAttemptAt.getTime() - now.getTime()) / msPerMinute : null;
  }

  test('is final when the server accepts or permanently refuses the mail', () => {
    assert.deepEqual(decide({ kind: 'accepted' }), { status: 'sent' });
    const refused = { stage: 'message', replyCodes: '550 5.7.1' } as const;
    const parked = { status: 'parked', error: '550 no', ...refused };
    assert.deepEqual(decide({ kind: 'refused', reason: '550 no', ...refused }), parked);
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
    assert.deepEqual(decide(deferral, 500), {
      status: 'pending',
      error: reason,
      nextAttemptAt,
      deferredSince: now,
      deferrals: 1,
      stepsAside: false,
    });
    const almostFiveDaysAgo = new Date(daysAgo(5).getTime() + 1);
    assert.equal(decide(deferral, 30, almostFiveDaysAgo, 29).status, 'pending');
    assert.deepEqual(decide(deferral, 30, daysAgo(5), 9), {
      status: 'parked',
      error: '451 try again later (refused for five days)',
      stage: 'recipient',
      replyCodes: '451 4.7.1',
    });
  });

  test('does not park a mail after fewer than ten deferrals, because greylists forget', () => {
    assert.equal(decide(deferral, 30, daysAgo(7), 8).status, 'pending');
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
    [
      'is not repeated for a run that began long before the last mail, because it was stuck',
      { failingSince: minutesAgo(9000), lastFailureAt: minutesAgo(9000), lastMailAt: minutesAgo(60) },
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
      const normal = { failingSince: at, lastFailureAt: at, lastNoticedAt: at, lastMailAt: null, isUrgent: false };
      assert.equal(isFailureMailDue({ ...normal, alertAfterMs: 45 * msPerMinute, ...facts }), isDue);
    });
  }
});

describe('the mails of a complete run', () => {
  /** How many days ago the baseline was made, and the last summary and the last inventory were sent. */
  type Days = [baseline: number, summary: number, inventory: number];
  type Other = Partial<MailPolicy & Pick<RunMailFacts, 'isBaseline' | 'reportedCount'>>;
  const always = { digestWhen: 'always' } as const;
  const noneDue = { reminderDays: 0, inventoryDays: 0 };

  const table: [name: string, days: Days, mails: RunMail[], other?: Other][] = [
    ['are a baseline for the first run', [0, 0, 0], ['baseline'], { ...always, isBaseline: true, reportedCount: 3 }],
    ['are a baseline even without reminders', [0, 0, 0], ['baseline'], { ...noneDue, isBaseline: true }],
    ['are none when there is nothing to report', [71, 1, 20], []],
    ['are one digest for any number of findings', [71, 1, 20], ['digest'], { reportedCount: 500 }],
    ['are a summary on the weekday of the baseline', [70, 7, 20], ['summary']],
    ['are no summary on the day before', [69, 6, 20], []],
    ['are a summary on the day after, if no audit completed on the day itself', [71, 8, 20], ['summary']],
    ['are a summary on the weekday of the baseline, although the last one was late', [70, 3, 20], ['summary']],
    ['are no second summary on the same day', [70, 0, 20], []],
    ['are a digest and a summary', [70, 7, 20], ['digest', 'summary'], { reportedCount: 1 }],
    ['are an inventory instead of a summary', [630, 7, 90], ['inventory']],
    ['are an inventory on a day without a summary', [90, 6, 90], ['inventory']],
    ['are a digest and an inventory', [630, 7, 90], ['digest', 'inventory'], { reportedCount: 1 }],
    ['are a summary when inventories are off', [630, 7, 630], ['summary'], { inventoryDays: 0 }],
    ['are none when both are off', [630, 630, 630], [], noneDue],
    ['are a digest after every audit if configured', [71, 1, 20], ['digest'], always],
    ['are only a summary when that is due anyway', [70, 7, 20], ['summary'], always],
  ];
  const standard: MailPolicy = { digestWhen: 'changes', reminderDays: 7, inventoryDays: 90, timeZone: 'UTC' };
  const daysAgo = (days: number): string => new Date(now.getTime() - days * msPerDay).toISOString();
  for (const [name, [baseline, summary, inventory], mails, other = {}] of table) {
    test(name, () => {
      const { isBaseline = false, reportedCount = 0, ...policy } = other;
      const facts = {
        isBaseline,
        reportedCount,
        baselineAt: daysAgo(baseline),
        lastSummaryAt: daysAgo(summary),
        lastInventoryAt: daysAgo(inventory),
      };
      assert.deepEqual(mailsForRun(facts, { ...standard, ...policy }, now), mails);
    });
  }

  test('are due by the days of the time zone', () => {
    const baselineAt = '2026-11-01T23:30:00.000Z';
    const mailed = { lastSummaryAt: baselineAt, lastInventoryAt: baselineAt };
    const facts = { isBaseline: false, reportedCount: 0, baselineAt, ...mailed };
    const sevenDaysOn = new Date('2026-11-08T12:00:00.000Z');
    const due = (timeZone: string): RunMail[] => mailsForRun(facts, { ...standard, timeZone }, sevenDaysOn);
    assert.deepEqual(due('UTC'), ['summary']);
    assert.deepEqual(due('Europe/Berlin'), []);
  });
});
