import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deliverWithPatience } from '../../src/mail/deliver.ts';
import { createDeliverBench } from '../support/deliver-bench.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { closedPort } from '../support/listen.ts';
import { noAbort } from '../support/no-abort.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';

describe('a delivery with patience', () => {
  test('makes all mail due at once, whatever its next attempt was to be', async (context) => {
    const port = await closedPort();
    const bench = createDeliverBench(context, port, { messageCount: 2 });
    await bench.deliver();
    await using server = await startFaultySmtpServer({ port });
    assert.deepEqual(await deliverWithPatience(bench.deps, 0, noAbort), { sent: 2, pending: 0, parked: 0 });
    assert.equal(server.accepted.length, 2);
    assert.deepEqual(bench.clock.sleeps, []);
  });

  test('tries again until its patience ends', async (context) => {
    const bench = createDeliverBench(context, await closedPort());
    const tally = await deliverWithPatience(bench.deps, 12_000, noAbort);
    assert.deepEqual(tally, { sent: 0, pending: 1, parked: 0 });
    assert.equal(bench.clock.monotonicMs(), 12_000);
    assert.ok((bench.deliveries()[0]?.[0]?.attempts ?? 0) >= 3);
  });

  test('ends as soon as nothing waits', async (context) => {
    let refusals = 2;
    await using server = await startFaultySmtpServer({
      faults: {
        recipient: () => {
          refusals -= 1;
          return refusals >= 0 ? { responseCode: 450, message: 'later' } : undefined;
        },
      },
    });
    const bench = createDeliverBench(context, server.port);
    const tally = await deliverWithPatience(bench.deps, 600_000, noAbort);
    assert.deepEqual(tally, { sent: 1, pending: 0, parked: 0 });
    assert.ok(bench.clock.monotonicMs() < 60_000);
  });

  test('does not wait for what is parked', async (context) => {
    await using server = await startFaultySmtpServer({
      faults: { recipient: () => ({ responseCode: 550, message: 'no such user here' }) },
    });
    const bench = createDeliverBench(context, server.port);
    assert.deepEqual(await deliverWithPatience(bench.deps, 600_000, noAbort), { sent: 0, pending: 0, parked: 1 });
    assert.deepEqual(bench.clock.sleeps, []);
  });

  test('attempts nothing when it was aborted before', async (context) => {
    await using server = await startFaultySmtpServer();
    const bench = createDeliverBench(context, server.port);
    const tally = await deliverWithPatience(bench.deps, 60_000, AbortSignal.abort(new Error('told to stop')));
    assert.deepEqual(tally, { sent: 0, pending: 1, parked: 0 });
    assert.equal(server.connectionCount, 0);
  });

  test('tells how far it came when it is aborted between two attempts', async (context) => {
    const controller = new AbortController();
    const clock = createFakeClock(undefined, { endlessSleeps: true });
    const bench = createDeliverBench(context, await closedPort());
    const sleep: typeof clock.sleep = (ms, signal) => {
      queueMicrotask(() => controller.abort(new Error('told to stop')));
      return clock.sleep(ms, signal);
    };
    const delivery = deliverWithPatience({ ...bench.deps, clock: { ...clock, sleep } }, 60_000, controller.signal);
    assert.deepEqual(await delivery, { sent: 0, pending: 1, parked: 0 });
  });
});
