import type { Clock } from '../clock.ts';
import type { Logger } from '../logging.ts';
import type { OutboxCounts } from '../store/mail-log.ts';
import type { ClaimedDelivery, Outbox } from '../store/outbox.ts';
import { type DeliveryOutcome, decideDelivery } from './delivery-policy.ts';
import type { Mailer } from './mailer.ts';

export interface DeliverDeps {
  outbox: Outbox;
  mailer: Pick<Mailer, 'send'>;
  /** The addresses of MAIL_TO. Mail that waits for any other address is discarded. */
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
 * Attempts every delivery that is due now, once, and returns what was sent and what still waits. A mail
 * server that accepts nothing ends the pass and postpones the rest. A refused mail does not delay the
 * others. Mail for former recipients is discarded first.
 */
export async function deliverDue(deps: DeliverDeps, signal: AbortSignal): Promise<DeliveryTally> {
  const { outbox, clock, mailer } = deps;
  const passStart = clock.now();
  discardForFormerRecipients(deps, passStart);
  let sent = 0;
  for (let attempt = 0; attempt < maxAttempts && !signal.aborted; attempt += 1) {
    const delivery = outbox.claim(clock.now(), passStart);
    if (delivery === null) break;
    const outcome = await mailer.send(delivery.message, delivery.recipient, signal);
    settle(deps, delivery, outcome);
    if (outcome.kind === 'accepted') sent += 1;
    if (outcome.kind === 'unavailable' && outcome.affectsAll) {
      // Only this delivery waits longer after each attempt. All other mail waits a minute, so that new mail is not held up.
      const now = clock.now();
      outbox.postponeDue(new Date(now.getTime() + outagePauseMs), outcome.reason, now);
      break;
    }
  }
  return { sent, ...outbox.counts() };
}

function discardForFormerRecipients({ outbox, recipients, log }: DeliverDeps, now: Date): void {
  for (const { deliveryId, recipient } of outbox.discardForOthersThan(recipients, now)) {
    log.warn({ deliveryId, recipient }, 'mail discarded: the address is no longer in MAIL_TO');
  }
}

/** How long to pause when the mail server accepts nothing. */
const outagePauseMs = 60_000;
/** Mail that has waited longer than this needs a person, so its retries are logged as errors. */
const longWaitMs = 60 * 60_000;

function settle(
  { outbox, clock, log, random }: DeliverDeps,
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
  if (!outbox.settle(delivery, decision, now)) {
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
