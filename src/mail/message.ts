import type { RunMail } from './run-mail-policy.ts';

export type MessageKind = RunMail | 'failing' | 'recovered' | 'breaker' | 'notice' | 'test';

/** A CSV file attached to a mail, UTF-8. */
export interface Attachment {
  fileName: string;
  content: string;
}

/** The rendered content of a mail. */
export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
  /** True if the mail reports something critical. */
  isCritical: boolean;
}

/** A rendered mail with everything that is fixed before it is first sent. */
export interface Message extends Omit<RenderedMail, 'isCritical'> {
  kind: MessageKind;
  /** With angle brackets. */
  messageId: string;
  /** UTC ISO-8601; the Date header. */
  createdAt: string;
  from: string;
  /** The To header: all recipients. */
  to: string;
  headers: Record<string, string>;
  attachments: readonly Attachment[];
}
