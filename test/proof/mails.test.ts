import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { deliverDue } from '../../src/mail/deliver.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { createDeliverBench, type DeliverBench } from '../support/deliver-bench.ts';
import { noAbort } from '../support/no-abort.ts';
import { startSilentSmtpServer } from '../support/silent-smtp.ts';
import { msPerHour } from '../support/spans.ts';
import { firstReader, type MailDemand, type MailFault, mailFaults, secondReader } from './support/mail-faults.ts';
import { type ScriptedSmtpServer, startScriptedSmtpServer } from './support/smtp-script.ts';
import { isFull, seed, tally } from './support/tally.ts';

const recipients = [firstReader, secondReader];

/** By mail and reader: mail 1 to a, to b, mail 2 to a, to b. */
const demanded: Record<MailDemand, { statuses: string[]; attempts: number[] }> = {
  outage: { statuses: ['pending', 'pending', 'pending', 'pending'], attempts: [1, 0, 0, 0] },
  'each waits': { statuses: ['pending', 'pending', 'pending', 'pending'], attempts: [1, 1, 1, 1] },
  waits: { statuses: ['pending', 'sent', 'sent', 'sent'], attempts: [1, 1, 1, 1] },
  parked: { statuses: ['parked', 'sent', 'sent', 'sent'], attempts: [1, 1, 1, 1] },
  'all to the reader wait': { statuses: ['pending', 'sent', 'pending', 'sent'], attempts: [1, 1, 1, 1] },
  'all to the reader are parked': { statuses: ['parked', 'sent', 'parked', 'sent'], attempts: [1, 1, 1, 1] },
  'all are parked': { statuses: ['parked', 'parked', 'parked', 'parked'], attempts: [1, 1, 1, 1] },
  sent: { statuses: ['sent', 'sent', 'sent', 'sent'], attempts: [1, 1, 1, 1] },
};

const healthy: MailFault['script'] = () => undefined;

function deliveriesOf(bench: DeliverBench) {
  return bench.deliveries().flat();
}

/** Whatever happened, each reader has each mail once in the end, with the same bytes under the same Message-ID. */
function assertComplete(accepted: ScriptedSmtpServer['accepted']): void {
  const counts = Map.groupBy(accepted, ({ to, messageId }) => `${to} ${messageId}`);
  assert.equal(counts.size, 4);
  assert.equal(accepted.length, 4);
  const byId = Map.groupBy(accepted, ({ messageId }) => messageId);
  for (const same of byId.values()) assert.equal(new Set(same.map(({ raw }) => raw)).size, 1);
  tally.mails += byId.size;
}

describe('a mail server that misbehaves loses no mail, sends none twice and holds up no other', () => {
  for (const [name, { script, demand, smtp = {} }] of Object.entries(mailFaults)) {
    test(`by ${name}: ${demand}`, async (context) => {
      tally.faults += 1;
      await using server = await startScriptedSmtpServer(script);
      const bench = createDeliverBench(context, server.port, { messageCount: 2, recipients, smtp });
      await bench.deliver();
      const deliveries = deliveriesOf(bench);
      assert.deepEqual(
        { statuses: deliveries.map(({ status }) => status), attempts: deliveries.map(({ attempts }) => attempts) },
        demanded[demand],
        JSON.stringify(deliveries.map(({ lastError }) => lastError)),
      );
      for (const { status, lastError } of deliveries) {
        assert.ok(status === 'sent' || (lastError !== null && lastError.length <= 300));
      }

      server.script = healthy;
      const mailer = createMailer({ host: '127.0.0.1', port: server.port, security: 'none', login: null });
      const deliver = () => deliverDue({ ...bench.deps, mailer }, noAbort);
      bench.clock.advance(2 * msPerHour);
      await deliver();
      assert.ok(deliveriesOf(bench).every(({ status }) => status === 'sent' || status === 'parked'));
      bench.store.outbox.unpark(bench.clock.now());
      await deliver();
      assert.deepEqual(
        deliveriesOf(bench).map(({ status }) => status),
        demanded.sent.statuses,
      );
      assertComplete(server.accepted);
    });
  }
});

describe('an outage of a weekend', () => {
  test('parks nothing, asks seldom, and then all mail arrives once', async (context) => {
    await using server = await startScriptedSmtpServer(() => ({ cut: true }));
    const bench = createDeliverBench(context, server.port, { messageCount: 2, recipients });
    const end = bench.clock.now().getTime() + 62 * msPerHour;
    for (let now = bench.clock.now().getTime(); now < end; now = bench.clock.now().getTime()) {
      await bench.deliver();
      bench.clock.advance(Math.max(60_000, (bench.store.outbox.nextDue()?.getTime() ?? 0) - now));
      tally.faults += 1;
    }
    for (const { status, attempts } of deliveriesOf(bench)) {
      assert.equal(status, 'pending');
      assert.ok(attempts >= 10 && attempts <= 25, `${attempts} attempts`);
    }
    server.script = healthy;
    bench.clock.advance(6 * msPerHour);
    assert.deepEqual(await bench.deliver(), { sent: 4, pending: 0, parked: 0 });
    assertComplete(server.accepted);
  });

  test('in which the server takes mail and cuts the line repeats it unchanged, and no more often than it asks', async (context) => {
    const taken: string[] = [];
    await using server = await startScriptedSmtpServer((step, { raw }) => {
      if (step !== 'content') return undefined;
      taken.push(raw);
      return { cut: true };
    });
    const bench = createDeliverBench(context, server.port, { messageCount: 1, recipients });
    for (let hour = 0; hour < 62; hour += 1) {
      await bench.deliver();
      bench.clock.advance(msPerHour);
    }
    const attempts = deliveriesOf(bench).map((delivery) => delivery.attempts);
    assert.equal(
      taken.length,
      attempts.reduce((sum, count) => sum + count),
    );
    assert.ok(Math.max(...attempts) <= 25);
    assert.equal(new Set(taken).size, 1);
  });
});

describe('a slow mail server', () => {
  test('that takes its time for every answer gets the mail', async (context) => {
    await using server = await startScriptedSmtpServer(healthy);
    server.delayMs = 30;
    const bench = createDeliverBench(context, server.port, { messageCount: 2, recipients });
    assert.deepEqual(await bench.deliver(), { sent: 4, pending: 0, parked: 0 });
    assertComplete(server.accepted);
  });

  test('that says nothing more is left when its time is over, and the mail waits', async (context) => {
    await using server = await startSilentSmtpServer();
    const bench = createDeliverBench(context, server.port, { messageCount: 2, recipients });
    const timeIsOver = new AbortController();
    void server.spokenTo.then(() => timeIsOver.abort(new Error('it took too long')));
    const tally = await deliverDue(bench.deps, timeIsOver.signal);
    assert.deepEqual(tally, { sent: 0, pending: 4, parked: 0 });
  });
});

describe('faults of a mail server, drawn by lot', () => {
  const steps = ['connection', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'content'] as const;
  const fault = fc.option(
    fc.record({
      step: fc.constantFrom(...steps),
      answer: fc.constantFrom('421 later', '450 later', '550 no', 'what?', { cut: true } as const),
    }),
    { freq: 4 },
  );

  test('park only what was refused for good, and in the end every mail is there', async (context) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (faults, hours) => {
        const left = [...faults];
        let current: (typeof faults)[number] = null;
        const refusedForGood: string[] = [];
        await using server = await startScriptedSmtpServer((step, { to }) => {
          if (step === 'connection') current = left.shift() ?? null;
          if (current?.step !== step) return undefined;
          tally.faults += 1;
          if (current.answer === '550 no' && ['RCPT', 'DATA', 'content'].includes(step)) refusedForGood.push(to);
          return current.answer;
        });
        const bench = createDeliverBench(context, server.port, { messageCount: 2, recipients });
        while (left.length > 0) {
          await bench.deliver();
          bench.clock.advance(hours * msPerHour);
          bench.store.outbox.makeDue(bench.clock.now());
          for (const reader of recipients) {
            const parked = deliveriesOf(bench).filter(
              ({ recipient, status }) => recipient === reader && status === 'parked',
            );
            assert.ok(
              parked.length <= refusedForGood.filter((to) => to === reader).length,
              `${reader} without a refusal`,
            );
          }
          if (deliveriesOf(bench).every(({ status }) => status !== 'pending')) break;
        }
        left.length = 0;
        bench.clock.advance(msPerDay);
        bench.store.outbox.unpark(bench.clock.now());
        const { pending, parked } = await bench.deliver();
        assert.deepEqual([pending, parked], [0, 0]);
        assertComplete(server.accepted);
      }),
      { seed, numRuns: isFull ? 300 : 15 },
    );
  });
});
