import type { DeliveryDecision } from '../mail/delivery-policy.ts';
import type { Attachment, Message, MessageKind } from '../mail/message.ts';
import type { Database } from './database.ts';

export type Outbox = ReturnType<typeof createOutbox>;

export type DeliveryStatus = 'pending' | 'sent' | 'parked' | 'discarded';

/** A delivery that this process, and no other, may attempt until its lease ends. */
export interface ClaimedDelivery {
  deliveryId: number;
  recipient: string;
  /** This attempt included. */
  attempts: number;
  deferredSince: Date | null;
  message: Message;
}

export interface ListedMail {
  id: number;
  kind: MessageKind;
  /** The run that it tells of; null: none. */
  runId: number | null;
  messageId: string;
  subject: string;
  createdAt: string;
  deliveries: ListedDelivery[];
}

/** Which mails to list; without any, all. */
export interface MailFilter {
  id?: number | undefined;
  runId?: number | undefined;
  /** At most so many. */
  limit?: number | undefined;
}

export interface ListedDelivery {
  recipient: string;
  status: DeliveryStatus;
  attempts: number;
  nextAttemptAt: string | null;
  sentAt: string | null;
  lastError: string | null;
  /** Why it was given up; null: it was not. */
  discardReason: string | null;
}

/** Deliveries that are not done. */
export interface OutboxCounts {
  pending: number;
  parked: number;
}

export interface DiscardedDelivery {
  deliveryId: number;
  recipient: string;
}

export const noLongerAReader = 'the address is no longer in MAIL_TO';

interface ClaimRow {
  deliveryId: number;
  messageId: number;
  recipient: string;
  attempts: number;
  deferredSince: string | null;
}

interface MessageRow extends Omit<Message, 'headers' | 'attachments'> {
  headers: string;
}

interface SettleRow {
  id: number;
  attempts: number;
  status: DeliveryStatus;
  nextAttemptAt: string | null;
  deferredSince: string | null;
  sentAt: string | null;
  error: string | null;
}

/** Tells a later mail that this one could not have told it yet. */
const newestMessage = '(SELECT max(id) FROM messages)';

/** Longer than the longest attempt, so that a claimed delivery is never attempted twice at once. */
const leaseMs = 3 * 60_000;

/**
 * Mail that waits until the server takes it. It is written in the transaction of the run that it
 * tells of, so that neither can exist without the other.
 */
export function createOutbox(db: Database) {
  const insertMessage = db.prepare<[MessageRow & { runId: number | null }]>(
    `INSERT INTO messages (kind, run_id, message_id, created_at, mail_from, mail_to, subject, body_text, body_html, headers)
     VALUES (@kind, @runId, @messageId, @createdAt, @from, @to, @subject, @text, @html, @headers)`,
  );
  const insertDelivery = db.prepare<[number | bigint, string, string]>(
    "INSERT INTO deliveries (message_id, recipient, status, next_attempt_at) VALUES (?, ?, 'pending', ?)",
  );
  const insertAttachment = db.prepare<[number | bigint, string, string, string]>(
    'INSERT INTO attachments (message_id, file_name, content_type, content) VALUES (?, ?, ?, ?)',
  );
  const attachmentsOf = db.prepare<[number], Attachment>(
    `SELECT file_name AS fileName, content_type AS contentType, content
       FROM attachments
      WHERE message_id = ?
      ORDER BY id`,
  );
  // One statement, so that two processes cannot claim the same row. The attempt is charged before
  // the mail server is asked: a crash in between must not make it retry for ever at full speed.
  const claim = db.prepare<[{ dueBy: string; leaseUntil: string }], ClaimRow>(
    `UPDATE deliveries
        SET attempts = attempts + 1, lease_until = @leaseUntil, next_attempt_at = @leaseUntil
      WHERE id = (SELECT id
                    FROM deliveries
                   WHERE status = 'pending'
                     AND next_attempt_at <= @dueBy
                   ORDER BY next_attempt_at, id
                   LIMIT 1)
  RETURNING id AS deliveryId, message_id AS messageId, recipient, attempts, deferred_since AS deferredSince`,
  );
  const messageById = db.prepare<[number], MessageRow>(
    `SELECT kind, message_id AS messageId, created_at AS createdAt, mail_from AS "from", mail_to AS "to", subject,
            body_text AS text, body_html AS html, headers
       FROM messages
      WHERE id = ?`,
  );
  // The attempt is part of the condition: whoever lost the lease to a later attempt may no longer decide.
  const settle = db.prepare<[SettleRow]>(
    `UPDATE deliveries
        SET status = @status, next_attempt_at = @nextAttemptAt, deferred_since = @deferredSince, sent_at = @sentAt,
            last_error = @error, lease_until = NULL
      WHERE id = @id
        AND status = 'pending'
        AND attempts = @attempts`,
  );
  const postpone = db.prepare<[{ until: string; now: string; error: string }]>(
    `UPDATE deliveries
        SET next_attempt_at = @until, last_error = @error
      WHERE status = 'pending'
        AND (lease_until IS NULL OR lease_until <= @now)
        AND next_attempt_at < @until
        AND next_attempt_at <= @now`,
  );
  const makePendingDue = db.prepare<[{ now: string }]>(
    `UPDATE deliveries
        SET next_attempt_at = @now, lease_until = NULL
      WHERE status = 'pending'
        AND next_attempt_at > @now
        AND (lease_until IS NULL OR lease_until <= @now)`,
  );
  const recall = db.prepare<[{ now: string; farthest: string }]>(
    `UPDATE deliveries
        SET next_attempt_at = @now, lease_until = NULL
      WHERE status = 'pending'
        AND next_attempt_at > @farthest`,
  );
  const unpark = db.prepare<[{ now: string }]>(
    `UPDATE deliveries
        SET status = 'pending', next_attempt_at = @now, deferred_since = NULL, lease_until = NULL
      WHERE status = 'parked'`,
  );
  const discard = db.prepare<[{ messageId: number; reason: string; now: string }]>(
    `UPDATE deliveries
        SET status = 'discarded', discard_reason = @reason, discarded_at = @now, discarded_after = ${newestMessage},
            next_attempt_at = NULL, lease_until = NULL
      WHERE message_id = @messageId
        AND status IN ('pending', 'parked')
        AND (lease_until IS NULL OR lease_until <= @now)`,
  );
  // Whoever left the list of readers shall not get what was written before; a claimed row is left to its claimer.
  const discardOthers = db.prepare<[{ readers: string; reason: string; now: string }], DiscardedDelivery>(
    `UPDATE deliveries
        SET status = 'discarded', discard_reason = @reason, discarded_at = @now, discarded_after = ${newestMessage},
            next_attempt_at = NULL, lease_until = NULL
      WHERE status IN ('pending', 'parked')
        AND (lease_until IS NULL OR lease_until <= @now)
        AND lower(recipient) NOT IN (SELECT lower(value) FROM json_each(@readers))
  RETURNING id AS deliveryId, recipient`,
  );
  const nextDue = db.prepare<[], { at: string | null }>(
    "SELECT min(next_attempt_at) AS at FROM deliveries WHERE status = 'pending'",
  );
  const counts = db.prepare<[], OutboxCounts>(
    `SELECT count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'parked') AS parked
       FROM deliveries`,
  );
  const listMessages = db.prepare<
    [{ id: number | null; runId: number | null; limit: number }],
    Omit<ListedMail, 'deliveries'>
  >(
    `SELECT id, kind, run_id AS runId, message_id AS messageId, subject, created_at AS createdAt
       FROM messages
      WHERE (@id IS NULL OR id = @id)
        AND (@runId IS NULL OR run_id = @runId)
      ORDER BY id DESC
      LIMIT @limit`,
  );
  const textOf = db.prepare<[number], string>('SELECT body_text FROM messages WHERE id = ?').pluck();
  const listDeliveries = db.prepare<[number], ListedDelivery>(
    `SELECT recipient, status, attempts, next_attempt_at AS nextAttemptAt, sent_at AS sentAt, last_error AS lastError,
            discard_reason AS discardReason
       FROM deliveries
      WHERE message_id = ?
      ORDER BY id`,
  );
  const exists = db.prepare<[number], { id: number }>('SELECT id FROM messages WHERE id = ?');

  return {
    /** Writes a message and one due delivery for each recipient. Belongs into the transaction of its run. */
    enqueue({ attachments, ...message }: Message, recipients: readonly string[], runId: number | null): void {
      const { lastInsertRowid } = insertMessage.run({ ...message, runId, headers: JSON.stringify(message.headers) });
      for (const { fileName, contentType, content } of attachments) {
        insertAttachment.run(lastInsertRowid, fileName, contentType, content);
      }
      for (const recipient of recipients) insertDelivery.run(lastInsertRowid, recipient, message.createdAt);
    },
    /** Claims the delivery that is due for the longest time; null when none was due by `dueBy`. */
    claim(now: Date, dueBy = now): ClaimedDelivery | null {
      const leaseUntil = new Date(now.getTime() + leaseMs).toISOString();
      // Not `get`: it stops at the row and swallows a commit that fails after it, as on a full disk. The
      // mail would go out again and again.
      const [row] = claim.all({ dueBy: dueBy.toISOString(), leaseUntil });
      if (row === undefined) return null;
      const message = messageById.get(row.messageId);
      if (message === undefined) throw new Error(`delivery ${row.deliveryId} has no message`);
      return {
        deliveryId: row.deliveryId,
        recipient: row.recipient,
        attempts: row.attempts,
        deferredSince: row.deferredSince === null ? null : new Date(row.deferredSince),
        message: {
          ...message,
          headers: JSON.parse(message.headers) as Record<string, string>,
          attachments: attachmentsOf.all(row.messageId),
        },
      };
    },
    /** Writes down what became of a claimed delivery; false and without effect when the lease was lost to another. */
    settle({ deliveryId, attempts }: ClaimedDelivery, decision: DeliveryDecision, now: Date): boolean {
      const isPending = decision.status === 'pending';
      const { changes } = settle.run({
        id: deliveryId,
        attempts,
        status: decision.status,
        nextAttemptAt: isPending ? decision.nextAttemptAt.toISOString() : null,
        deferredSince: isPending ? (decision.deferredSince?.toISOString() ?? null) : null,
        sentAt: decision.status === 'sent' ? now.toISOString() : null,
        error: decision.status === 'sent' ? null : decision.error,
      });
      return changes > 0;
    },
    /** Puts off everything that is due: the mail server cannot take anything now. */
    postponeDue(until: Date, error: string, now: Date): void {
      postpone.run({ until: until.toISOString(), now: now.toISOString(), error });
    },
    /** Makes all waiting mail due now, except what another process is sending. */
    makeDue(now: Date): void {
      makePendingDue.run({ now: now.toISOString() });
    },
    /** Makes due what is put off further than any wait is long: the clock has been set back since. */
    recallFromFuture(now: Date, maxWaitMs: number): void {
      recall.run({ now: now.toISOString(), farthest: new Date(now.getTime() + maxWaitMs).toISOString() });
    },
    /** Gives parked deliveries another chance. */
    unpark(now: Date): void {
      unpark.run({ now: now.toISOString() });
    },
    /** Gives up the deliveries of a message that are neither sent nor being sent; answers how many, or null when there is no such message. */
    discard(messageId: number, reason: string, now: Date): number | null {
      if (exists.get(messageId) === undefined) return null;
      return discard.run({ messageId, reason, now: now.toISOString() }).changes;
    },
    /** Gives up what waits for anybody but `readers`; answers what it gave up. */
    discardForOthersThan(readers: readonly string[], now: Date): DiscardedDelivery[] {
      return discardOthers.all({ readers: JSON.stringify(readers), reason: noLongerAReader, now: now.toISOString() });
    },
    /** When the next delivery is to be attempted; null when none waits. */
    nextDue(): Date | null {
      const at = nextDue.get()?.at ?? null;
      return at === null ? null : new Date(at);
    },
    counts: (): OutboxCounts => counts.get() ?? { pending: 0, parked: 0 },
    /** Newest first. */
    list: ({ id, runId, limit }: MailFilter = {}): ListedMail[] =>
      listMessages
        .all({ id: id ?? null, runId: runId ?? null, limit: limit ?? -1 })
        .map((mail) => ({ ...mail, deliveries: listDeliveries.all(mail.id) })),
    /** Its text part, word for word; empty: it is older than what is kept; null: there is no such mail. */
    text: (id: number): string | null => textOf.get(id) ?? null,
  };
}
