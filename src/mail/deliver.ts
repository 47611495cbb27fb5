import type { Clock } from '../clock.ts';
import type { MailAddress } from '../config/mail-addresses.ts';
import type { Logger } from '../logging.ts';
import type { ClaimedDelivery, DeliveryPass } from '../store/delivery-queue.ts';
import type { OutboxCounts } from '../store/mail-log.ts';
import type { Outbox } from '../store/outbox.ts';
import type { Transaction, Transactions } from '../store/transaction.ts';
import { withSender } from './address-mail.ts';
import { type DeliveryOutcome, decideDelivery } from './delivery-policy.ts';
import type { Mailer } from './mailer.ts';

export interface DeliverDeps {
  outbox: Outbox;
  transactions: Pick<Transactions, 'run'>;
  mailer: Pick<Mailer, 'send'>;
  /** Queues a mail that warns the recipient of this delivery that its message was refused. */
  queueNotice(tx: Transaction, delivery: ClaimedDelivery, now: Date): void;
  /** MAIL_FROM. */
  sender: MailAddress;
  /** The addresses of MAIL_TO. */
  recipients: readonly string[];
  clock: Clock;
  log: Logger;
  /** Uniform in [0, 1). */
  random(): number;
}

export interface DeliveryTally extends OutboxCounts {
  /** How many deliveries the mail server accepted. */
  sent: number;
}

/** More than this many attempts in one pass would be a defect, not a backlog. */
const maxAttempts = 100_000;

/**
 * Attempts every delivery that is due now, once, and returns what was sent and what still waits. Applies MAIL_TO to
 * all unfinished mail first. Once the mail server accepts a mail, all that waits is due. A mail server that accepts
 * nothing ends the pass and postpones the rest.
 */
export async function deliverDue(deps: DeliverDeps, signal: AbortSignal): Promise<DeliveryTally> {
  const { outbox, clock } = deps;
  const start = clock.now();
  redirectMail(deps, start);
  const pass = { start, attempted: [] };
  let sent = 0;
  for await (const outcome of attempts(deps, pass, signal)) {
    const now = clock.now();
    if (outcome.kind === 'accepted') {
      if (sent === 0) outbox.makeDue(now, pass);
      sent += 1;
    }
    if (outcome.kind === 'unavailable' && outcome.affectsAll) {
      // This delivery waits longer after each attempt, and so does its recipient. Mail to others waits a minute.
      outbox.postponeDue(new Date(now.getTime() + outagePauseMs), outcome.reason, now);
      break;
    }
  }
  return { sent, ...outbox.counts() };
}

/** Attempts the deliveries of one message, once each, and touches no other mail. Counts only this message. */
export async function deliverOnly(deps: DeliverDeps, messageId: number, signal: AbortSignal): Promise<DeliveryTally> {
  const pass = { start: deps.clock.now(), attempted: [], messageId };
  let sent = 0;
  for await (const outcome of attempts(deps, pass, signal)) {
    if (outcome.kind === 'accepted') sent += 1;
  }
  return { sent, ...deps.outbox.counts(messageId) };
}

/** Attempts one delivery after another, and yields the outcome of each once it is recorded. */
async function* attempts(
  deps: DeliverDeps,
  pass: DeliveryPass & { attempted: number[] },
  signal: AbortSignal,
): AsyncGenerator<DeliveryOutcome> {
  const { outbox, clock, mailer, sender } = deps;
  for (let attempt = 0; attempt < maxAttempts && !signal.aborted; attempt += 1) {
    const delivery = outbox.claim(clock.now(), pass);
    if (delivery === null) return;
    const outcome = await mailer.send(withSender(delivery.message, sender), delivery.recipient, signal);
    settle(deps, delivery, outcome);
    if (outcome.kind !== 'accepted') pass.attempted.push(delivery.deliveryId);
    yield outcome;
  }
}

/** Applies MAIL_TO to all unfinished mail, and logs what that changed. */
export function redirectMail(
  { outbox, transactions, recipients, log }: Pick<DeliverDeps, 'outbox' | 'transactions' | 'recipients' | 'log'>,
  now: Date,
): void {
  const { redirected, restored, discarded } = transactions.run((tx) => outbox.redirect(tx, recipients, now));
  for (const { messageId: mail, kind, recipient } of redirected) {
    log.warn({ mail, kind, recipient }, 'mail redirected: MAIL_TO has changed, and nobody had received it');
  }
  for (const { deliveryId, recipient } of restored) {
    log.warn({ deliveryId, recipient }, 'mail restored: the address is in MAIL_TO again');
  }
  for (const { deliveryId, recipient } of discarded) {
    log.warn({ deliveryId, recipient }, 'mail discarded: the address is no longer in MAIL_TO');
  }
}

/** How long to pause when the mail server accepts nothing. */
const outagePauseMs = 60_000;
/** Mail that has waited longer than this needs a person, so its retries are logged as errors. */
const longWaitMs = 60 * 60_000;

function settle(
  { outbox, transactions, queueNotice, clock, log, random }: DeliverDeps,
  delivery: ClaimedDelivery,
  outcome: DeliveryOutcome,
): void {
  const now = clock.now();
  const decision = decideDelivery(outcome, delivery, now, random());
  const about = {
    deliveryId: delivery.deliveryId,
    messageId: delivery.message.messageId,
    recipient: delivery.recipient,
    attempts: delivery.attempts,
  };
  const isSettled = transactions.run((tx) => {
    if (!outbox.settle(tx, delivery, decision, now)) return false;
    // The same recipient may accept other mail, so a refused message must not be the end of it.
    if (decision.status === 'parked' && decision.stage === 'message') queueNotice(tx, delivery, now);
    return true;
  });
  if (!isSettled) {
    log.warn(
      { ...about, status: decision.status },
      'another process took over this delivery, so the outcome of this attempt is not recorded',
    );
    return;
  }
  switch (decision.status) {
    case 'sent':
      log.info(about, 'mail sent');
      break;
    case 'parked':
      log.error({ ...about, error: decision.error }, 'mail parked: it will not be retried automatically');
      break;
    case 'pending': {
      const waitsLong = now.getTime() - Date.parse(delivery.message.createdAt) > longWaitMs;
      const retry = { ...about, error: decision.error, nextAttemptAt: decision.nextAttemptAt.toISOString() };
      log[waitsLong ? 'error' : 'warn'](retry, 'mail will be retried');
      break;
    }
    default:
      decision satisfies never;
  }
}

/** The pause between two passes while a command waits for its mail. It doubles each time. */
const firstPatientPauseMs = 5000;
const maxPatientPauseMs = 60_000;

/**
 * Delivers all waiting mail, and retries for up to `patienceMs` while some is still waiting. It is for commands
 * that exit afterwards, so it ignores when the next attempt of a mail is due.
 */
export async function deliverWithPatience(
  deps: DeliverDeps,
  patienceMs: number,
  signal: AbortSignal,
): Promise<DeliveryTally> {
  const { outbox, clock } = deps;
  const startMs = clock.monotonicMs();
  let sent = 0;
  for (let pauseMs = firstPatientPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxPatientPauseMs)) {
    outbox.makeDue(clock.now());
    const pass = await deliverDue(deps, signal);
    sent += pass.sent;
    const leftMs = patienceMs - (clock.monotonicMs() - startMs);
    if (pass.pending === 0 || leftMs <= 0 || signal.aborted) return { ...pass, sent };
    await clock.sleep(Math.min(pauseMs, leftMs), signal);
  }
}
