import type { MailContext } from '../digest/content/mail-content.ts';
import { noticeContent } from '../digest/content/notice-content.ts';
import { renderMail } from '../digest/render/render-mail.ts';
import type { ClaimedDelivery } from '../store/delivery-queue.ts';
import type { Transaction } from '../store/transaction.ts';
import type { SharedStore } from '../stores.ts';
import type { RunMailDeps } from './queue-mails.ts';

export interface NoticeDeps {
  store: Pick<SharedStore, 'outbox' | 'history'>;
  context: MailContext;
  address: RunMailDeps['address'];
}

/**
 * Warns a recipient that a mail was refused, unless a notice about the same mail has already been made for them. The
 * mail itself must not be a notice or a test.
 */
export function queueNotice(tx: Transaction, deps: NoticeDeps, delivery: ClaimedDelivery, now: Date): void {
  const { messageId, recipient, message } = delivery;
  const { outbox, history } = deps.store;
  if (message.kind === 'notice' || message.kind === 'test' || outbox.hasNotice(messageId, recipient)) return;
  const refused = history.refusedMail(messageId, recipient);
  if (refused === null) return;
  const undelivered = history.mailReport([], now);
  const mail = renderMail(noticeContent(refused, undelivered, deps.context));
  const addressed = deps.address('notice', mail, now, { runId: null, thread: [], attachments: [] });
  outbox.enqueue(tx, { ...addressed.message, to: recipient }, [recipient], null, messageId);
}
