import type { DeliveryDecision } from '../mail/delivery-policy.ts';
import type { Message, MessageKind } from '../mail/message.ts';
import type { Database } from './database.ts';
import { instant, integer, jsonOf, type NamedValues, nullable, prepare, text, textOf } from './statement.ts';
import type { Transaction } from './transaction.ts';

/**
 * The waiting deliveries. Each recipient has a queue of its own, in the order in which the messages were made, and
 * only its first delivery may be attempted. Two kinds of delivery do not hold up those behind them: one that stepped
 * aside, because its message got into trouble, and a `recovered` that waits for a `failing` that stepped aside. A
 * `test` steps aside from the start, and does not wait for other mail either.
 *
 * Several processes deliver from one outbox, so every change is a single statement or needs a transaction.
 */
export interface DeliveryQueue {
  /**
   * Claims a delivery that is due, for three minutes; null if none is. A first delivery is also due when something
   * behind it is due that was never attempted, so that new mail does not wait for an old back-off. The oldest message
   * comes first. The attempt counts before it is made, so that a crashing process cannot repeat it without a pause.
   */
  claim(now: Date, pass?: DeliveryPass): ClaimedDelivery | null;
  /**
   * Records the outcome of a claimed delivery. If it waits, those that wait behind it wait at least as long. Does
   * nothing and returns false if another process has claimed it since.
   */
  settle(tx: Transaction, delivery: ClaimedDelivery, decision: DeliveryDecision, now: Date): boolean;
  /** Postpones everything that is due, because the mail server is not accepting mail. */
  postponeDue(until: Date, error: string, now: Date): void;
  /** Makes all waiting mail due, except what another process is sending and what the pass has attempted. */
  makeDue(now: Date, pass?: DeliveryPass): void;
  /** Makes parked deliveries due. */
  unpark(now: Date): void;
  /** Returns when the next delivery is due; null if none is waiting. */
  nextDue(): Date | null;
}

/** A pass over the deliveries that are due. It attempts each once. */
export interface DeliveryPass {
  /** Retries that become due later belong to the next pass. New mail, such as a notice, belongs to this one. */
  start: Date;
  /** The ids of the deliveries that it has attempted and that are still waiting. */
  attempted: readonly number[];
  /** The only message that it touches; omitted: all. */
  messageId?: number;
}

/** A delivery that only this process may attempt until its lease ends. */
export interface ClaimedDelivery {
  deliveryId: number;
  /** The id of the message. */
  messageId: number;
  recipient: string;
  /** The number of attempts, including this one. */
  attempts: number;
  deferredSince: Date | null;
  deferrals: number;
  message: Message;
}

/** Longer than any attempt takes, so that two processes never attempt a delivery at the same time. */
const leaseMs = 3 * 60_000;
/** Twice the maximum wait between two attempts. A due time further ahead counts as due: only a wrong clock set it. */
const maxAheadMs = 12 * 60 * 60_000;

export const isNotLeased = '(lease_until IS NULL OR lease_until <= @now)';

/** Whether the delivery with this alias waits for an earlier one to the same recipient. */
function isHeldUp(alias: string): string {
  const earlier = (name: string, than: string) => `FROM deliveries AS ${name}
                          JOIN messages AS ${name}_message ON ${name}_message.id = ${name}.message_id
                         WHERE ${name}.status = 'pending'
                           AND ${name}.recipient = ${than}.recipient
                           AND ${name}.message_id < ${than}.message_id`;
  const failingBefore = (name: string, than: string) =>
    `EXISTS (SELECT 1 ${earlier(name, than)} AND ${name}_message.kind IN ('failing', 'breaker'))`;
  const kindOf = (name: string) => `(SELECT kind FROM messages WHERE id = ${name}.message_id)`;
  return `(${kindOf(alias)} <> 'test'
           AND ((${kindOf(alias)} = 'recovered' AND ${failingBefore('failing', alias)})
                OR EXISTS (SELECT 1 ${earlier('first', alias)}
                           AND first.steps_aside = 0
                           AND NOT (first_message.kind = 'recovered' AND ${failingBefore('failing', 'first')}))))`;
}

export function createDeliveryQueue(db: Database): DeliveryQueue {
  /** Parked mail starts over: it is retried for as long as new mail. */
  const makeDueWhere = (which: string) =>
    prepare<[{ now: string; dueAt: string; attempted: string }]>(
      db,
      `UPDATE deliveries
          SET status = 'pending', next_attempt_at = @dueAt, lease_until = NULL,
              deferred_since = iif(status = 'parked', NULL, deferred_since),
              deferrals = iif(status = 'parked', 0, deferrals)
        WHERE ${which}
          AND id NOT IN (SELECT value FROM json_each(@attempted))`,
    );
  const stmts = {
    message: prepare<[number]>(
      db,
      `SELECT kind, message_id AS messageId, created_at AS createdAt, mail_from AS "from", mail_to AS "to", subject,
              body_text AS text, body_html AS html, headers
         FROM messages
        WHERE id = ?`,
    ).returning({
      kind: textOf<MessageKind>(),
      messageId: text,
      createdAt: text,
      from: text,
      to: text,
      subject: text,
      text,
      html: text,
      headers: jsonOf<Record<string, string>>(),
    }),
    attachments: prepare<[number]>(
      db,
      `SELECT file_name AS fileName, content
         FROM attachments
        WHERE message_id = ?
        ORDER BY id`,
    ).returning({ fileName: text, content: text }),
    claim: prepare<[NamedValues]>(
      db,
      `UPDATE deliveries
          SET attempts = attempts + 1, lease_until = @leaseUntil, next_attempt_at = @leaseUntil
        WHERE id = (SELECT d.id
                      FROM deliveries AS d
                     WHERE d.status = 'pending'
                       AND (@messageId IS NULL OR d.message_id = @messageId)
                       AND (${isNotLeased} OR lease_until > @farthest)
                       AND d.id NOT IN (SELECT value FROM json_each(@attempted))
                       AND (d.next_attempt_at <= iif(d.attempts = 0, @now, @dueBy)
                            OR d.next_attempt_at > @farthest
                            OR EXISTS (SELECT 1
                                         FROM deliveries AS new
                                        WHERE new.status = 'pending'
                                          AND new.recipient = d.recipient
                                          AND new.message_id > d.message_id
                                          AND new.attempts = 0
                                          AND new.next_attempt_at <= @now
                                          AND new.steps_aside + d.steps_aside = 0))
                       AND NOT ${isHeldUp('d')}
                     ORDER BY d.message_id, d.id
                     LIMIT 1)
    RETURNING id AS deliveryId, message_id AS messageId, recipient, attempts, deferred_since AS deferredSince, deferrals`,
    ).returning({
      deliveryId: integer,
      messageId: integer,
      recipient: text,
      attempts: integer,
      deferredSince: nullable(instant),
      deferrals: integer,
    }),
    // `attempts` must be unchanged: a process that has lost its lease must not settle the delivery.
    settle: prepare<[NamedValues]>(
      db,
      `UPDATE deliveries
          SET status = @status, next_attempt_at = @nextAttemptAt, deferred_since = @deferredSince,
              deferrals = @deferrals, sent_at = @sentAt,
              last_error = @error, reply_codes = @replyCodes, steps_aside = max(steps_aside, @stepsAside), lease_until = NULL
        WHERE id = @id
          AND status = 'pending'
          AND attempts = @attempts`,
    ),
    postponeBehind: prepare<[{ id: number; until: string; error: string; now: string }]>(
      db,
      `UPDATE deliveries
          SET next_attempt_at = @until, last_error = @error
        WHERE status = 'pending'
          AND steps_aside = 0
          AND ${isNotLeased}
          AND next_attempt_at < @until
          AND EXISTS (SELECT 1
                        FROM deliveries AS first
                       WHERE first.id = @id
                         AND first.steps_aside = 0
                         AND first.recipient = deliveries.recipient
                         AND first.message_id < deliveries.message_id)`,
    ),
    postponeDue: prepare<[{ until: string; now: string; error: string }]>(
      db,
      `UPDATE deliveries
          SET next_attempt_at = @until, last_error = @error
        WHERE status = 'pending'
          AND ${isNotLeased}
          AND next_attempt_at <= @now`,
    ),
    makeDue: makeDueWhere(`status = 'pending' AND ${isNotLeased} AND next_attempt_at > @dueAt`),
    unpark: makeDueWhere("status = 'parked'"),
    nextDue: prepare(
      db,
      `SELECT min(d.next_attempt_at) FROM deliveries AS d WHERE d.status = 'pending' AND NOT ${isHeldUp('d')}`,
    ).returningOne(nullable(instant)),
  };

  function readMessage(id: number): Message {
    const message = stmts.message.get(id);
    if (message === null) throw new Error(`there is no message ${id}`);
    return { ...message, attachments: stmts.attachments.all(id) };
  }

  return {
    claim(now, { start, attempted, messageId } = { start: now, attempted: [] }) {
      const inFuture = (ms: number) => new Date(now.getTime() + ms).toISOString();
      // Not `get`, which stops after the first row and misses a commit that fails afterwards, for example on a
      // full disk. The mail would then be sent again and again.
      const [row] = stmts.claim.all({
        now: now.toISOString(),
        dueBy: start.toISOString(),
        attempted: JSON.stringify(attempted),
        messageId: messageId ?? null,
        farthest: inFuture(maxAheadMs),
        leaseUntil: inFuture(leaseMs),
      });
      return row === undefined ? null : { ...row, message: readMessage(row.messageId) };
    },
    settle(tx, { deliveryId: id, attempts }, decision, now) {
      tx.requireOpen();
      const { status } = decision;
      const nextAttemptAt = status === 'pending' ? decision.nextAttemptAt.toISOString() : null;
      const { changes } = stmts.settle.run({
        id,
        attempts,
        status,
        nextAttemptAt,
        deferredSince: status === 'pending' ? (decision.deferredSince?.toISOString() ?? null) : null,
        deferrals: status === 'pending' ? decision.deferrals : 0,
        stepsAside: Number(status === 'pending' && decision.stepsAside),
        sentAt: status === 'sent' ? now.toISOString() : null,
        error: status === 'sent' ? null : decision.error,
        replyCodes: status === 'parked' ? decision.replyCodes : null,
      });
      if (changes > 0 && status === 'pending') {
        const until = decision.nextAttemptAt.toISOString();
        stmts.postponeBehind.run({ id, until, error: decision.error, now: now.toISOString() });
      }
      return changes > 0;
    },
    postponeDue(until, error, now) {
      stmts.postponeDue.run({ until: until.toISOString(), now: now.toISOString(), error });
    },
    makeDue(now, { start, attempted } = { start: now, attempted: [] }) {
      const values = { now: now.toISOString(), dueAt: start.toISOString(), attempted: JSON.stringify(attempted) };
      stmts.makeDue.run(values);
    },
    unpark(now) {
      stmts.unpark.run({ now: now.toISOString(), dueAt: now.toISOString(), attempted: '[]' });
    },
    nextDue: () => stmts.nextDue.get(),
  };
}
