import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverDue } from '../../src/mail/deliver.ts';
import type { MessageKind } from '../../src/mail/message.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { readColumn } from '../support/database-rows.ts';
import { createDeliverBench } from '../support/deliver-bench.ts';
import { someMessage } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { type SmtpReply, type SmtpStep, startScriptedSmtpServer } from '../support/scripted-smtp.ts';
import { msPerHour } from '../support/spans.ts';
import { isFull, seed, tally } from './support/tally.ts';

const [a, b, c] = ['a@acme.example', 'b@acme.example', 'c@acme.example'];
/** MAIL_TO changes every few weeks. */
const mailTo = [[a], [a, b], [b, c], [c], [a, b, c]];
const days = isFull ? 365 : 60;

const hiccups: { step: SmtpStep; reply: SmtpReply }[] = [
  { step: 'connection', reply: '421 4.3.2 too busy' },
  { step: 'connection', reply: { cut: true } },
  { step: 'MAIL', reply: '451 4.3.0 later' },
  { step: 'RCPT', reply: '450 4.2.0 greylisted' },
  { step: 'RCPT', reply: '554 5.7.1 Client host rejected' },
  { step: 'DATA', reply: '451 4.3.0 later' },
  { step: 'content', reply: '451 4.7.1 the scanner is busy' },
  { step: 'content', reply: { cut: true } },
];

interface YearDelivery {
  id: number;
  kind: MessageKind;
  subject: string;
  /** The message that a notice is about. */
  about: number | null;
  messageId: string;
  recipient: string;
  status: string;
  stepsAside: number;
  isRedirected: number;
}

/** Returns the kinds of the mails of a day. */
function mailsOf(day: number): MessageKind[] {
  if (day === 0) return ['baseline'];
  if (day % 30 === 20) return ['failing'];
  if (day % 30 === 21) return ['failing', 'recovered', 'digest'];
  return day % 7 === 0 ? ['digest', 'summary'] : ['digest'];
}

test(`in ${days} days with a flaky mail server and changing recipients, no mail is lost, repeated or reordered`, async (context) => {
  const random = generator(seed);
  let downUntilMs = 0;
  let fault: (typeof hiccups)[number] | undefined;
  let messageFaults = 0;
  await using server = await startScriptedSmtpServer((step, { raw }) => {
    if (step === 'connection') {
      const isDown = bench.clock.now().getTime() < downUntilMs;
      fault = isDown ? hiccups[0] : random() < 0.4 ? hiccups[Math.floor(random() * hiccups.length)] : undefined;
    }
    if (step === 'content' && /^Subject: .*poison/m.test(raw)) return '550 5.7.1 content rejected';
    if (fault?.step !== step) return undefined;
    tally.faults += 1;
    if (step === 'DATA' || step === 'content') messageFaults += 1;
    return fault.reply;
  });
  const bench = createDeliverBench(context, server.port, { messageCount: 0 });
  const { outbox, transactions } = bench.store;
  let count = 0;
  for (let day = 0; day < days + 10; day += 1) {
    const endMs = bench.clock.now().getTime() + msPerDay;
    const recipients = mailTo[Math.floor(day / 17) % mailTo.length] ?? [];
    for (const kind of day < days ? mailsOf(day) : []) {
      count += 1;
      const subject = count % 25 === 0 ? 'poison' : 'a mail';
      const message = someMessage(count, { kind, subject, createdAt: bench.clock.now().toISOString() });
      transactions.run((tx) => outbox.enqueue(tx, message, recipients, null));
    }
    if (day < days && random() < 0.1) downUntilMs = bench.clock.now().getTime() + random() * 60 * msPerHour;
    for (let nowMs = bench.clock.now().getTime(); nowMs < endMs; ) {
      await deliverDue({ ...bench.deps, recipients }, noAbort);
      const nextMs = outbox.nextDue()?.getTime() ?? endMs;
      bench.clock.advance(Math.min(Math.max(nextMs, nowMs + 1000), endMs) - nowMs);
      nowMs = bench.clock.now().getTime();
    }
  }

  const deliveries = readColumn(
    bench.path,
    `SELECT json_object('id', m.id, 'kind', m.kind, 'subject', m.subject, 'about', m.about_message_id,
                        'messageId', m.message_id, 'recipient', d.recipient, 'status', d.status,
                        'stepsAside', d.steps_aside, 'isRedirected', d.redirected_after IS NOT NULL)
       FROM deliveries AS d JOIN messages AS m ON m.id = d.message_id ORDER BY m.id, d.id`,
  ).map((json): YearDelivery => JSON.parse(String(json)));
  const keyOf = (each: Pick<YearDelivery, 'messageId' | 'recipient'>) => `${each.recipient} ${each.messageId}`;
  const arrived = server.accepted.map(({ to, messageId }) => keyOf({ recipient: to, messageId }));
  const sent = deliveries.filter(({ status }) => status === 'sent');
  assert.deepEqual(arrived.toSorted(), sent.map(keyOf).sort(), 'each mail arrived once');

  for (const each of deliveries) {
    const isPoison = each.subject === 'poison';
    assert.ok(each.status === 'sent' || each.status === 'discarded' || isPoison, `${keyOf(each)} ${each.status}`);
    const isKnown = sent.some(({ id, about }) => (isPoison ? about : id) === each.id);
    assert.ok(isKnown, `nobody received ${keyOf(each)}, or a notice about it`);
  }

  const byKey = new Map(deliveries.map((each) => [keyOf(each), each]));
  for (const recipient of [a, b, c]) {
    const received = arrived.flatMap((key) => byKey.get(key) ?? []).filter((each) => each.recipient === recipient);
    const inQueue = received.filter(({ stepsAside, isRedirected }) => stepsAside + isRedirected === 0);
    const ids = inQueue.filter(({ kind }) => kind !== 'recovered').map(({ id }) => id);
    assert.deepEqual(
      ids,
      ids.toSorted((x, y) => x - y),
      `mail to ${recipient} was reordered`,
    );
    for (const [index, { kind, id }] of received.entries()) {
      if (kind !== 'recovered') continue;
      const late = received.slice(index).filter((each) => each.kind === 'failing' && each.id < id);
      assert.deepEqual(late, [], `${recipient} got a recovery before its failure`);
    }
  }
  const aside = deliveries.filter(({ stepsAside }) => stepsAside === 1);
  assert.ok(aside.length <= messageFaults, 'only trouble with the message itself lets a mail step aside');
  tally.mails += count;
});

/** Returns pseudo-random numbers, uniform in [0, 1), that a seed repeats (mulberry32). */
function generator(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
