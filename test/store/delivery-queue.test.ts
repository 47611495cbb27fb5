import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createOutboxBench, waitMinutes } from '../support/outbox-bench.ts';

const a = 'a@acme.example';
const b = 'b@acme.example';

describe('mail to one recipient goes out in the order in which it was made', () => {
  test('while it waits for the server or the recipient, and mail to others goes on', (context) => {
    const { queue, claim, attempt } = createOutboxBench(context);
    queue([a]);
    queue([a, b]);
    assert.equal(attempt('waits'), `1 to ${a}`);
    assert.equal(attempt('sent'), `2 to ${b}`);
    assert.equal(claim(waitMinutes - 1), null);
    assert.equal(attempt('sent', waitMinutes), `1 to ${a}`);
    assert.equal(attempt('sent', waitMinutes), `2 to ${a}`);
  });

  test('while another process is sending it', (context) => {
    const { queue, claim } = createOutboxBench(context);
    queue([a]);
    queue([a]);
    assert.equal(claim()?.messageId, 1);
    assert.equal(claim(2), null);
    assert.equal(claim(4)?.messageId, 1, 'the other process has died');
  });

  test('when new mail makes the first one due before its time, once', (context) => {
    const { store, queue, claim, attempt } = createOutboxBench(context);
    queue([a]);
    attempt('waits');
    queue([a], 'digest', 1);
    assert.equal(attempt('waits', 1), `1 to ${a}`);
    assert.equal(claim(waitMinutes), null);
    assert.equal(store.outbox.nextDue()?.getMinutes(), waitMinutes + 1);
    assert.equal(attempt('parked', waitMinutes + 1), `1 to ${a}`);
    assert.equal(attempt('sent', waitMinutes + 1), `2 to ${a}`);
  });

  test('also after parked mail was made due again', (context) => {
    const { store, queue, attempt } = createOutboxBench(context);
    queue([a]);
    attempt('parked');
    queue([a]);
    store.outbox.unpark(new Date());
    assert.deepEqual([attempt('sent', 1e9), attempt('sent', 1e9)], [`1 to ${a}`, `2 to ${a}`]);
  });
});

describe('mail does not wait', () => {
  test('behind a message that stepped aside', (context) => {
    const { queue, claim, attempt } = createOutboxBench(context);
    for (let number = 1; number <= 3; number += 1) queue([a]);
    assert.equal(attempt('steps aside'), `1 to ${a}`);
    assert.equal(attempt('waits'), `2 to ${a}`);
    assert.equal(claim(waitMinutes - 1), null);
    assert.equal(attempt('waits', waitMinutes), `1 to ${a}`);
    assert.equal(attempt('sent', waitMinutes), `2 to ${a}`);
    assert.equal(attempt('sent', waitMinutes), `3 to ${a}`);
  });

  test('behind a test, and a test waits for no other mail', (context) => {
    const { queue, attempt } = createOutboxBench(context);
    queue([a]);
    attempt('waits');
    queue([a], 'test', 1);
    assert.equal(attempt('waits', 1), `2 to ${a}`);
    assert.equal(attempt('sent', waitMinutes), `1 to ${a}`);
  });

  test('behind a recovery that waits for its failure', (context) => {
    const { queue, claim, attempt } = createOutboxBench(context);
    queue([a], 'failing');
    assert.equal(attempt('steps aside'), `1 to ${a}`);
    queue([a], 'recovered');
    queue([a]);
    assert.equal(attempt('sent'), `3 to ${a}`);
    assert.equal(claim(1), null);
    assert.equal(attempt('sent', waitMinutes), `1 to ${a}`);
    assert.equal(attempt('sent', waitMinutes), `2 to ${a}`);
  });
});
