import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import type { Message } from '../../src/mail/message.ts';
import type { ClaimedDelivery } from '../../src/store/outbox.ts';
import type { Transaction } from '../../src/store/transaction.ts';
import { type AuditStore, openAuditStore, openSharedStore } from '../../src/stores.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { allOutput, firstOutput, startScript } from '../support/child-process.ts';
import { readTables } from '../support/database-rows.ts';
import { someMorning } from '../support/fake-clock.ts';
import { recipient, someMessage } from '../support/messages.ts';
import { tempDatabase } from '../support/temp-folder.ts';

const minutesLater = (minutes: number): Date => new Date(someMorning.getTime() + minutes * msPerMinute);

interface Place {
  path: string;
  store: AuditStore;
  outbox: AuditStore['outbox'];
  enqueue(message: Message, recipients?: readonly string[]): void;
}

function place(context: TestContext, messageCount = 1, recipients = [recipient]): Place {
  const path = tempDatabase(context);
  const store = openAuditStore(path, someMorning);
  context.after(() => store[Symbol.dispose]());
  const place: Place = {
    path,
    store,
    outbox: store.outbox,
    enqueue: (message, to = [recipient]) => store.transactions.run((tx) => store.outbox.enqueue(tx, message, to, null)),
  };
  for (let number = 1; number <= messageCount; number += 1) place.enqueue(someMessage(number), recipients);
  return place;
}

function claimed(outbox: Place['outbox'], now: Date): ClaimedDelivery {
  const delivery = outbox.claim(now);
  assert.ok(delivery !== null, 'nothing is due');
  return delivery;
}

const retryAt = (nextAttemptAt: Date) =>
  ({ status: 'pending', error: 'busy', nextAttemptAt, deferredSince: null }) as const;

describe('the outbox', () => {
  test('gives back a message exactly as it was written', (context) => {
    const message = someMessage(1, {
      subject: 'ümläut \u202e 🔑',
      text: 'a\r\nb\n',
      headers: { 'X-A': 'ä', 'X-B': '2' },
    });
    const { outbox, enqueue } = place(context, 0);
    enqueue(message, ['a@acme.example', 'b@acme.example']);
    const first = claimed(outbox, someMorning);
    assert.deepEqual(first.message, message);
    assert.equal(first.recipient, 'a@acme.example');
    assert.equal(claimed(outbox, someMorning).recipient, 'b@acme.example');
    assert.equal(outbox.claim(someMorning), null);
  });

  test('hands out no delivery whose claim the disk did not keep, or it would be sent again and again', (context) => {
    const { path, outbox } = place(context);
    const db = new BetterSqlite3(path);
    db.exec(`CREATE TABLE refuses_commits (id INTEGER REFERENCES messages (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER refuse AFTER UPDATE ON deliveries BEGIN INSERT INTO refuses_commits VALUES (-1); END;`);
    assert.throws(() => outbox.claim(someMorning), /FOREIGN KEY/);
    assert.equal(outbox.list()[0]?.deliveries[0]?.attempts, 0);
    db.exec('DROP TRIGGER refuse');
    db.close();
    assert.equal(claimed(outbox, someMorning).attempts, 1);
  });

  test('gives back the files of a message unchanged and in their order, for each recipient and each attempt', (context) => {
    const attachments = [
      { fileName: 'tokens.csv', content: '\ufeffname\r\n"größer\n\t🔑 中文"\r\n' },
      { fileName: 'findings.csv', content: '' },
      { fileName: 'an other.txt', content: `\u2028\0${'x'.repeat(5000)}\r` },
    ];
    const { path, outbox, enqueue } = place(context, 1);
    enqueue(someMessage(2, { attachments }), ['a@acme.example', 'b@acme.example']);
    enqueue(someMessage(3));
    const first = claimed(outbox, someMorning);
    assert.deepEqual(first.message, someMessage(1));
    outbox.settle(first, { status: 'sent' }, someMorning);
    for (const to of ['a@acme.example', 'b@acme.example']) {
      const delivery = claimed(outbox, someMorning);
      assert.deepEqual([delivery.recipient, delivery.message], [to, someMessage(2, { attachments })]);
      outbox.settle(delivery, retryAt(minutesLater(60)), someMorning);
    }
    const third = claimed(outbox, someMorning);
    assert.deepEqual(third.message, someMessage(3));
    outbox.settle(third, { status: 'sent' }, someMorning);
    using survivor = openSharedStore(path);
    assert.deepEqual(claimed(survivor.outbox, minutesLater(60)).message.attachments, attachments);
  });

  test('takes no two files of the same name for one message', (context) => {
    const { outbox, enqueue } = place(context, 0);
    const file = { fileName: 'findings.csv', content: 'a' };
    const twice = someMessage(1, { attachments: [file, file] });
    assert.throws(() => enqueue(twice), /UNIQUE/);
    assert.equal(outbox.claim(someMorning), null);
  });

  test('is written with its run or not at all, and so are its files', (context) => {
    const { path, store, outbox } = place(context, 0);
    const attachments = [{ fileName: 'findings.csv', content: 'a' }];
    const undone = (tx: Transaction): never => {
      const runId = store.runs.begin(tx, 'manual', 'test', someMorning);
      outbox.enqueue(tx, someMessage(1, { attachments }), [recipient], runId);
      throw new Error('undone');
    };
    assert.throws(() => store.transactions.run(undone), /undone/);
    assert.deepEqual(outbox.list(), []);
    assert.deepEqual(readTables(path).attachments, []);
    assert.deepEqual(outbox.counts(), { pending: 0, parked: 0 });
  });

  test('charges an attempt before it is made, so that a crash cannot repeat it at full speed', (context) => {
    const { path, outbox } = place(context);
    assert.equal(claimed(outbox, someMorning).attempts, 1);
    // The process dies here. Another takes over, though only when the lease has ended.
    using survivor = openSharedStore(path);
    assert.equal(survivor.outbox.list()[0]?.deliveries[0]?.attempts, 1);
    assert.equal(survivor.outbox.claim(minutesLater(2)), null);
    assert.equal(claimed(survivor.outbox, minutesLater(4)).attempts, 2);
  });

  test('gives one delivery to one of two connections', (context) => {
    const { path, outbox } = place(context, 10);
    using other = openSharedStore(path);
    const ids: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      ids.push(claimed(outbox, someMorning).deliveryId, claimed(other.outbox, someMorning).deliveryId);
    }
    assert.equal(new Set(ids).size, 10);
    assert.equal(outbox.claim(someMorning), null);
    assert.equal(other.outbox.claim(someMorning), null);
  });

  test('gives one delivery to one of two processes', { timeout: 20_000 }, async (context) => {
    const { path } = place(context, 300);
    const processes = [1, 2].map(() => startScript(context, './claim-all.ts', [path]));
    await Promise.all(processes.map(firstOutput));
    const outputs = processes.map(allOutput);
    for (const child of processes) child.stdin?.end('go\n');
    const ids = (await Promise.all(outputs)).join('').trim().split('\n');
    assert.equal(ids.length, 300);
    assert.equal(new Set(ids).size, 300);
  });

  test('gives out what is due for the longest time first', (context) => {
    const { outbox } = place(context, 2);
    const first = claimed(outbox, someMorning);
    outbox.settle(first, retryAt(minutesLater(1)), someMorning);
    assert.notEqual(claimed(outbox, minutesLater(5)).deliveryId, first.deliveryId);
    assert.equal(claimed(outbox, minutesLater(5)).deliveryId, first.deliveryId);
  });

  test('gives out at once what a wrong clock put off further than any wait is long', (context) => {
    const { outbox } = place(context);
    outbox.settle(claimed(outbox, someMorning), retryAt(minutesLater(13 * 60)), someMorning);
    assert.equal(outbox.claim(minutesLater(61)), null);
    assert.equal(claimed(outbox, minutesLater(59)).attempts, 2);
  });

  test('lets nobody settle a delivery whose lease was lost', (context) => {
    const { path, outbox } = place(context);
    const slow = claimed(outbox, someMorning);
    using other = openSharedStore(path);
    const quick = claimed(other.outbox, minutesLater(4));
    outbox.settle(slow, { status: 'parked', error: 'too late' }, minutesLater(4));
    assert.deepEqual(outbox.counts(), { pending: 1, parked: 0 });
    other.outbox.settle(quick, { status: 'sent' }, minutesLater(5));
    outbox.settle(slow, retryAt(minutesLater(9)), minutesLater(5));
    assert.deepEqual(outbox.list()[0]?.deliveries, [
      {
        recipient,
        status: 'sent',
        attempts: 2,
        nextAttemptAt: null,
        sentAt: minutesLater(5).toISOString(),
        lastError: null,
        discardReason: null,
      },
    ]);
  });

  test('remembers since when a recipient is refused for now', (context) => {
    const { outbox } = place(context);
    const decision = { ...retryAt(minutesLater(1)), deferredSince: someMorning };
    outbox.settle(claimed(outbox, someMorning), decision, someMorning);
    assert.equal(outbox.list()[0]?.deliveries[0]?.lastError, 'busy');
    assert.deepEqual(claimed(outbox, minutesLater(1)).deferredSince, someMorning);
  });

  test('makes waiting mail due, but not what another process is sending', (context) => {
    const { path, outbox } = place(context, 2);
    const waiting = claimed(outbox, someMorning);
    outbox.settle(waiting, retryAt(minutesLater(60)), someMorning);
    const leased = claimed(outbox, someMorning);
    using other = openSharedStore(path);
    other.outbox.makeDue(minutesLater(1));
    assert.equal(claimed(other.outbox, minutesLater(1)).deliveryId, waiting.deliveryId);
    assert.equal(other.outbox.claim(minutesLater(1)), null);
    outbox.settle(leased, { status: 'sent' }, minutesLater(1));
    assert.deepEqual(outbox.counts(), { pending: 1, parked: 0 });
  });

  test('puts off what is due, but neither what waits longer nor what is being sent', (context) => {
    const { outbox } = place(context, 3);
    const waiting = claimed(outbox, someMorning);
    outbox.settle(waiting, retryAt(minutesLater(60)), someMorning);
    const leased = claimed(outbox, someMorning);
    outbox.postponeDue(minutesLater(10), 'the server is down', minutesLater(1));
    assert.equal(outbox.claim(minutesLater(2)), null);
    const [third, , first] = outbox.list().map(({ deliveries }) => deliveries[0]);
    assert.equal(third?.nextAttemptAt, minutesLater(10).toISOString());
    assert.equal(third?.lastError, 'the server is down');
    assert.equal(third?.attempts, 0);
    assert.equal(first?.nextAttemptAt, minutesLater(60).toISOString());
    assert.equal(first?.lastError, 'busy');
    outbox.settle(leased, { status: 'sent' }, minutesLater(1));
    assert.notEqual(claimed(outbox, minutesLater(10)).deliveryId, leased.deliveryId);
  });

  test('puts off also what a process was sending when it died', (context) => {
    const { outbox } = place(context);
    claimed(outbox, someMorning);
    outbox.postponeDue(minutesLater(60), 'the server is down', minutesLater(10));
    assert.equal(outbox.claim(minutesLater(11)), null);
  });

  test('gives up what a message still has to deliver, and says how much', (context) => {
    const { outbox } = place(context, 2, ['a@acme.example', 'b@acme.example', 'c@acme.example']);
    const [second, first] = outbox.list();
    outbox.settle(claimed(outbox, someMorning), { status: 'sent' }, someMorning);
    outbox.settle(claimed(outbox, someMorning), { status: 'parked', error: 'unknown' }, someMorning);
    assert.equal(outbox.discard(first?.id ?? 0, 'not wanted', someMorning), 2);
    assert.deepEqual(
      outbox.list()[1]?.deliveries.map(({ status }) => status),
      ['sent', 'discarded', 'discarded'],
    );
    assert.deepEqual(outbox.counts(), { pending: 3, parked: 0 });
    assert.equal(outbox.discard(first?.id ?? 0, 'again', someMorning), 0);
    assert.equal(outbox.discard((second?.id ?? 0) + 1, 'unknown', someMorning), null);
  });

  test('lets nobody settle what was given up meanwhile', (context) => {
    const { outbox } = place(context);
    const delivery = claimed(outbox, someMorning);
    const id = outbox.list()[0]?.id ?? 0;
    assert.equal(outbox.discard(id, 'not wanted', someMorning), 0, 'it is being sent');
    assert.equal(outbox.discard(id, 'not wanted', minutesLater(10)), 1, 'its lease has ended');
    assert.equal(outbox.settle(delivery, retryAt(minutesLater(1)), minutesLater(10)), false);
    assert.equal(outbox.list()[0]?.deliveries[0]?.status, 'discarded');
  });

  test('gives parked mail another chance, and leaves all other mail alone', (context) => {
    const { outbox } = place(context, 3);
    outbox.settle(claimed(outbox, someMorning), { status: 'parked', error: 'unknown' }, someMorning);
    outbox.settle(claimed(outbox, someMorning), { status: 'sent' }, someMorning);
    assert.deepEqual(outbox.counts(), { pending: 1, parked: 1 });
    outbox.unpark(minutesLater(1));
    assert.deepEqual(outbox.counts(), { pending: 2, parked: 0 });
    const chances = [claimed(outbox, minutesLater(1)), claimed(outbox, minutesLater(1))];
    assert.deepEqual(chances.map(({ message }) => message.messageId).sort(), [
      someMessage(1).messageId,
      someMessage(3).messageId,
    ]);
    assert.equal(outbox.claim(minutesLater(1)), null);
  });

  test('gives up what waits for those who are no readers any more, but not what is being sent', (context) => {
    const { outbox } = place(context, 2, ['left@acme.example', 'STAYS@acme.example']);
    const leased = claimed(outbox, someMorning);
    assert.equal(leased.recipient, 'left@acme.example');
    const discarded = outbox.discardForOthersThan(['stays@acme.example'], minutesLater(1));
    assert.deepEqual(
      discarded.map(({ recipient }) => recipient),
      ['left@acme.example'],
    );
    assert.deepEqual(outbox.counts(), { pending: 3, parked: 0 });
    outbox.settle(leased, { status: 'sent' }, minutesLater(1));
    assert.deepEqual(outbox.discardForOthersThan(['stays@acme.example'], minutesLater(1)), []);
  });

  test('knows when the next delivery is due', (context) => {
    const { outbox } = place(context, 2);
    assert.deepEqual(outbox.nextDue(), someMorning);
    outbox.settle(claimed(outbox, someMorning), retryAt(minutesLater(7)), someMorning);
    outbox.settle(claimed(outbox, someMorning), { status: 'sent' }, someMorning);
    assert.deepEqual(outbox.nextDue(), minutesLater(7));
    outbox.settle(claimed(outbox, minutesLater(7)), { status: 'sent' }, minutesLater(7));
    assert.equal(outbox.nextDue(), null);
  });
});
