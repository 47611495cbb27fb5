import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { DeliveryDecision } from '../../src/mail/delivery-policy.ts';
import type { Message } from '../../src/mail/message.ts';
import type { ClaimedDelivery } from '../../src/store/delivery-queue.ts';
import type { Transaction } from '../../src/store/transaction.ts';
import { type AuditStore, openAuditStore, openSharedStore } from '../../src/stores.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { allOutput, firstOutput, startScript } from '../support/child-process.ts';
import { execute, readTables } from '../support/database-rows.ts';
import { someMorning } from '../support/fake-clock.ts';
import { recipient, someMessage } from '../support/messages.ts';
import { tempDatabase } from '../support/temp-folder.ts';

const minutesLater = (minutes: number): Date => new Date(someMorning.getTime() + minutes * msPerMinute);

const sent = { status: 'sent' } as const;
const parked = { status: 'parked', error: 'unknown', stage: 'recipient', replyCodes: '550' } as const;
const retryAt = (nextAttemptAt: Date, deferredSince: Date | null = null) =>
  ({ status: 'pending', error: 'busy', nextAttemptAt, deferredSince, deferrals: 3, stepsAside: false }) as const;

interface Bench {
  path: string;
  store: AuditStore;
  outbox: AuditStore['outbox'];
  enqueue(message: Message, recipients?: readonly string[]): void;
  /** Claims the next delivery, which must be due. */
  claim(now?: Date): ClaimedDelivery;
  settle(
    delivery: ClaimedDelivery,
    decision: DeliveryDecision,
    now: Date,
    through?: Pick<AuditStore, 'outbox' | 'transactions'>,
  ): boolean;
  /** Returns the status of each delivery, in the order of the messages. */
  statuses(): string[];
}

function createBench(context: TestContext, messageCount = 1, recipients = [recipient]): Bench {
  const path = tempDatabase(context);
  const store = openAuditStore(path, someMorning);
  context.after(() => store[Symbol.dispose]());
  const { outbox } = store;
  const bench: Bench = {
    path,
    store,
    outbox,
    enqueue: (message, to = [recipient]) => store.transactions.run((tx) => outbox.enqueue(tx, message, to, null)),
    claim(now = someMorning) {
      const delivery = outbox.claim(now);
      assert.ok(delivery !== null, 'nothing is due');
      return delivery;
    },
    settle: (delivery, decision, now, through = store) =>
      through.transactions.run((tx) => through.outbox.settle(tx, delivery, decision, now)),
    statuses: () =>
      outbox
        .list()
        .toReversed()
        .flatMap(({ deliveries }) => deliveries.map(({ status }) => status)),
  };
  for (let number = 1; number <= messageCount; number += 1) bench.enqueue(someMessage(number), recipients);
  return bench;
}

describe('a message in the outbox', () => {
  test('is delivered with its files exactly as it was written, to each recipient and at each attempt', (context) => {
    const { outbox, enqueue, claim, settle } = createBench(context);
    const message = someMessage(2, {
      subject: 'ümläut \u202e 🔑',
      text: 'a\r\nb\n',
      headers: { 'X-A': 'ä', 'X-B': '2' },
      attachments: [
        { fileName: 'tokens.csv', content: '\ufeffname\r\n"größer\n\t🔑 中文"\r\n' },
        { fileName: 'findings.csv', content: '' },
        { fileName: 'another file.txt', content: `\u2028\0${'x'.repeat(5000)}\r` },
      ],
    });
    enqueue(message, ['a@acme.example', 'b@acme.example']);
    assert.deepEqual(claim().message, someMessage(1));
    const [first, second] = [claim(), claim()];
    assert.deepEqual([first.recipient, second.recipient], ['a@acme.example', 'b@acme.example']);
    assert.deepEqual([first.message, second.message], [message, message]);
    assert.equal(outbox.claim(someMorning), null);
    settle(first, retryAt(minutesLater(1)), someMorning);
    assert.deepEqual(claim(minutesLater(1)).message, message);
  });

  test('is written with its run and its files, or not at all', (context) => {
    const { path, store, outbox, enqueue } = createBench(context, 0);
    const file = { fileName: 'findings.csv', content: 'a' };
    const fail = (tx: Transaction): never => {
      const runId = store.runs.begin(tx, 'manual', 'test', someMorning);
      outbox.enqueue(tx, someMessage(1, { attachments: [file] }), [recipient], runId);
      throw new Error('rolled back');
    };
    assert.throws(() => store.transactions.run(fail), /rolled back/);
    assert.throws(() => enqueue(someMessage(1, { attachments: [file, file] })), /UNIQUE/);
    const { runs, messages, attachments, deliveries } = readTables(path);
    assert.deepEqual([runs, messages, attachments, deliveries], [[], [], [], []]);
  });
});

describe('a claim', () => {
  test('counts the attempt first, so that a crash cannot repeat it before the lease ends', (context) => {
    const { path, claim, settle, statuses } = createBench(context);
    const slow = claim();
    using other = openSharedStore(path);
    assert.equal(other.outbox.list()[0]?.deliveries[0]?.attempts, 1);
    assert.equal(other.outbox.claim(minutesLater(2)), null);
    const quick = other.outbox.claim(minutesLater(4));
    assert.equal(quick?.attempts, 2);
    assert.equal(settle(slow, parked, minutesLater(4)), false, 'the first process has lost its lease');
    assert.equal(settle(quick, sent, minutesLater(5), other), true);
    assert.equal(settle(slow, retryAt(minutesLater(9)), minutesLater(5)), false);
    assert.deepEqual(statuses(), ['sent']);
  });

  test('fails when it cannot be committed, because the mail would otherwise be sent again and again', (context) => {
    const { path, outbox, claim } = createBench(context);
    execute(
      path,
      `CREATE TABLE refuses_commits (id INTEGER REFERENCES messages (id) DEFERRABLE INITIALLY DEFERRED);
       CREATE TRIGGER refuse AFTER UPDATE ON deliveries BEGIN INSERT INTO refuses_commits VALUES (-1); END;`,
    );
    assert.throws(() => outbox.claim(someMorning), /FOREIGN KEY/);
    assert.equal(outbox.list()[0]?.deliveries[0]?.attempts, 0);
    execute(path, 'DROP TRIGGER refuse');
    assert.equal(claim().attempts, 1);
  });

  test('gives each delivery to only one of two processes', { timeout: 20_000 }, async (context) => {
    const recipients = Array.from({ length: 10 }, (_, index) => `r${index}@acme.example`);
    const { path } = createBench(context, 30, recipients);
    const processes = [1, 2].map(() => startScript(context, './claim-all.ts', [path]));
    await Promise.all(processes.map(firstOutput));
    const outputs = processes.map(allOutput);
    for (const child of processes) child.stdin?.end('go\n');
    const ids = (await Promise.all(outputs)).join('').trim().split('\n');
    assert.deepEqual([ids.length, new Set(ids).size], [300, 300]);
  });

  test('takes a delivery at once that a wrong clock postponed by more than any wait', (context) => {
    const { outbox, claim, settle } = createBench(context);
    settle(claim(), retryAt(minutesLater(13 * 60)), someMorning);
    assert.equal(outbox.claim(minutesLater(61)), null);
    assert.equal(claim(minutesLater(59)).attempts, 2);
  });
});

test('the outcome of a delivery is recorded, and says when the next one is due', (context) => {
  const { outbox, claim, settle } = createBench(context, 1, ['a@acme.example', 'b@acme.example']);
  assert.deepEqual(outbox.nextDue(), someMorning);
  settle(claim(), retryAt(minutesLater(7), someMorning), someMorning);
  settle(claim(), sent, someMorning);
  assert.deepEqual(outbox.nextDue(), minutesLater(7));
  assert.deepEqual(outbox.list().at(-1)?.deliveries.slice(0, 1), [
    {
      recipient: 'a@acme.example',
      status: 'pending',
      attempts: 1,
      nextAttemptAt: minutesLater(7).toISOString(),
      sentAt: null,
      lastError: 'busy',
      discardReason: null,
    },
  ]);
  const retried = claim(minutesLater(7));
  assert.deepEqual([retried.deferredSince, retried.deferrals], [someMorning, 3]);
  settle(retried, sent, minutesLater(8));
  assert.equal(outbox.nextDue(), null);
  const { status, sentAt, lastError } = outbox.list().at(-1)?.deliveries[0] ?? {};
  assert.deepEqual([status, sentAt, lastError], ['sent', minutesLater(8).toISOString(), null]);
});

describe('waiting mail', () => {
  test('can be made due, except what another process is sending', (context) => {
    const { path, claim, settle, statuses } = createBench(context, 1, ['a@acme.example', 'b@acme.example']);
    const waiting = claim();
    settle(waiting, retryAt(minutesLater(60)), someMorning);
    const leased = claim();
    using other = openSharedStore(path);
    other.outbox.makeDue(minutesLater(1));
    assert.equal(other.outbox.claim(minutesLater(1))?.deliveryId, waiting.deliveryId);
    assert.equal(other.outbox.claim(minutesLater(1)), null);
    assert.equal(settle(leased, sent, minutesLater(1)), true);
    assert.deepEqual(statuses(), ['pending', 'sent']);
  });

  test('can be postponed, except what waits longer anyway or is being sent', (context) => {
    const { outbox, claim, settle } = createBench(context, 1, ['a@acme.example', 'b@acme.example', 'c@acme.example']);
    settle(claim(), retryAt(minutesLater(60)), someMorning);
    claim();
    outbox.postponeDue(minutesLater(10), 'the server is down', minutesLater(1));
    assert.deepEqual(
      outbox.list()[0]?.deliveries.map(({ nextAttemptAt, lastError }) => [nextAttemptAt, lastError]),
      [
        [minutesLater(60).toISOString(), 'busy'],
        [minutesLater(3).toISOString(), null],
        [minutesLater(10).toISOString(), 'the server is down'],
      ],
    );
    outbox.postponeDue(minutesLater(90), 'the server is down', minutesLater(10));
    assert.equal(outbox.claim(minutesLater(11)), null, 'the process that was sending has died');
  });

  test('can be made due again after it was parked', (context) => {
    const { outbox, claim, settle, statuses } = createBench(context, 3);
    settle(claim(), parked, someMorning);
    settle(claim(), sent, someMorning);
    assert.deepEqual(outbox.counts(), { pending: 1, parked: 1 });
    outbox.unpark(minutesLater(1));
    assert.deepEqual(statuses(), ['pending', 'sent', 'pending']);
    assert.equal(claim(minutesLater(1)).message.messageId, someMessage(1).messageId);
  });
});

describe('giving up mail', () => {
  test('discards what a message has not delivered yet, and returns how much', (context) => {
    const { outbox, claim, settle, statuses } = createBench(context, 2, [
      'a@acme.example',
      'b@acme.example',
      'c@acme.example',
    ]);
    settle(claim(), sent, someMorning);
    settle(claim(), parked, someMorning);
    assert.equal(outbox.discard(1, 'not wanted', someMorning), 2);
    assert.deepEqual(statuses(), ['sent', 'discarded', 'discarded', 'pending', 'pending', 'pending']);
    assert.equal(outbox.list()[1]?.deliveries[1]?.discardReason, 'not wanted');
    assert.deepEqual(outbox.counts(), { pending: 3, parked: 0 });
    assert.equal(outbox.discard(1, 'again', someMorning), 0);
    assert.equal(outbox.discard(3, 'unknown', someMorning), null);
  });

  test('waits for a process that is sending it, and cannot be undone by its outcome', (context) => {
    const { outbox, claim, settle, statuses } = createBench(context);
    const delivery = claim();
    assert.equal(outbox.discard(1, 'not wanted', someMorning), 0);
    assert.equal(outbox.discard(1, 'not wanted', minutesLater(10)), 1, 'its lease has ended');
    assert.equal(settle(delivery, retryAt(minutesLater(1)), minutesLater(10)), false);
    assert.deepEqual(statuses(), ['discarded']);
  });
});
