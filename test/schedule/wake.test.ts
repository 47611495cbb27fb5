import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createWake } from '../../src/schedule/wake.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { noAbort } from '../support/no-abort.ts';

describe('a sleep that others can end', () => {
  test('lasts as long as it was asked to', async () => {
    const clock = createFakeClock();
    await createWake(clock, noAbort).sleep(5000);
    assert.deepEqual(clock.sleeps, [5000]);
    assert.equal(clock.monotonicMs(), 5000);
  });

  test('ends when it is woken', async () => {
    const clock = createFakeClock(undefined, { endlessSleeps: true });
    const wake = createWake(clock, noAbort);
    const asleep = wake.sleep(5000);
    wake.now();
    await asleep;
    assert.equal(clock.monotonicMs(), 0);
  });

  test('ends at once when it was woken before it began, and only the first one does', async () => {
    const clock = createFakeClock(undefined, { endlessSleeps: true });
    const wake = createWake(clock, noAbort);
    wake.now();
    await wake.sleep(5000);
    let ended = false;
    const second = wake.sleep(5000).then(() => {
      ended = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(ended, false);
    wake.now();
    await second;
  });

  test('ends without an error when the work is to stop', async () => {
    const clock = createFakeClock(undefined, { endlessSleeps: true });
    const stop = new AbortController();
    const asleep = createWake(clock, stop.signal).sleep(5000);
    stop.abort(new Error('stop'));
    assert.equal(await asleep, undefined);
  });

  test('passes on a fault of the clock', async () => {
    const clock = { ...createFakeClock(), sleep: () => Promise.reject(new Error('no clock')) };
    await assert.rejects(createWake(clock, noAbort).sleep(5000), /no clock/);
  });

  test('never asks the clock for less than nothing', async () => {
    const clock = createFakeClock();
    await createWake(clock, noAbort).sleep(-5);
    assert.deepEqual(clock.sleeps, [0]);
  });
});
