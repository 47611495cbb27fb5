import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { MailReport } from '../../src/history/report.ts';
import { msPerDay, msPerMinute } from '../../src/time/duration.ts';
import { someMorning } from '../support/fake-clock.ts';
import { createOutboxBench, type OutboxBench } from '../support/outbox-bench.ts';

const a = 'a@acme.example';
const b = 'b@acme.example';
const c = 'c@acme.example';

/** An outbox, and what the next mail to these recipients says about it. Days count from the first mail. */
function setUp(context: TestContext): OutboxBench & {
  report(recipients?: string[], days?: number): MailReport;
  undelivered(days?: number): string[];
} {
  const bench = createOutboxBench(context);
  const report = (recipients = [a, b], days = 0): MailReport =>
    bench.store.history.mailReport(recipients, new Date(someMorning.getTime() + days * msPerDay));
  const undelivered = (days = 0): string[] =>
    report([a, b], days).undelivered.map(({ id, deliveries }) =>
      [id, ...deliveries.map(({ recipient, status }) => `${recipient} ${status}`)].join(' '),
    );
  return { ...bench, report, undelivered };
}

describe('undelivered mail', () => {
  test('is what is parked or has waited for a day, give or take half an hour', (context) => {
    const { queue, attempt, report, undelivered } = setUp(context);
    queue([a, b]);
    assert.deepEqual(undelivered(), []);
    attempt('parked');
    attempt('waits');
    assert.deepEqual(undelivered(), [`1 ${a} parked`]);
    assert.deepEqual(undelivered(1 - (30 * msPerMinute + 1) / msPerDay), [`1 ${a} parked`]);
    assert.deepEqual(undelivered(1 - (30 * msPerMinute) / msPerDay), [`1 ${a} parked ${b} pending`]);
    assert.equal(report().undelivered[0]?.deliveries[0]?.replyCodes, '550');
    attempt('sent', 1e6);
    assert.deepEqual(undelivered(9), [`1 ${a} parked`]);
  });

  test('includes mail that was made before the clock was set back', (context) => {
    const { queue, undelivered } = setUp(context);
    queue([a]);
    assert.deepEqual(undelivered(-1), [`1 ${a} pending`]);
  });

  test('includes mail that was given up unseen, for a week and until a later mail arrived', (context) => {
    const { store, queue, attempt, undelivered } = setUp(context);
    queue([a, b]);
    store.outbox.discard(1, 'not wanted', someMorning);
    assert.deepEqual(undelivered(), [`1 ${a} discarded ${b} discarded`]);
    assert.deepEqual(undelivered(500), [`1 ${a} discarded ${b} discarded`]);
    queue([a]);
    attempt('sent');
    assert.deepEqual(undelivered(6.9), [`1 ${a} discarded ${b} discarded`]);
    assert.deepEqual(undelivered(7), []);
  });

  test('does not include mail that somebody received before it was given up, nor a test', (context) => {
    const { store, queue, attempt, undelivered } = setUp(context);
    queue([a, b]);
    queue([a], 'test');
    attempt('sent');
    for (const id of [1, 2]) store.outbox.discard(id, 'not wanted', someMorning);
    assert.deepEqual(undelivered(), []);
  });
});

describe('a change of MAIL_TO', () => {
  test('is reported by the next mail about an audit that is not refused, whatever tests come between', (context) => {
    const { queue, attempt, report } = setUp(context);
    const change = (): string[][] => [report([b, c]).added, report([b, c]).removed];
    assert.deepEqual([report().added, report().removed], [[], []]);
    queue([a, 'B@acme.example']);
    queue([c], 'test');
    assert.deepEqual(change(), [[c], [a]]);
    for (let number = 1; number <= 3; number += 1) attempt('sent');
    queue([b, c]);
    assert.deepEqual(change(), [[], []]);
    for (let number = 1; number <= 2; number += 1) attempt('parked');
    assert.deepEqual(change(), [[c], [a]], 'nobody has read the report');
  });

  test('is reported with the mail that it redirected and the mail that former recipients did not get', (context) => {
    const { queue, attempt, redirect, report } = setUp(context);
    queue([a, b], 'baseline');
    attempt('sent');
    queue([a, b]);
    redirect([a, c]);
    const { redirected, givenUp } = report([a, c]);
    assert.deepEqual(redirected, [{ id: 2, kind: 'digest', createdAt: someMorning.toISOString() }]);
    assert.deepEqual(givenUp, [{ recipient: b, count: 1 }]);
    queue([a, c]);
    assert.deepEqual([report([a, c]).redirected, report([a, c]).givenUp], [[], []]);
  });

  test('that is taken back is not reported with mail that only a former recipient has received', (context) => {
    const { queue, attempt, redirect, report } = setUp(context);
    queue([a]);
    redirect([b]);
    attempt('sent');
    redirect([a]);
    assert.deepEqual([report([a]).redirected, report([a]).givenUp], [[], []]);
  });
});
