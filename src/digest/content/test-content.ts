import type { MailReport } from '../../history/report.ts';
import { minuteOf } from '../../text/words.ts';
import { undeliveredSections } from './delivery-section.ts';
import { type MailContent, type MailContext, mailFrame } from './mail-content.ts';
import { subjectPrefix } from './subject.ts';

/** Proves the way to the readers. */
export function testContent(now: Date, mail: Pick<MailReport, 'undelivered'>, context: MailContext): MailContent {
  const noAction = mail.undelivered.length === 0 ? ' There is nothing to do.' : '';
  return {
    ...mailFrame(context, null),
    subject: `${subjectPrefix(context)}: test mail`,
    lead: 'This is a test: mail from the token audit reaches you.',
    paragraphs: [`An operator asked for it at ${minuteOf(now.toISOString(), context.timeZone)}.${noAction}`],
    sections: undeliveredSections(mail, context.timeZone),
  };
}
