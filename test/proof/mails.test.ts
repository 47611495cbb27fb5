import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { deliverDue } from '../../src/mail/deliver.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { createDeliverBench } from '../support/deliver-bench.ts';
import { localSmtp } from '../support/local-smtp.ts';
import { noAbort } from '../support/no-abort.ts';
import { type ScriptedSmtpServer, startScriptedSmtpServer } from '../support/scripted-smtp.ts';
import { msPerHour } from '../support/spans.ts';
import { expectations, firstRecipient, mailFaults, secondRecipient } from './support/mail-faults.ts';
import { isFull, seed, tally } from './support/tally.ts';

const recipients = [firstRecipient, secondRecipient];

/** Asserts that each recipient got each of two mails once, with the same bytes and the same Message-ID. */
function assertComplete(server: ScriptedSmtpServer): void {
  const accepted = server.accepted.filter(({ raw }) => !raw.includes('could not be delivered'));
  assert.equal(accepted.length, 4);
  assert.equal(new Set(accepted.map(({ to, messageId }) => `${to} ${messageId}`)).size, 4);
  assert.equal(new Set(accepted.map(({ messageId, raw }) => messageId + raw)).size, 2);
  tally.mails += 2;
}

describe('when a mail server misbehaves, no mail is lost or sent twice, and other mail is not delayed,', () => {
  for (const [name, { script, expectation, smtp = {} }] of Object.entries(mailFaults)) {
    test(`with ${name}: ${expectation}`, async (context) => {
      tally.faults += 1;
      await using server = await startScriptedSmtpServer(script);
      const bench = createDeliverBench(context, server.port, { messageCount: 2, recipients, smtp });
      await bench.deliver();
      const deliveries = bench.deliveries().flat();
      const statuses = deliveries.map(({ status }) => status);
      const errors = deliveries.map(({ lastError }) => lastError);
      assert.deepEqual(
        { statuses, attempts: deliveries.map(({ attempts }) => attempts) },
        expectations[expectation],
        JSON.stringify(errors),
      );
      for (const [index, error] of errors.entries()) {
        assert.ok(statuses[index] === 'sent' || (error !== null && error.length <= 300));
      }

      server.script = () => undefined;
      const mailer = createMailer(localSmtp(server.port));
      bench.clock.advance(2 * msPerHour);
      bench.store.outbox.unpark(bench.clock.now());
      const { pending, parked } = await deliverDue({ ...bench.deps, mailer }, noAbort);
      assert.deepEqual([pending, parked], [0, 0]);
      assertComplete(server);
    });
  }
});

test('after any sequence of faults, only permanently refused mails are parked, and in the end every mail arrives', async (context) => {
  const fault = fc.option(
    fc.record({
      step: fc.constantFrom('connection', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'content'),
      reply: fc.constantFrom('421 later', '450 later', '550 no', 'what?', { cut: true } as const),
    }),
    { freq: 4 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (faults, hours) => {
      const left = [...faults];
      let current: (typeof faults)[number] = null;
      const refusals: string[] = [];
      await using server = await startScriptedSmtpServer((step, { to }) => {
        if (step === 'connection') current = left.shift() ?? null;
        if (current?.step !== step) return undefined;
        tally.faults += 1;
        if (current.reply === '550 no' && ['RCPT', 'DATA', 'content'].includes(step)) refusals.push(to);
        return current.reply;
      });
      const bench = createDeliverBench(context, server.port, { messageCount: 2, recipients });
      while (left.length > 0) {
        await bench.deliver();
        bench.clock.advance(hours * msPerHour);
        bench.store.outbox.makeDue(bench.clock.now());
        const deliveries = bench.deliveries().flat();
        for (const each of recipients) {
          const parked = deliveries.filter(({ recipient, status }) => recipient === each && status === 'parked');
          assert.ok(parked.length <= refusals.filter((to) => to === each).length, `${each} was not refused`);
        }
        if (deliveries.every(({ status }) => status !== 'pending')) break;
      }
      left.length = 0;
      bench.clock.advance(msPerDay);
      bench.store.outbox.unpark(bench.clock.now());
      const { pending, parked } = await bench.deliver();
      assert.deepEqual([pending, parked], [0, 0]);
      assertComplete(server);
    }),
    { seed, numRuns: isFull ? 300 : 15 },
  );
});
