import type { Message } from '../../src/mail/message.ts';
import { someMorning } from './fake-clock.ts';

/** The address of every message's sender. */
export const sender = 'audit@acme.example';
export const recipient = 'security@acme.example';

export function someMessage(number: number, fields: Partial<Message> = {}): Message {
  return {
    kind: 'digest',
    messageId: `<message-${number}@acme.example>`,
    createdAt: someMorning.toISOString(),
    from: 'Omni tokens <audit@acme.example>',
    to: recipient,
    subject: `[Omni tokens] Acme: mail ${number}`,
    text: `Text of mail ${number}\n`,
    html: `<p>Text of mail ${number} – größer</p>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    attachments: [],
    ...fields,
  };
}
