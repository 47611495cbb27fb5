import type { MailReport, RefusedMail } from '../../history/report.ts';
import { type SeverityCounts, severities } from '../../rules/severity.ts';
import { plural } from '../../text/words.ts';
import { mailName, noticeSections } from './delivery-section.ts';
import { type MailContent, type MailContext, mailFrame } from './mail-content.ts';
import { subjectPrefix } from './subject.ts';

/**
 * The mail to a recipient whose mail was refused. Its body has no name or id of the organisation's and a constant size,
 * so that what refused that mail does not refuse this one, too.
 */
export function noticeContent(
  refused: RefusedMail,
  mail: Pick<MailReport, 'undelivered'>,
  context: MailContext,
): MailContent {
  const { id, replyCodes, reported } = refused;
  const reply = replyCodes === null ? '' : ` Its reply was ${replyCodes}.`;
  return {
    ...mailFrame(context, null),
    heading: 'Omni API tokens',
    subject: `${subjectPrefix(context)}: a mail could not be delivered`,
    lead: `The mail server refused mail ${id}: the ${mailName(refused, context.timeZone)}.`,
    paragraphs: [
      [`Nobody will retry it automatically.${reply}`, ...(reported === null ? [] : [countsText(reported)])].join(' '),
      `What to do: read it with \`omni-token-audit mail --show ${id}\`, or ask an operator to. The server may have refused its size, or a word in it such as the name of a token.`,
    ],
    sections: noticeSections(mail, id, context.timeZone),
    footer: 'omni-token-audit',
    moreCommand: `omni-token-audit mail --show ${id}`,
    isCritical: (reported?.critical ?? 0) > 0,
  };
}

function countsText(counts: SeverityCounts): string {
  const found = severities
    .filter((severity) => counts[severity] > 0)
    .map((severity) => `${counts[severity]} ${severity}`);
  const total = severities.reduce((sum, severity) => sum + counts[severity], 0);
  return total === 0 ? 'It lists no finding.' : `It lists ${plural(total, 'finding')}: ${found.join(', ')}.`;
}
