import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createPacer } from '../../src/omni/pacer.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { noAbort } from '../support/no-abort.ts';

describe('the pacer', () => {
  test('sends as many requests at once as the limit allows, and the rest as soon as possible', async () => {
    const clock = createFakeClock();
    const pacer = createPacer(60, clock);
    for (let count = 1; count <= 60; count += 1) await pacer.wait(noAbort);
    assert.deepEqual(clock.sleeps, []);
    for (let count = 61; count <= 180; count += 1) await pacer.wait(noAbort);
    assert.ok(clock.monotonicMs() >= 120_000 && clock.monotonicMs() <= 125_000, `${clock.monotonicMs()} ms`);
  });

  test('never sends more requests than the limit in any window of a minute', async () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90_000 })), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), gaps, async (limit, gapsMs) => {
        const clock = createFakeClock();
        const pacer = createPacer(limit, clock);
        const sentAtMs: number[] = [];
        for (const gapMs of gapsMs) {
          clock.advance(gapMs);
          await pacer.wait(noAbort);
          sentAtMs.push(clock.monotonicMs());
        }
        sentAtMs.forEach((atMs, index) => {
          const limitEarlier = sentAtMs[index - limit];
          assert.ok(limitEarlier === undefined || atMs - limitEarlier > 60_000, sentAtMs.join(' '));
        });
      }),
    );
  });

  test('applies the limit to requests that wait at the same time', async () => {
    const clock = createFakeClock();
    const pacer = createPacer(3, clock);
    const waits = Array.from({ length: 9 }, () => pacer.wait(noAbort).then(() => clock.monotonicMs()));
    const sentAtMs = (await Promise.all(waits)).sort((a, b) => a - b);
    assert.equal(sentAtMs[2], 0);
    assert.ok((sentAtMs[3] ?? 0) > 60_000 && (sentAtMs[6] ?? 0) > 120_000);
  });

  test('pauses once, for the longest pause', async () => {
    const clock = createFakeClock();
    const pacer = createPacer(60, clock);
    pacer.pause(20_000);
    pacer.pause(5_000);
    await pacer.wait(noAbort);
    await pacer.wait(noAbort);
    assert.deepEqual(clock.sleeps, [20_000]);
  });

  test('ends a wait with the reason of the abort, and does not count that request', async () => {
    const clock = createFakeClock(undefined, { endlessSleeps: true });
    const pacer = createPacer(1, clock);
    await pacer.wait(noAbort);
    const controller = new AbortController();
    const waiting = pacer.wait(controller.signal);
    const reason = new Error('shutting down');
    controller.abort(reason);
    await assert.rejects(waiting, (error) => error === reason);
    await assert.rejects(pacer.wait(AbortSignal.abort(reason)), (error) => error === reason);
    clock.advance(61_001);
    await pacer.wait(noAbort);
    assert.equal(clock.sleeps.length, 1);
  });
});
