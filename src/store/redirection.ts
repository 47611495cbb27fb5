import type { MessageKind } from '../mail/message.ts';
import type { Database } from './database.ts';
import { integer, prepare, text, textOf } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** What a change of MAIL_TO did to unfinished mail. */
export interface Redirection {
  /** New deliveries of messages that nobody had received. */
  redirected: RedirectedDelivery[];
  /** Deliveries that an earlier change had given up. Their recipients have returned. */
  restored: ChangedDelivery[];
  /** Deliveries that were given up, because somebody else had received the message. */
  discarded: ChangedDelivery[];
}

interface ChangedDelivery {
  deliveryId: number;
  recipient: string;
}

export interface RedirectedDelivery {
  messageId: number;
  kind: MessageKind;
  recipient: string;
}

export interface Redirector {
  /**
   * Applies MAIL_TO to unfinished mail. A message that nobody has received goes to the present recipients, unchanged.
   * One that somebody has received loses its former recipients. A recipient who returns gets back what they lost, also
   * what others have received by now, as long as its text is kept. A message that a process is sending right now is left
   * for the next time. A `notice` is about mail to one recipient, so it moves only if that recipient is a former one.
   */
  redirect(tx: Transaction, recipients: readonly string[], now: Date): Redirection;
}

export const formerRecipientReason = 'the address is no longer in MAIL_TO';
export const redirectedReason = `${formerRecipientReason}; the mail goes to the present recipients`;

const isFormer = 'recipient NOT IN (SELECT value FROM json_each(@recipients))';
const newestMessage = '(SELECT max(id) FROM messages)';

export function createRedirector(db: Database): Redirector {
  const has = (which: string) =>
    `EXISTS (SELECT 1 FROM deliveries AS o WHERE o.message_id = d.message_id AND ${which})`;
  const isBeingSent = has('o.lease_until > @now');
  const wasReceived = has("o.status = 'sent'");
  // A message that nobody has received, and that nobody has given up.
  const unseen = `SELECT DISTINCT d.message_id
                    FROM deliveries AS d
                    JOIN messages AS m ON m.id = d.message_id
                   WHERE d.status IN ('pending', 'parked')
                     AND NOT ${wasReceived}
                     AND NOT ${isBeingSent}
                     AND (m.kind <> 'notice' OR NOT ${has("o.status IN ('pending', 'parked') AND o.recipient IN (SELECT value FROM json_each(@recipients))")})`;
  const discardFormer = (which: string) =>
    prepare<[{ recipients: string; reason: string; now: string }]>(
      db,
      `UPDATE deliveries AS d
          SET status = 'discarded', discard_reason = @reason, discarded_at = @now, discarded_after = ${newestMessage},
              next_attempt_at = NULL, lease_until = NULL
        WHERE status IN ('pending', 'parked')
          AND ${isFormer}
          AND ${which}
          AND NOT ${isBeingSent}
    RETURNING id AS deliveryId, recipient`,
    ).returning({ deliveryId: integer, recipient: text });
  const stmts = {
    // A recipient who returns to MAIL_TO gets back what the same reason took away.
    addPresent: prepare<[{ recipients: string; reason: string; now: string }]>(
      db,
      `INSERT INTO deliveries (message_id, recipient, status, next_attempt_at, steps_aside, redirected_after)
       SELECT unseen.message_id, present.value, 'pending', @now,
              (SELECT kind = 'test' FROM messages WHERE id = unseen.message_id), ${newestMessage}
         FROM (${unseen}) AS unseen, json_each(@recipients) AS present
        WHERE true
           ON CONFLICT (message_id, recipient)
              DO UPDATE SET status = 'pending', next_attempt_at = excluded.next_attempt_at,
                            redirected_after = excluded.redirected_after, deferred_since = NULL, deferrals = 0, discard_reason = NULL,
                            discarded_at = NULL, discarded_after = NULL
              WHERE status = 'discarded' AND discard_reason = @reason
    RETURNING message_id AS messageId, (SELECT kind FROM messages WHERE id = deliveries.message_id) AS kind, recipient`,
    ).returning({ messageId: integer, kind: textOf<MessageKind>(), recipient: text }),
    // Not `redirected_after`: the next mail would say that nobody had received these messages. A message that an
    // operator gave up has no delivery that is not discarded.
    restore: prepare<[{ recipients: string; reasons: string; now: string }]>(
      db,
      `UPDATE deliveries AS d
          SET status = 'pending', next_attempt_at = @now, redirected_after = NULL, deferred_since = NULL, deferrals = 0,
              discard_reason = NULL, discarded_at = NULL, discarded_after = NULL
        WHERE status = 'discarded'
          AND discard_reason IN (SELECT value FROM json_each(@reasons))
          AND NOT ${isFormer}
          AND ${has("o.status <> 'discarded'")}
          AND NOT ${isBeingSent}
          AND EXISTS (SELECT 1 FROM messages AS m WHERE m.id = d.message_id AND m.body_text <> '')
    RETURNING id AS deliveryId, recipient`,
    ).returning({ deliveryId: integer, recipient: text }),
    discardUnseen: discardFormer(`NOT ${wasReceived}`),
    discardSeen: discardFormer(wasReceived),
  };

  return {
    redirect(tx, recipients, now) {
      tx.requireOpen();
      const present = { recipients: JSON.stringify(recipients), now: now.toISOString() };
      const redirected = stmts.addPresent.all({ ...present, reason: redirectedReason });
      const restored = stmts.restore.all({
        ...present,
        reasons: JSON.stringify([formerRecipientReason, redirectedReason]),
      });
      stmts.discardUnseen.all({ ...present, reason: redirectedReason });
      return { redirected, restored, discarded: stmts.discardSeen.all({ ...present, reason: formerRecipientReason }) };
    },
  };
}
