import { minuteOf } from '../../text/words.ts';
import { type MailContent, type MailContext, mailFrame, subjectPrefix } from './mail-content.ts';

/** Proves the way to the readers. */
export function testContent(now: Date, context: MailContext): MailContent {
  return {
    ...mailFrame(context, null),
    subject: `${subjectPrefix(context)}: test mail`,
    lead: 'This is a test: mail from the token audit reaches you.',
    paragraphs: [
      `An operator asked for it at ${minuteOf(now.toISOString(), context.timeZone)}. There is nothing to do.`,
    ],
  };
}
