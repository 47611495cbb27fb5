import { randomUUID } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { type MailAddress, mailAddresses } from '../config/mail-addresses.ts';
import type { MailConfig } from '../config/settings.ts';
import type { Attachment, Message, MessageKind, RenderedMail } from './message.ts';

/** A rendered mail with its sender, recipients, date and Message-ID. */
export interface AddressedMail {
  message: Message;
  recipients: string[];
}

/** What a mail needs in addition to its rendered content. */
export interface MailDetails {
  /** The run that the mail is about; null when there is none. */
  runId: number | null;
  /** Message-IDs of the thread that the mail continues, oldest first. */
  thread: readonly string[];
  attachments: readonly Attachment[];
}

/**
 * Adds sender, recipients, headers, date and Message-ID to a rendered mail. This happens once, so that every
 * delivery attempt sends the same mail unless MAIL_FROM changes.
 */
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
      to: toHeader(to),
      headers: {
        'Auto-Submitted': 'auto-generated',
        // Prevents out-of-office replies: Microsoft's servers ignore Auto-Submitted.
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

/**
 * Returns a stored mail with the present sender, so that a correction of MAIL_FROM also frees the mail that was refused
 * because of the former one. Everything else stays, and so does the From header if its address has not changed.
 */
export function withSender(message: Message, { address, header }: MailAddress): Message {
  const stored = /<([^<>]*)>$/.exec(message.from)?.[1] ?? message.from;
  return stored === address ? message : { ...message, from: header };
}

/**
 * Returns the To header, which all recipients get. An address with a non-ASCII local part needs SMTPUTF8 (RFC 6531),
 * which the servers of the others may lack, so it is shown as the name of an empty group (RFC 6857 3.1.8) unless
 * all recipients have such addresses.
 */
function toHeader(to: MailConfig['to']): string {
  return to.every(({ address }) => needsUtf8(address)) ? to.map(({ header }) => header).join(', ') : inAscii(to);
}

/**
 * Returns the stored To header for one recipient. A mail to addresses with non-ASCII local parts may have been
 * redirected to an ASCII address, whose server may lack SMTPUTF8.
 */
export function toHeaderFor(recipient: string, stored: string): string {
  if (needsUtf8(recipient)) return stored;
  const { data: to } = mailAddresses.safeParse(stored);
  // A header that has a group is no list of addresses. It suits every recipient.
  return to?.some(({ address }) => needsUtf8(address)) ? inAscii(to) : stored;
}

function needsUtf8(address: string): boolean {
  return /[^\0-\x7f].*@/.test(address);
}

function inAscii(to: MailConfig['to']): string {
  return to.map(({ address, header }) => (needsUtf8(address) ? `"${address}":;` : header)).join(', ');
}
