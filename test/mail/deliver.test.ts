import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { deliverDue, deliverOnly, deliverWithPatience } from '../../src/mail/deliver.ts';
import type { DeliveryOutcome } from '../../src/mail/delivery-policy.ts';
import type { Message } from '../../src/mail/message.ts';
import { openSharedStore } from '../../src/stores.ts';
import { msPerDay, msPerMinute } from '../../src/time/duration.ts';
import { createDeliverBench, type DeliverBenchOptions } from '../support/deliver-bench.ts';
import { recordLog } from '../support/log-lines.ts';
import { someMessage } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';

const accepted: DeliveryOutcome = { kind: 'accepted' };
const deferred: DeliveryOutcome = { kind: 'deferred', reason: '451 greylisted', stage: 'recipient', replyCodes: '451' };
const refused: DeliveryOutcome = {
  kind: 'refused',
  reason: '550 no such user',
  stage: 'recipient',
  replyCodes: '550',
};
const outage: DeliveryOutcome = {
  kind: 'unavailable',
  reason: 'connect ECONNREFUSED',
  affectsAll: true,
};

/** A real outbox, and a mailer for which `answer` decides how each attempt ends. */
function setUp(context: TestContext, answer: () => DeliveryOutcome, options?: DeliverBenchOptions) {
  const bench = createDeliverBench(context, 0, options);
  const sent: { message: Message; recipient: string }[] = [];
  const mail = { answer };
  const mailer = {
    async send(message: Message, recipient: string): Promise<DeliveryOutcome> {
      sent.push({ message, recipient });
      await new Promise((resolve) => setImmediate(resolve));
      return mail.answer();
    },
  };
  const { log, lines } = recordLog();
  const deps = { ...bench.deps, mailer, log };
  return {
    deps,
    sent,
    mail,
    lines,
    clock: bench.clock,
    path: bench.path,
    deliver: () => deliverDue(deps, noAbort),
    deliveries: () => bench.deliveries().flat(),
    attempts: () => bench.deliveries().flatMap((deliveries) => deliveries.map(({ attempts }) => attempts)),
  };
}

const messageIds = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => someMessage(index + 1).messageId);

describe('a delivery pass', () => {
  test('sends each mail once to each recipient', async (context) => {
    const recipients = ['a@acme.example', 'b@acme.example'];
    const { deliver, deliveries, sent, clock } = setUp(context, () => accepted, { messageCount: 2, recipients });
    assert.deepEqual(await deliver(), { sent: 4, pending: 0, parked: 0 });
    assert.deepEqual(await deliver(), { sent: 0, pending: 0, parked: 0 });
    assert.deepEqual(sent.map(({ message, recipient }) => `${recipient} ${message.messageId}`).sort(), [
      'a@acme.example <message-1@acme.example>',
      'a@acme.example <message-2@acme.example>',
      'b@acme.example <message-1@acme.example>',
      'b@acme.example <message-2@acme.example>',
    ]);
    const [first] = deliveries();
    assert.deepEqual([first?.status, first?.attempts, first?.sentAt], ['sent', 1, clock.now().toISOString()]);
  });

  test('sends stored mail with the present sender, and changes nothing else in it', async (context) => {
    const { deps, sent } = setUp(context, () => accepted);
    const sender = { address: 'new@acme.example', header: 'New name <new@acme.example>' };
    await deliverDue({ ...deps, sender }, noAbort);
    assert.deepEqual(sent[0]?.message, { ...someMessage(1), from: sender.header });
  });

  test('retries a deferred mail unchanged, but not before it is due', async (context) => {
    const attachments = [{ fileName: 'findings.csv', content: '\ufeffgrößer\r\n' }];
    const { deliver, deliveries, sent, mail, clock } = setUp(context, () => deferred, { fields: { attachments } });
    assert.deepEqual(await deliver(), { sent: 0, pending: 1, parked: 0 });
    assert.equal(deliveries()[0]?.lastError, '451 greylisted');
    assert.deepEqual(await deliver(), { sent: 0, pending: 1, parked: 0 });
    mail.answer = () => accepted;
    clock.advance(msPerMinute);
    assert.deepEqual(await deliver(), { sent: 1, pending: 0, parked: 0 });
    const message = someMessage(1, { attachments });
    assert.deepEqual(
      sent.map((each) => each.message),
      [message, message],
    );
  });

  test('parks a refused mail at once and a deferred one after five days', async (context) => {
    const recipients = ['a@acme.example', 'b@acme.example'];
    const { deliver, deliveries, mail, clock } = setUp(context, () => deferred, { recipients });
    for (let day = 0; day < 5; day += 0.5) {
      assert.deepEqual(await deliver(), { sent: 0, pending: 2, parked: 0 }, `day ${day}`);
      clock.advance(msPerDay / 2);
    }
    const outcomes = [refused, deferred];
    mail.answer = () => outcomes.shift() ?? accepted;
    assert.deepEqual(await deliver(), { sent: 0, pending: 0, parked: 2 });
    assert.deepEqual(
      deliveries().map(({ lastError }) => lastError),
      ['550 no such user', '451 greylisted (refused for five days)'],
    );
  });

  test('postpones all mail after one attempt during an outage and never parks any', async (context) => {
    const { deliver, deliveries, attempts, mail, clock } = setUp(context, () => outage, { messageCount: 3 });
    assert.deepEqual(await deliver(), { sent: 0, pending: 3, parked: 0 });
    assert.deepEqual(attempts(), [1, 0, 0]);
    const nextAttemptAt = new Date(clock.now().getTime() + msPerMinute).toISOString();
    for (const delivery of deliveries()) {
      assert.deepEqual([delivery.nextAttemptAt, delivery.lastError], [nextAttemptAt, 'connect ECONNREFUSED']);
    }
    for (let day = 1; day <= 40; day += 1) {
      clock.advance(msPerDay);
      assert.deepEqual(await deliver(), { sent: 0, pending: 3, parked: 0 });
    }
    mail.answer = () => accepted;
    clock.advance(msPerDay);
    assert.deepEqual(await deliver(), { sent: 3, pending: 0, parked: 0 });
  });

  test('continues with the next recipient when a failure may concern only one', async (context) => {
    const options = { messageCount: 2, recipients: ['a@acme.example', 'b@acme.example'] };
    const { deliver, attempts } = setUp(context, () => ({ ...outage, affectsAll: false }), options);
    assert.deepEqual(await deliver(), { sent: 0, pending: 4, parked: 0 });
    assert.deepEqual(attempts(), [1, 1, 0, 0]);
  });

  test('continues with the next mail when the message is the trouble', async (context) => {
    const cut: DeliveryOutcome = { ...outage, affectsAll: false, stage: 'message' };
    const outcomes = [cut, { ...deferred, stage: 'message' } as const];
    const { deliver, attempts, sent } = setUp(context, () => outcomes.shift() ?? accepted, { messageCount: 4 });
    assert.deepEqual(await deliver(), { sent: 2, pending: 2, parked: 0 });
    assert.deepEqual(attempts(), [1, 1, 1, 1]);
    assert.deepEqual(
      sent.map(({ message }) => message.messageId),
      messageIds(4),
    );
  });

  test('makes all that waits due once the server accepts a mail, and attempts nothing twice', async (context) => {
    const recipients = ['a@acme.example', 'b@acme.example', 'c@acme.example'];
    const { deps, deliver, attempts, mail, clock } = setUp(context, () => deferred, { recipients });
    for (let pass = 0; pass < 4; pass += 1) {
      await deliver();
      clock.advance(2 ** pass * msPerMinute);
    }
    const message = someMessage(9, { createdAt: clock.now().toISOString() });
    deps.transactions.run((tx) => deps.outbox.enqueue(tx, message, recipients, null));
    const outcomes = [accepted, deferred];
    mail.answer = () => outcomes.shift() ?? accepted;
    assert.deepEqual(await deliver(), { sent: 4, pending: 2, parked: 0 });
    assert.deepEqual(attempts(), [5, 5, 5, 1, 0, 1]);
  });

  test('logs a retry as an error once the mail has waited for an hour', async (context) => {
    const { deliver, lines, clock } = setUp(context, () => outage);
    await deliver();
    clock.advance(61 * msPerMinute);
    await deliver();
    assert.deepEqual(
      lines.map(({ level, msg }) => `${level}: ${msg}`),
      ['warn: mail will be retried', 'error: mail will be retried'],
    );
  });

  test('warns a recipient once whose mail was refused for its size or after DATA, without its words', async (context) => {
    const fields = { subject: 'poison', text: 'poison', html: 'poison', attachments: [] };
    const { deps, deliver, sent, mail } = setUp(context, () => refused, { messageCount: 2, fields });
    const outcomes = [{ ...refused, stage: 'message', replyCodes: '550 5.7.1' } as const, refused];
    mail.answer = () => outcomes.shift() ?? accepted;
    assert.deepEqual(await deliver(), { sent: 1, pending: 0, parked: 2 });
    const { message, recipient } = sent.at(-1) ?? assert.fail();
    assert.deepEqual([message.kind, message.to, recipient], ['notice', recipient, deps.recipients[0]]);
    assert.match(message.text, /refused mail 1: the digest of.*reply was 550 5\.7\.1.*mail --show 1/s);
    assert.doesNotMatch(JSON.stringify(message), /poison/);
    deps.outbox.unpark(deps.clock.now());
    mail.answer = () => ({ ...refused, stage: 'message' });
    assert.deepEqual(await deliver(), { sent: 0, pending: 0, parked: 3 });
    assert.deepEqual(
      deps.outbox.list().map(({ kind }) => kind),
      ['notice', 'notice', 'digest', 'digest'],
    );
  });

  test('sends what nobody has received to the present recipients', async (context) => {
    const { deps, sent, lines } = setUp(context, () => accepted);
    const tally = await deliverDue({ ...deps, recipients: ['new@acme.example'] }, noAbort);
    assert.deepEqual(tally, { sent: 1, pending: 0, parked: 0 });
    assert.deepEqual(sent, [{ message: someMessage(1), recipient: 'new@acme.example' }]);
    assert.equal(lines[0]?.msg, 'mail redirected: MAIL_TO has changed, and nobody had received it');
  });

  test('over one message touches no other mail, whatever MAIL_TO is', async (context) => {
    const { deps, sent, clock, deliveries } = setUp(context, () => outage, { messageCount: 2 });
    const message = someMessage(3, { kind: 'test', createdAt: clock.now().toISOString() });
    const id = deps.transactions.run((tx) => deps.outbox.enqueue(tx, message, ['new@acme.example'], null));
    const before = deliveries().slice(0, 2);
    const changed = { ...deps, recipients: ['new@acme.example'] };
    assert.deepEqual(await deliverOnly(changed, id, noAbort), { sent: 0, pending: 1, parked: 0 });
    assert.deepEqual(deliveries().slice(0, 2), before);
    assert.deepEqual(sent, [{ message, recipient: 'new@acme.example' }]);
  });

  test('leaves mail waiting when it is aborted during an attempt', async (context) => {
    const controller = new AbortController();
    const { deps, attempts } = setUp(
      context,
      () => {
        controller.abort();
        return { ...outage, affectsAll: false };
      },
      { recipients: ['a@acme.example', 'b@acme.example'] },
    );
    assert.deepEqual(await deliverDue(deps, controller.signal), { sent: 0, pending: 2, parked: 0 });
    assert.deepEqual(attempts(), [1, 0]);
  });

  test('shares the mail with a pass of another process and sends each mail once', async (context) => {
    const recipients = ['a@acme.example', 'b@acme.example'];
    const { deps, path, sent } = setUp(context, () => accepted, { messageCount: 10, recipients });
    using other = openSharedStore(path);
    const tallies = await Promise.all([deps, { ...deps, ...other }].map((each) => deliverDue(each, noAbort)));
    assert.ok(tallies.every((tally) => tally.sent > 0));
    for (const each of recipients) {
      const received = sent.filter(({ recipient }) => recipient === each);
      assert.deepEqual(
        received.map(({ message }) => message.messageId),
        messageIds(10),
      );
    }
  });

  test('keeps its claim on a mail even late in a long pass', async (context) => {
    const { deps, path, sent, clock } = setUp(context, () => accepted, { messageCount: 3 });
    using other = openSharedStore(path);
    const slow: typeof deps.mailer = {
      async send(message, recipient) {
        clock.advance(1.8 * msPerMinute);
        const outcome = await deps.mailer.send(message, recipient);
        if (sent.length === 3) await deliverDue({ ...deps, ...other }, noAbort);
        return outcome;
      },
    };
    await deliverDue({ ...deps, mailer: slow }, noAbort);
    assert.deepEqual(
      sent.map(({ message }) => message.messageId),
      messageIds(3),
    );
  });
});

describe('delivering with patience', () => {
  test('attempts all mail at once, even if the next attempt is due later', async (context) => {
    const { deps, deliver, mail, clock } = setUp(context, () => outage, { messageCount: 2 });
    await deliver();
    mail.answer = () => accepted;
    assert.deepEqual(await deliverWithPatience(deps, 0, noAbort), { sent: 2, pending: 0, parked: 0 });
    assert.deepEqual(clock.sleeps, []);
  });

  test('doubles the pause between passes until its patience ends', async (context) => {
    const { deps, clock } = setUp(context, () => outage);
    assert.deepEqual(await deliverWithPatience(deps, 140_000, noAbort), { sent: 0, pending: 1, parked: 0 });
    assert.deepEqual(clock.sleeps, [5000, 10_000, 20_000, 40_000, 60_000, 5000]);
  });

  test('ends as soon as no mail waits, and counts what every pass sent', async (context) => {
    const outcomes = [accepted, deferred, refused];
    const { deps, clock } = setUp(context, () => outcomes.shift() ?? accepted, { messageCount: 2 });
    assert.deepEqual(await deliverWithPatience(deps, 600_000, noAbort), { sent: 1, pending: 0, parked: 1 });
    assert.deepEqual(clock.sleeps, [5000]);
  });

  test('attempts nothing if it was aborted before', async (context) => {
    const { deps, sent } = setUp(context, () => accepted);
    const tally = await deliverWithPatience(deps, 60_000, AbortSignal.abort());
    assert.deepEqual(tally, { sent: 0, pending: 1, parked: 0 });
    assert.deepEqual(sent, []);
  });

  test('returns its counts when it is aborted during a pause', async (context) => {
    const controller = new AbortController();
    const { deps, clock, sent } = setUp(context, () => outage);
    const sleep: typeof clock.sleep = (ms, signal) => {
      controller.abort();
      return clock.sleep(ms, signal);
    };
    const tally = await deliverWithPatience({ ...deps, clock: { ...clock, sleep } }, 60_000, controller.signal);
    assert.deepEqual(tally, { sent: 0, pending: 1, parked: 0 });
    assert.equal(sent.length, 1);
  });
});
