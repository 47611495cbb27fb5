import { minuteOf } from '../text/words.ts';
import type { MailContent, MailContext } from './content.ts';
import { headingOf, subjectPrefix } from './run-content.ts';

/** Proves the way to the readers. */
export function testContent(now: Date, context: MailContext): MailContent {
  return {
    subject: `${subjectPrefix(context)}: test mail`,
    heading: headingOf(context),
    lead: 'This is a test: mail from the token audit reaches you.',
    paragraphs: [`An operator asked for it at ${minuteOf(now.toISOString())}. There is nothing to do.`],
    sections: [],
    notes: [],
    footer: `omni-token-audit of ${context.baseUrl}`,
    moreCommand: null,
  };
}
