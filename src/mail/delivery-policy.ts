import { msPerDay, msPerMinute } from '../time/duration.ts';

/** How one attempt to hand a message to the mail server ended, for one recipient. */
export type DeliveryOutcome =
  | { kind: 'accepted' }
  /** The recipient or the message was refused for good (5xx to RCPT TO or DATA). */
  | { kind: 'refused'; reason: string }
  /** The recipient or the message was refused for now (4xx to RCPT TO or DATA; greylisting). */
  | { kind: 'deferred'; reason: string }
  /**
   * The fault lies elsewhere: connection, TLS, log-in, sender. `affectsAll`: no other delivery
   * could succeed now either, so there is no point in trying.
   */
  | { kind: 'unavailable'; reason: string; affectsAll: boolean };

export type DeliveryDecision =
  | { status: 'sent' }
  | { status: 'parked'; error: string }
  | { status: 'pending'; error: string; nextAttemptAt: Date; deferredSince: Date | null };

/** Between two attempts. */
const maxWaitMs = 6 * 60 * msPerMinute;
/** RFC 5321 4.5.4.1: give up on a recipient after four to five days of temporary refusals. */
const patienceWithDeferralsMs = 5 * msPerDay;

export interface DeliveryAttempt {
  /** Attempts so far, including this one. */
  attempts: number;
  /** When the recipient or message was first refused temporarily; null when it never was. */
  deferredSince: Date | null;
}

/**
 * Decides what becomes of a delivery after an attempt. Only a refusal of the recipient or the message
 * can park it. In an outage it waits, however long. `jitter` is uniform in [0, 1).
 */
export function decideDelivery(
  outcome: DeliveryOutcome,
  { attempts, deferredSince }: DeliveryAttempt,
  now: Date,
  jitter: number,
): DeliveryDecision {
  if (outcome.kind === 'accepted') return { status: 'sent' };
  const { kind, reason: error } = outcome;
  if (kind === 'refused') return { status: 'parked', error };
  const since = kind === 'deferred' ? (deferredSince ?? now) : deferredSince;
  if (kind === 'deferred' && since !== null && now.getTime() - since.getTime() >= patienceWithDeferralsMs) {
    return { status: 'parked', error: `${error} (refused for five days)` };
  }
  // Starts at 1 minute and doubles up to 6 hours, minus up to a fifth so that waiting mails spread out.
  const waitMs = Math.min(msPerMinute * 2 ** (attempts - 1), maxWaitMs);
  const nextAttemptAt = new Date(now.getTime() + Math.max(msPerMinute, waitMs * (1 - 0.2 * jitter)));
  return { status: 'pending', error, nextAttemptAt, deferredSince: since };
}
