import { msPerDay, msPerMinute } from '../time/duration.ts';

/** `message`: the message is too large (perhaps only for now), or the trouble began at DATA. `recipient`: anything before. */
export type RefusalStage = 'recipient' | 'message';

/** How one attempt to hand a message to the mail server ended, for one recipient. */
export type DeliveryOutcome =
  | { kind: 'accepted' }
  /** The recipient or the message was refused permanently. `replyCodes`: such as `550 5.1.1`; null if there was no reply. */
  | { kind: 'refused'; reason: string; stage: RefusalStage; replyCodes: string | null }
  /** The recipient or the message was refused temporarily (4xx to RCPT TO or later, such as greylisting, or to the size of the mail). */
  | { kind: 'deferred'; reason: string; stage: RefusalStage; replyCodes: string | null }
  /**
   * What an operator can fix failed: the connection, TLS, the login, the sender or the server's policy. `affectsAll`:
   * every other delivery would fail for the same reason, so there is no point in trying. `stage`: set if it failed from
   * DATA on.
   */
  | { kind: 'unavailable'; reason: string; affectsAll: boolean; stage?: 'message' };

export type DeliveryDecision =
  | { status: 'sent' }
  /** `replyCodes`: of the last refusal, such as `550 5.1.1`; null: none. */
  | { status: 'parked'; error: string; stage: RefusalStage; replyCodes: string | null }
  /** `stepsAside`: the message got into trouble, not the server or the recipient, so it must not hold up others. */
  | {
      status: 'pending';
      error: string;
      nextAttemptAt: Date;
      deferredSince: Date | null;
      deferrals: number;
      stepsAside: boolean;
    };

/** The longest wait between two attempts. */
const maxWaitMs = 6 * 60 * msPerMinute;
/** RFC 5321 4.5.4.1: give up on a recipient after four to five days of temporary refusals. */
const maxDeferralMs = 5 * msPerDay;
/**
 * Time alone is no reason to give up: a greylist forgets who has tried, so it refuses each of a few attempts that are
 * days apart. Five days of regular retries are more than this.
 */
const minDeferrals = 10;

export interface DeliveryAttempt {
  /** Attempts so far, including this one. */
  attempts: number;
  /** When the recipient or message was first refused temporarily; null when it never was. */
  deferredSince: Date | null;
  /** How often it was refused temporarily before this attempt. */
  deferrals: number;
}

/**
 * Decides what happens to a delivery after an attempt. Only a refusal of the recipient or the message
 * can park it. During an outage it waits, however long that lasts. `jitter` is uniform in [0, 1).
 */
export function decideDelivery(
  outcome: DeliveryOutcome,
  { attempts, deferredSince, deferrals: deferralsBefore }: DeliveryAttempt,
  now: Date,
  jitter: number,
): DeliveryDecision {
  if (outcome.kind === 'accepted') return { status: 'sent' };
  const { kind, reason: error, stage = 'recipient' } = outcome;
  if (kind === 'refused') return { status: 'parked', error, stage, replyCodes: outcome.replyCodes };
  const since = kind === 'deferred' ? (deferredSince ?? now) : deferredSince;
  const deferrals = deferralsBefore + Number(kind === 'deferred');
  const isOver = since !== null && now.getTime() - since.getTime() >= maxDeferralMs && deferrals >= minDeferrals;
  if (kind === 'deferred' && isOver) {
    return { status: 'parked', error: `${error} (refused for five days)`, stage, replyCodes: outcome.replyCodes };
  }
  // The wait doubles from 1 minute to 6 hours. Jitter shortens it by up to a fifth, so that retries spread out.
  const waitMs = Math.min(msPerMinute * 2 ** (attempts - 1), maxWaitMs);
  const nextAttemptAt = new Date(now.getTime() + Math.max(msPerMinute, waitMs * (1 - 0.2 * jitter)));
  return { status: 'pending', error, nextAttemptAt, deferredSince: since, deferrals, stepsAside: stage === 'message' };
}
