import type { Attachment, Message } from '../mail/message.ts';
import type { Database } from './database.ts';
import { createDeliveryQueue, type DeliveryQueue, isNotLeased } from './delivery-queue.ts';
import { createMailLog, type MailLog } from './mail-log.ts';
import { createRedirector, type Redirector } from './redirection.ts';
import { integer, type NamedValues, prepare } from './statement.ts';
import type { Transaction } from './transaction.ts';

/**
 * Mail that waits until the server accepts it. Several processes deliver from one outbox, so every change
 * is a single statement or needs a transaction.
 */
export interface Outbox extends DeliveryQueue, MailLog, Redirector {
  /** Writes a message and a delivery for each recipient, due immediately. Returns the id of the message. A notice is about another. */
  enqueue(
    tx: Transaction,
    message: Message,
    recipients: readonly string[],
    runId: number | null,
    aboutMessageId?: number,
  ): number;
  /** Returns whether a recipient has a notice about this message. */
  hasNotice(aboutMessageId: number, recipient: string): boolean;
  /** Gives up a message's unfinished deliveries, except any being sent. Returns their number; null if the message does not exist. */
  discard(messageId: number, reason: string, now: Date): number | null;
}

export function createOutbox(db: Database): Outbox {
  const stmts = {
    insertMessage: prepare<[NamedValues]>(
      db,
      `INSERT INTO messages (kind, run_id, message_id, created_at, mail_from, mail_to, recipients, subject, body_text, body_html, headers,
                             about_message_id)
       VALUES (@kind, @runId, @messageId, @createdAt, @from, @to, @recipients, @subject, @text, @html, @headers,
               @aboutMessageId)`,
    ),
    insertAttachment: prepare<[Attachment & { messageId: number }]>(
      db,
      `INSERT INTO attachments (message_id, file_name, content)
       VALUES (@messageId, @fileName, @content)`,
    ),
    insertDelivery: prepare<[NamedValues]>(
      db,
      `INSERT INTO deliveries (message_id, recipient, status, next_attempt_at, steps_aside)
       VALUES (@messageId, @recipient, 'pending', @dueAt, @kind = 'test')`,
    ),
    notice: prepare<[number, string]>(
      db,
      `SELECT d.id
         FROM messages AS m
         JOIN deliveries AS d ON d.message_id = m.id
        WHERE m.about_message_id = ?
          AND d.recipient = ?`,
    ).returningOne(integer),
    // Only messages after `discarded_after` can report the discard.
    discard: prepare<[{ messageId: number; reason: string; now: string }]>(
      db,
      `UPDATE deliveries
          SET status = 'discarded', discard_reason = @reason, discarded_at = @now,
              discarded_after = (SELECT max(id) FROM messages), next_attempt_at = NULL, lease_until = NULL
        WHERE status IN ('pending', 'parked')
          AND ${isNotLeased}
          AND message_id = @messageId`,
    ),
  };

  const mails = createMailLog(db);

  return {
    ...mails,
    ...createDeliveryQueue(db),
    ...createRedirector(db),
    enqueue(tx, { attachments, headers, ...message }, recipients, runId, aboutMessageId) {
      tx.requireOpen();
      const { kind, createdAt: dueAt } = message;
      const { lastId: messageId } = stmts.insertMessage.run({
        ...message,
        runId,
        recipients: JSON.stringify(recipients),
        headers: JSON.stringify(headers),
        aboutMessageId: aboutMessageId ?? null,
      });
      for (const attachment of attachments) stmts.insertAttachment.run({ ...attachment, messageId });
      for (const recipient of recipients) stmts.insertDelivery.run({ messageId, recipient, dueAt, kind });
      return messageId;
    },
    hasNotice: (aboutMessageId, recipient) => stmts.notice.get(aboutMessageId, recipient) !== null,
    discard(messageId, reason, now) {
      if (mails.find(messageId) === null) return null;
      return stmts.discard.run({ messageId, reason, now: now.toISOString() }).changes;
    },
  };
}
