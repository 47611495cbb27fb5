import type { DeliveryDecision } from '../mail/delivery-policy.ts';
import type { Attachment, Message, MessageKind } from '../mail/message.ts';
import type { Database } from './database.ts';
import { createMailLog, type MailLog } from './mail-log.ts';
import { instant, integer, jsonOf, type NamedValues, nullable, prepare, text, textOf } from './statement.ts';
import type { Transaction } from './transaction.ts';

/**
 * Mail that waits until the server accepts it. Several processes deliver from one outbox, so every change
 * after `enqueue` is a single statement.
 */
export interface Outbox extends MailLog {
  /** Writes a message and a delivery for each recipient, due immediately. */
  enqueue(tx: Transaction, message: Message, recipients: readonly string[], runId: number | null): void;
  /**
   * Claims the delivery that has been due longest, for three minutes; null if none is due by `dueBy`. A due time
   * further ahead than any wait counts as due now, because only a wrong clock can have set it. The attempt
   * counts before it is made, so that a crashing process cannot repeat it without a pause.
   */
  claim(now: Date, dueBy?: Date): ClaimedDelivery | null;
  /** Records the outcome of a claimed delivery. Does nothing and returns false if another process has claimed it since. */
  settle(delivery: ClaimedDelivery, decision: DeliveryDecision, now: Date): boolean;
  /** Postpones everything that is due, because the mail server is not accepting mail. */
  postponeDue(until: Date, error: string, now: Date): void;
  /** Makes all waiting mail due, except what another process is sending. */
  makeDue(now: Date): void;
  /** Makes parked deliveries due. */
  unpark(now: Date): void;
  /** Gives up a message's unfinished deliveries, except any being sent. Returns their number; null if the message does not exist. */
  discard(messageId: number, reason: string, now: Date): number | null;
  /** Gives up the unfinished deliveries to anyone other than these recipients, and returns them. */
  discardForOthersThan(recipients: readonly string[], now: Date): DiscardedDelivery[];
  /** Returns when the next delivery is due; null if none is waiting. */
  nextDue(): Date | null;
}

/** A delivery that only this process may attempt until its lease ends. */
export interface ClaimedDelivery {
  deliveryId: number;
  recipient: string;
  /** The number of attempts, including this one. */
  attempts: number;
  deferredSince: Date | null;
  message: Message;
}

export interface DiscardedDelivery {
  deliveryId: number;
  recipient: string;
}

export const formerRecipientReason = 'the address is no longer in MAIL_TO';

/** Longer than any attempt takes, so that two processes never attempt a delivery at the same time. */
const leaseMs = 3 * 60_000;
/** Twice the maximum wait between two attempts. */
const maxAheadMs = 12 * 60 * 60_000;

const isNotLeased = '(lease_until IS NULL OR lease_until <= @now)';

export function createOutbox(db: Database): Outbox {
  /** Only messages after `discarded_after` can report the discard. */
  function discardWhere<Values>(which: string) {
    return prepare<[Values & { reason: string; now: string }]>(
      db,
      `UPDATE deliveries
          SET status = 'discarded', discard_reason = @reason, discarded_at = @now,
              discarded_after = (SELECT max(id) FROM messages), next_attempt_at = NULL, lease_until = NULL
        WHERE status IN ('pending', 'parked')
          AND ${isNotLeased}
          AND ${which}
    RETURNING id AS deliveryId, recipient`,
    ).returning({ deliveryId: integer, recipient: text });
  }
  /** Parked mail starts over: it is retried for as long as new mail. */
  const makeDueWhere = (which: string) =>
    prepare<[{ now: string }]>(
      db,
      `UPDATE deliveries
          SET status = 'pending', next_attempt_at = @now, lease_until = NULL,
              deferred_since = iif(status = 'parked', NULL, deferred_since)
        WHERE ${which}`,
    );
  const stmts = {
    insertMessage: prepare<[NamedValues]>(
      db,
      `INSERT INTO messages (kind, run_id, message_id, created_at, mail_from, mail_to, subject, body_text, body_html, headers)
       VALUES (@kind, @runId, @messageId, @createdAt, @from, @to, @subject, @text, @html, @headers)`,
    ),
    insertAttachment: prepare<[Attachment & { messageId: number }]>(
      db,
      `INSERT INTO attachments (message_id, file_name, content)
       VALUES (@messageId, @fileName, @content)`,
    ),
    insertDelivery: prepare<[number, string, string]>(
      db,
      "INSERT INTO deliveries (message_id, recipient, status, next_attempt_at) VALUES (?, ?, 'pending', ?)",
    ),
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
    claim: prepare<[{ dueBy: string; farthest: string; leaseUntil: string }]>(
      db,
      `UPDATE deliveries
          SET attempts = attempts + 1, lease_until = @leaseUntil, next_attempt_at = @leaseUntil
        WHERE id = (SELECT id
                      FROM deliveries
                     WHERE status = 'pending'
                       AND (next_attempt_at <= @dueBy OR next_attempt_at > @farthest)
                     ORDER BY next_attempt_at, id
                     LIMIT 1)
    RETURNING id AS deliveryId, message_id AS messageId, recipient, attempts, deferred_since AS deferredSince`,
    ).returning({
      deliveryId: integer,
      messageId: integer,
      recipient: text,
      attempts: integer,
      deferredSince: nullable(instant),
    }),
    // `attempts` must be unchanged: a process that has lost its lease must not settle the delivery.
    settle: prepare<[NamedValues]>(
      db,
      `UPDATE deliveries
          SET status = @status, next_attempt_at = @nextAttemptAt, deferred_since = @deferredSince, sent_at = @sentAt,
              last_error = @error, lease_until = NULL
        WHERE id = @id
          AND status = 'pending'
          AND attempts = @attempts`,
    ),
    postponeDue: prepare<[{ until: string; now: string; error: string }]>(
      db,
      `UPDATE deliveries
          SET next_attempt_at = @until, last_error = @error
        WHERE status = 'pending'
          AND ${isNotLeased}
          AND next_attempt_at <= @now`,
    ),
    makeDue: makeDueWhere(`status = 'pending' AND ${isNotLeased} AND next_attempt_at > @now`),
    unpark: makeDueWhere("status = 'parked'"),
    discard: discardWhere<{ messageId: number }>('message_id = @messageId'),
    discardForOthers: discardWhere<{ recipients: string }>(
      'lower(recipient) NOT IN (SELECT lower(value) FROM json_each(@recipients))',
    ),
    nextDue: prepare(db, "SELECT min(next_attempt_at) FROM deliveries WHERE status = 'pending'").returningOne(
      nullable(instant),
    ),
  };

  const mails = createMailLog(db);

  function readMessage(id: number): Message {
    const message = stmts.message.get(id);
    if (message === null) throw new Error(`there is no message ${id}`);
    return { ...message, attachments: stmts.attachments.all(id) };
  }

  return {
    ...mails,
    enqueue(tx, { attachments, headers, ...message }, recipients, runId) {
      tx.requireOpen();
      const { lastId } = stmts.insertMessage.run({ ...message, runId, headers: JSON.stringify(headers) });
      for (const attachment of attachments) stmts.insertAttachment.run({ ...attachment, messageId: lastId });
      for (const recipient of recipients) stmts.insertDelivery.run(lastId, recipient, message.createdAt);
    },
    claim(now, dueBy = now) {
      const inFuture = (ms: number) => new Date(now.getTime() + ms).toISOString();
      // Not `get`, which stops after the first row and misses a commit that fails afterwards, for example on a
      // full disk. The mail would then be sent again and again.
      const [row] = stmts.claim.all({
        dueBy: dueBy.toISOString(),
        farthest: inFuture(maxAheadMs),
        leaseUntil: inFuture(leaseMs),
      });
      if (row === undefined) return null;
      const { messageId, ...delivery } = row;
      return { ...delivery, message: readMessage(messageId) };
    },
    settle({ deliveryId: id, attempts }, decision, now) {
      const { status } = decision;
      const { changes } = stmts.settle.run({
        id,
        attempts,
        status,
        nextAttemptAt: status === 'pending' ? decision.nextAttemptAt.toISOString() : null,
        deferredSince: status === 'pending' ? (decision.deferredSince?.toISOString() ?? null) : null,
        sentAt: status === 'sent' ? now.toISOString() : null,
        error: status === 'sent' ? null : decision.error,
      });
      return changes > 0;
    },
    postponeDue(until, error, now) {
      stmts.postponeDue.run({ until: until.toISOString(), now: now.toISOString(), error });
    },
    makeDue(now) {
      stmts.makeDue.run({ now: now.toISOString() });
    },
    unpark(now) {
      stmts.unpark.run({ now: now.toISOString() });
    },
    discard(messageId, reason, now) {
      if (mails.find(messageId) === null) return null;
      return stmts.discard.all({ messageId, reason, now: now.toISOString() }).length;
    },
    discardForOthersThan: (recipients, now) =>
      stmts.discardForOthers.all({
        recipients: JSON.stringify(recipients),
        reason: formerRecipientReason,
        now: now.toISOString(),
      }),
    nextDue: () => stmts.nextDue.get(),
  };
}
