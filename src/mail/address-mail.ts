import { randomUUID } from 'node:crypto';
import { domainToASCII } from 'node:url';
import type { MailConfig } from '../config/settings.ts';
import type { Attachment, Message, MessageKind, RenderedMail } from './message.ts';

/** A rendered mail with its sender, readers, date and id. */
export interface AddressedMail {
  message: Message;
  recipients: string[];
}

/** What belongs to a mail besides its content. */
export interface MailDetails {
  /** The run that it is about; null: none. */
  runId: number | null;
  /** Message-IDs of the thread that it continues, oldest first. */
  thread: readonly string[];
  attachments: readonly Attachment[];
}

/** Gives a mail its sender, recipients, headers, date and Message-ID, once, so that every attempt sends the same mail. */
export function addressMail(
  kind: MessageKind,
  { isCritical, ...mail }: RenderedMail,
  now: Date,
  { runId, thread, attachments }: MailDetails,
  { from, to }: Pick<MailConfig, 'from' | 'to'>,
): AddressedMail {
  // The ASCII form is allowed in every header.
  const domain = domainToASCII(from.address.slice(from.address.lastIndexOf('@') + 1));
  const last = thread.at(-1);
  return {
    message: {
      ...mail,
      kind,
      messageId: `<${randomUUID()}@${domain}>`,
      createdAt: now.toISOString(),
      from: from.header,
      to: to.map(({ header }) => header).join(', '),
      headers: {
        'Auto-Submitted': 'auto-generated',
        // No absence notes. Microsoft's servers ignore the line above.
        'X-Auto-Response-Suppress': 'All',
        'List-Id': `Omni token audit <omni-token-audit.${domain}>`,
        ...(runId === null ? {} : { 'X-Omni-Token-Audit-Run': String(runId) }),
        ...(isCritical ? { Importance: 'high', 'X-Priority': '1' } : {}),
        ...(last === undefined ? {} : { 'In-Reply-To': last, References: thread.join(' ') }),
      },
      attachments,
    },
    recipients: to.map(({ address }) => address),
  };
}
