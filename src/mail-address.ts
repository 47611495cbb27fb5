import { randomUUID } from 'node:crypto';
import type { MailConfig } from './config/config.ts';
import type { Message, MessageKind, RenderedMail } from './domain/message.ts';

/** A rendered mail with its sender, readers, date and id. */
export interface AddressedMail {
  message: Message;
  recipients: string[];
}

/**
 * Date and Message-ID are fixed here, once, so that a repeated attempt sends the same mail.
 *
 * @param thread Message-IDs that the mail continues, oldest first.
 */
export function addressMail(
  kind: MessageKind,
  mail: RenderedMail,
  now: Date,
  thread: readonly string[],
  { from, to }: MailConfig,
): AddressedMail {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
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
        'List-Id': `Omni token audit <omni-token-audit.${domain}>`,
        ...(last === undefined ? {} : { 'In-Reply-To': last, References: thread.join(' ') }),
      },
    },
    recipients: to.map(({ address }) => address),
  };
}
