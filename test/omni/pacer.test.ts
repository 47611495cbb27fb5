import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createPacer } from '../../src/omni/pacer.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { noAbort } from '../support/no-abort.ts';

describe('the pacer', () => {
  test('lets a small organisation be read at once', async () => {
    const clock = createFakeClock();
    const pacer = createPacer(60, clock);
    for (let count = 1; count <= 60; count += 1) await pacer.wait(noAbort);
    assert.deepEqual(clock.sleeps, []);
    assert.equal(clock.monotonicMs(), 0);
  });

  test('takes for a large organisation what the limit makes it take, and hardly more', async () => {
    const clock = createFakeClock();
    const pacer = createPacer(60, clock);
    for (let count = 1; count <= 180; count += 1) await pacer.wait(noAbort);
    assert.ok(clock.monotonicMs() >= 120_000);
    assert.ok(clock.monotonicMs() <= 125_000, `${clock.monotonicMs()} ms`);
  });

  test('never lets more requests leave than the limit in any window of a minute', async () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90_000 })), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), gaps, async (limit, gapsMs) => {
        const clock = createFakeClock();
        const pacer = createPacer(limit, clock);
        const leftAtMs: number[] = [];
        for (const gapMs of gapsMs) {
          clock.advance(gapMs);
          await pacer.wait(noAbort);
          leftAtMs.push(clock.monotonicMs());
        }
        leftAtMs.forEach((atMs, index) => {
          const limitEarlier = leftAtMs[index - limit];
          assert.ok(limitEarlier === undefined || atMs - limitEarlier > 60_000, leftAtMs.join(' '));
        });
      }),
    );
  });

  test('keeps the limit for requests that wait at the same time', async () => {
    const clock = createFakeClock();
    const pacer = createPacer(3, clock);
    const leftAtMs = await Promise.all(
      Array.from({ length: 9 }, () => pacer.wait(noAbort).then(() => clock.monotonicMs())),
    );
    leftAtMs.sort((a, b) => a - b);
    assert.equal(leftAtMs[2], 0);
    assert.ok((leftAtMs[3] ?? 0) > 60_000);
    assert.ok((leftAtMs[6] ?? 0) > 120_000);
  });

  test('pauses when others use up the limit', async () => {
    const clock = createFakeClock();
    const pacer = createPacer(60, clock);
    await pacer.wait(noAbort);
    pacer.pause(20_000);
    pacer.pause(5_000);
    await pacer.wait(noAbort);
    assert.equal(clock.monotonicMs(), 20_000);
    await pacer.wait(noAbort);
    assert.equal(clock.monotonicMs(), 20_000);
  });

  test('ends a wait with the reason of the abort, and does not count that request', async () => {
    const clock = createFakeClock(undefined, { endlessSleeps: true });
    const pacer = createPacer(1, clock);
    await pacer.wait(noAbort);
    const controller = new AbortController();
    const waiting = pacer.wait(controller.signal);
    const reason = new Error('told to stop');
    controller.abort(reason);
    await assert.rejects(waiting, (error) => error === reason);
    assert.equal(clock.sleeps.length, 1);
    clock.advance(61_001);
    await pacer.wait(noAbort);
    assert.equal(clock.sleeps.length, 1);
  });

  test('lets no request leave that was aborted before', async () => {
    const pacer = createPacer(60, createFakeClock());
    const reason = new Error('told to stop');
    await assert.rejects(pacer.wait(AbortSignal.abort(reason)), (error) => error === reason);
  });
});
