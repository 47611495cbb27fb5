import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { someMorning } from '../support/fake-clock.ts';
import { someMessage } from '../support/messages.ts';
import { createOutboxBench } from '../support/outbox-bench.ts';

const a = 'a@acme.example';
const b = 'b@acme.example';
const c = 'c@acme.example';

describe('when MAIL_TO changes, a message that nobody has received', () => {
  test('goes to the present recipients, unchanged, even if it was parked', (context) => {
    const { redirect, queue, claim, attempt, statuses } = createOutboxBench(context);
    queue([a], 'baseline');
    attempt('parked');
    const { redirected, discarded } = redirect([b, c], 1);
    assert.deepEqual(
      redirected.map(({ messageId, kind, recipient }) => `${messageId} ${kind} ${recipient}`),
      [`1 baseline ${b}`, `1 baseline ${c}`],
    );
    assert.deepEqual(discarded, []);
    assert.deepEqual(statuses(), [`1 ${a} discarded`, `1 ${b} pending`, `1 ${c} pending`]);
    assert.deepEqual(claim(1)?.message, someMessage(1, { kind: 'baseline' }));
    assert.deepEqual(redirect([b, c], 1).redirected, []);
  });

  test('stays with the recipients that stay, in capitals or not, and joins the queue of a new one in its place', (context) => {
    const { redirect, queue, attempt, statuses } = createOutboxBench(context);
    queue(['A@acme.example']);
    queue([a, b]);
    redirect([a, b]);
    assert.deepEqual(statuses(), ['1 A@acme.example pending', `1 ${b} pending`, `2 ${a} pending`, `2 ${b} pending`]);
    const order = [1, 2, 3, 4].map(() => attempt('sent'));
    assert.deepEqual(order, ['1 to A@acme.example', `1 to ${b}`, `2 to ${a}`, `2 to ${b}`]);
  });

  test('returns to a recipient who returns', (context) => {
    const { redirect, queue, statuses } = createOutboxBench(context);
    queue([a]);
    redirect([b]);
    redirect([a]);
    assert.deepEqual(statuses(), [`1 ${a} pending`, `1 ${b} discarded`]);
  });

  test('waits while a process is sending it', (context) => {
    const { redirect, queue, claim, statuses } = createOutboxBench(context);
    queue([a, b]);
    claim();
    redirect([c], 1);
    assert.deepEqual(statuses(), [`1 ${a} pending`, `1 ${b} pending`]);
    redirect([c], 4);
    assert.deepEqual(statuses(), [`1 ${a} discarded`, `1 ${b} discarded`, `1 ${c} pending`]);
  });

  test('stays given up if an operator gave it up', (context) => {
    const { store, redirect, queue, statuses } = createOutboxBench(context);
    queue([a]);
    store.outbox.discard(1, 'not wanted', someMorning);
    redirect([b]);
    assert.deepEqual(statuses(), [`1 ${a} discarded`]);
  });
});

test('when MAIL_TO changes, a message that somebody has received loses its former recipients and gets no new ones', (context) => {
  const { redirect, queue, attempt, statuses } = createOutboxBench(context);
  queue([a, b, c]);
  attempt('sent');
  const { redirected, discarded } = redirect([a, c, 'd@acme.example']);
  assert.deepEqual([redirected, discarded.map(({ recipient }) => recipient)], [[], [b]]);
  assert.deepEqual(statuses(), [`1 ${a} sent`, `1 ${b} discarded`, `1 ${c} pending`]);
});

test('a recipient who returns gets back what a change of MAIL_TO took away, even if others have received it', (context) => {
  const { redirect, queue, attempt, statuses } = createOutboxBench(context);
  queue([a]);
  redirect([b]);
  attempt('sent');
  queue([b, c]);
  attempt('sent');
  redirect([b]);
  const { redirected, restored } = redirect([a, b, c]);
  assert.deepEqual([redirected, restored.map(({ recipient }) => recipient)], [[], [a, c]]);
  assert.deepEqual(statuses(), [`1 ${a} pending`, `1 ${b} sent`, `2 ${b} sent`, `2 ${c} pending`]);
});
