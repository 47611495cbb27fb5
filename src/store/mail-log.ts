import type { MessageKind } from '../mail/message.ts';
import type { Database } from './database.ts';
import { columnsOf, instant, integer, nullable, prepare, type RowOf, text, textOf } from './statement.ts';

/** Reads all mails that were ever queued, and what became of each. */
export interface MailLog {
  /** Returns up to `limit` mails, newest first. */
  list(limit?: number): ListedMail[];
  /** Returns the mails about a run, newest first. */
  ofRun(runId: number): ListedMail[];
  /** Returns a mail with its text part, which is empty if it was pruned; null if there is no such mail. */
  find(id: number): (ListedMail & { text: string }) | null;
  /** Counts unfinished deliveries, of all messages or of one. */
  counts(messageId?: number): OutboxCounts;
  /** Returns the deliveries that a process holds, oldest mail first. */
  held(now: Date): HeldDelivery[];
}

/** A delivery that a process has claimed. It may be sending, or it may have crashed. */
export interface HeldDelivery {
  /** The id of the mail. */
  mail: number;
  recipient: string;
  /** When another process may claim it. */
  until: Date;
}

/** The numbers of unfinished deliveries. */
export interface OutboxCounts {
  pending: number;
  parked: number;
}

export type DeliveryStatus = 'pending' | 'sent' | 'parked' | 'discarded';

const mailRow = {
  id: integer,
  kind: textOf<MessageKind>(),
  /** The run that the mail is about; null: none. */
  runId: nullable(integer),
  messageId: text,
  subject: text,
  createdAt: text,
};

const deliveryRow = {
  recipient: text,
  status: textOf<DeliveryStatus>(),
  attempts: integer,
  nextAttemptAt: nullable(text),
  sentAt: nullable(text),
  lastError: nullable(text),
  /** Why the delivery was given up; null: it was not. */
  discardReason: nullable(text),
};
export type ListedDelivery = RowOf<typeof deliveryRow>;

export type ListedMail = RowOf<typeof mailRow> & { deliveries: ListedDelivery[] };

export function createMailLog(db: Database): MailLog {
  const select = (which: string) =>
    prepare<[number]>(db, `SELECT ${columnsOf('m', mailRow)} FROM messages AS m ${which}`).returning(mailRow);
  const stmts = {
    list: select('ORDER BY id DESC LIMIT ?'),
    ofRun: select('WHERE run_id = ? ORDER BY id DESC'),
    find: prepare<[number]>(
      db,
      `SELECT ${columnsOf('m', mailRow)}, m.body_text AS text FROM messages AS m WHERE m.id = ?`,
    ).returning({ ...mailRow, text }),
    deliveries: prepare<[number]>(
      db,
      `SELECT ${columnsOf('d', deliveryRow)} FROM deliveries AS d WHERE d.message_id = ? ORDER BY d.id`,
    ).returning(deliveryRow),
    held: prepare<[string]>(
      db,
      `SELECT message_id AS mail, recipient, lease_until AS until
         FROM deliveries
        WHERE status = 'pending'
          AND lease_until > ?
        ORDER BY id`,
    ).returning({ mail: integer, recipient: text, until: instant }),
    counts: prepare<[{ messageId: number | null }]>(
      db,
      `SELECT count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'parked') AS parked
         FROM deliveries
        WHERE @messageId IS NULL OR message_id = @messageId`,
    ).returning({ pending: integer, parked: integer }),
  };
  function withDeliveries<Mail extends { id: number }>(mail: Mail): Mail & { deliveries: ListedDelivery[] } {
    return { ...mail, deliveries: stmts.deliveries.all(mail.id) };
  }

  return {
    list: (limit = -1) => stmts.list.all(limit).map(withDeliveries),
    ofRun: (runId) => stmts.ofRun.all(runId).map(withDeliveries),
    find(id) {
      const mail = stmts.find.get(id);
      return mail === null ? null : withDeliveries(mail);
    },
    held: (now) => stmts.held.all(now.toISOString()),
    counts: (messageId) => stmts.counts.get({ messageId: messageId ?? null }) ?? { pending: 0, parked: 0 },
  };
}
