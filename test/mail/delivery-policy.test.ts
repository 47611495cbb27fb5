import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type DeliveryOutcome, decideDelivery } from '../../src/mail/delivery-policy.ts';
import { msPerDay, msPerMinute } from '../../src/time/duration.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const reason = '451 try again later';
const outage: DeliveryOutcome = { kind: 'unavailable', reason, affectsAll: true };
const deferral: DeliveryOutcome = { kind: 'deferred', reason };

function earlier(ms: number): Date {
  return new Date(now.getTime() - ms);
}

/** How long a delivery waits after an attempt, in minutes; null when it no longer waits. */
function waitMinutes(outcome: DeliveryOutcome, attempts: number, jitter = 0): number | null {
  const decision = decideDelivery(outcome, { attempts, deferredSince: null }, now, jitter);
  return decision.status === 'pending' ? (decision.nextAttemptAt.getTime() - now.getTime()) / msPerMinute : null;
}

const anyAttempts = fc.integer({ min: 1, max: 1_000_000 });
const anyJitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyTime = fc.date({ min: new Date('2000-01-01T00:00:00Z'), max: now, noInvalidDate: true });

describe('a delivery', () => {
  test('that was accepted is sent', () => {
    assert.deepEqual(decideDelivery({ kind: 'accepted' }, { attempts: 1, deferredSince: null }, now, 0.5), {
      status: 'sent',
    });
  });

  test('that was refused for good is parked at once, with the reason', () => {
    const outcome: DeliveryOutcome = { kind: 'refused', reason: '550 no such user' };

    assert.deepEqual(decideDelivery(outcome, { attempts: 1, deferredSince: null }, now, 0.5), {
      status: 'parked',
      error: '550 no such user',
    });
  });

  test('waits one minute after the first attempt and twice as long after each next, up to six hours', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 2000].map((attempts) => waitMinutes(outage, attempts));

    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
  });

  test('waits as long after a deferral as after an outage', () => {
    const waits = [1, 5, 10].map((attempts) => waitMinutes(deferral, attempts));

    assert.deepEqual(waits, [1, 16, 360]);
  });

  test('waits up to a fifth less as chance has it, and never less than a minute', () => {
    assert.equal(waitMinutes(outage, 5, 0.5), 14.4);
    assert.equal(waitMinutes(outage, 1, 0.9), 1);
  });

  test('waits between one minute and six hours, whatever the attempt and chance', () => {
    fc.assert(
      fc.property(anyAttempts, anyJitter, (attempts, jitter) => {
        const wait = waitMinutes(outage, attempts, jitter);

        assert.ok(wait !== null && wait >= 1 && wait <= 360, `waits ${wait} minutes`);
      }),
    );
  });

  test('never waits less after more attempts, where chance is the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), anyJitter, (attempts, jitter) => {
        const [sooner, later] = [waitMinutes(outage, attempts, jitter), waitMinutes(outage, attempts + 1, jitter)];

        assert.ok(sooner !== null && later !== null && sooner <= later, `${sooner} and then ${later} minutes`);
      }),
    );
  });

  test('is not parked by an outage, however long it lasts', () => {
    fc.assert(
      fc.property(anyAttempts, fc.option(anyTime), anyJitter, fc.boolean(), (attempts, deferredSince, jitter, all) => {
        const outcome: DeliveryOutcome = { kind: 'unavailable', reason, affectsAll: all };

        const decision = decideDelivery(outcome, { attempts, deferredSince }, now, jitter);

        assert.equal(decision.status, 'pending');
        assert.equal(decision.deferredSince, deferredSince, 'an outage leaves the first deferral as it was');
      }),
    );
  });

  test('remembers when it was first deferred', () => {
    const decision = decideDelivery(deferral, { attempts: 1, deferredSince: null }, now, 0);

    assert.deepEqual(decision, {
      status: 'pending',
      error: reason,
      nextAttemptAt: new Date('2026-11-23T07:01:00.000Z'),
      deferredSince: now,
    });
  });

  test('still waits a moment before it was deferred for five days, counted from the first deferral', () => {
    const since = earlier(5 * msPerDay - 1);

    const decision = decideDelivery(deferral, { attempts: 30, deferredSince: since }, now, 0);

    assert.equal(decision.status, 'pending');
    assert.equal(decision.deferredSince, since);
  });

  test('is parked once it was deferred for five days, and says so', () => {
    const attempt = { attempts: 30, deferredSince: earlier(5 * msPerDay) };

    assert.deepEqual(decideDelivery(deferral, attempt, now, 0), {
      status: 'parked',
      error: '451 try again later (refused for five days)',
    });
  });

  test('is not parked by its first deferral, however long an outage went before', () => {
    const decision = decideDelivery(deferral, { attempts: 500, deferredSince: null }, now, 0);

    assert.equal(decision.status, 'pending');
  });
});
