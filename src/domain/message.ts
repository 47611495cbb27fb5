export type MessageKind =
  | 'baseline'
  | 'digest'
  | 'summary'
  | 'inventory'
  | 'failing'
  | 'recovered'
  | 'breaker'
  | 'test';

/** What a mail says, rendered. */
export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** A rendered mail with all that is fixed before it is first sent. */
export interface Message extends RenderedMail {
  kind: MessageKind;
  /** With angle brackets. */
  messageId: string;
  /** UTC ISO-8601; the Date header. */
  createdAt: string;
  from: string;
  /** The To header: all recipients. */
  to: string;
  headers: Record<string, string>;
}
