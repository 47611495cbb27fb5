import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '../../src/logging.ts';
import { deliverDue } from '../../src/mail/deliver.ts';
import { runDeliveries } from '../../src/schedule/deliveries.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { createDeliverBench } from '../support/deliver-bench.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { recordLog } from '../support/log-lines.ts';
import { noAbort } from '../support/no-abort.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';
import { msPerHour } from '../support/spans.ts';

/** Runs passes until one of them asks to stop; answers the pauses between them. */
async function loop(pass: (count: number, stop: () => void) => Promise<Date | null>) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const { log, lines } = recordLog();
  let count = 0;
  await runDeliveries(
    {
      clock,
      log,
      deliver() {
        count += 1;
        return pass(count, () => stop.abort(new Error('stop')));
      },
    },
    stop.signal,
  );
  return { clock, log: lines, pauses: clock.sleeps, count };
}

describe('the delivery loop', () => {
  test('looks every minute when nothing waits', async () => {
    const { pauses } = await loop(async (count, stop) => {
      if (count === 4) stop();
      return null;
    });
    assert.deepEqual(pauses.slice(0, 3), [msPerMinute, msPerMinute, msPerMinute]);
  });

  test('looks when the next delivery is due, if that is earlier, and after a second at the earliest', async () => {
    const clock = createFakeClock();
    const { pauses } = await loop(async (count, stop) => {
      if (count === 4) stop();
      return new Date(clock.now().getTime() + ([20_000, -5000][count - 1] ?? msPerHour));
    });
    assert.equal(pauses[0], 20_000);
    assert.equal(pauses[1], 1000);
    assert.equal(pauses[2], msPerMinute);
  });

  test('begins a pass only after the last one has ended', async () => {
    let under = 0;
    let most = 0;
    await loop(async (count, stop) => {
      under += 1;
      most = Math.max(most, under);
      await new Promise((resolve) => setImmediate(resolve));
      under -= 1;
      if (count === 5) stop();
      return null;
    });
    assert.equal(most, 1);
  });

  test('goes on after a pass that failed, a minute later, and says so', async () => {
    const { log, pauses, count } = await loop(async (number, stop) => {
      if (number === 3) stop();
      if (number === 1) throw new Error('the database is busy');
      return null;
    });
    assert.equal(count, 3);
    assert.equal(pauses[0], msPerMinute);
    assert.deepEqual(
      log.map(({ level, msg }) => `${level} ${msg}`),
      ['error mail could not be delivered'],
    );
  });

  test('delivers what waited when the mail server is back, without an audit', async (context) => {
    await using smtp = await startFaultySmtpServer();
    smtp.faults.greeting = () => ({ responseCode: 421, message: 'closed for today' });
    const bench = createDeliverBench(context, smtp.port, { messageCount: 3 });
    const start = bench.clock.now().getTime();
    const stop = new AbortController();
    const begun: number[] = [];
    await runDeliveries(
      {
        clock: bench.clock,
        log: createLogger('silent'),
        async deliver(signal) {
          begun.push((bench.clock.now().getTime() - start) / msPerMinute);
          if (begun.length === 4) delete smtp.faults.greeting;
          const { pending } = await deliverDue(bench.deps, signal);
          if (pending === 0) stop.abort(new Error('done'));
          return bench.store.outbox.nextDue();
        },
      },
      stop.signal,
    );
    assert.equal(smtp.accepted.length, 3);
    assert.ok(new Set(smtp.accepted.map(({ messageId }) => messageId)).size === 3);
    // The first retry after a minute, and never more than a minute after a delivery came due.
    assert.equal(begun[1], 1);
    assert.ok(begun.length < 12, begun.join(', '));
  });

  test('delivers the others when one mail is refused again and again', async (context) => {
    await using smtp = await startFaultySmtpServer();
    smtp.faults.data = (raw) => (raw.includes('mail 2') ? { responseCode: 452, message: 'not this one' } : undefined);
    const bench = createDeliverBench(context, smtp.port, { messageCount: 3 });
    await deliverDue(bench.deps, noAbort);
    assert.deepEqual(
      bench.deliveries().map(([delivery]) => delivery?.status),
      ['sent', 'pending', 'sent'],
    );
  });

  test('delivers what waits though the clock was set back by years', async (context) => {
    await using smtp = await startFaultySmtpServer();
    smtp.faults.greeting = () => ({ responseCode: 421, message: 'closed for today' });
    const bench = createDeliverBench(context, smtp.port);
    await deliverDue(bench.deps, noAbort);
    delete smtp.faults.greeting;
    bench.clock.advance(-3 * 365 * 24 * 60 * msPerMinute);
    for (let hour = 0; hour < 24; hour += 1) {
      await deliverDue(bench.deps, noAbort);
      bench.clock.advance(60 * msPerMinute);
    }
    assert.equal(smtp.accepted.length, 1);
  });
});
