import type { Acknowledgement, AcknowledgementNotice } from '../../rules/acknowledgement.ts';
import { catalogueEntry } from '../../rules/catalogue.ts';
import { maxRowsPerGroup } from '../../rules/finding-groups.ts';
import { quoted, visible } from '../../text/visible.ts';
import { capitalised, minuteOf, plural } from '../../text/words.ts';
import { maxReason, ownerName } from '../wording.ts';
import { type MailContext, type MailRow, type MailSection, plainRow, plainSection } from './mail-content.ts';
import type { SubjectPart } from './subject.ts';

/** Who accepted what and why, and which acknowledgements ended. No section where there are none. */
export function acknowledgementSections(
  notices: readonly AcknowledgementNotice[],
  { timeZone }: MailContext,
): MailSection[] {
  if (notices.length === 0) return [];
  return [
    {
      ...plainSection,
      title: 'Acknowledgements',
      intro:
        'What someone accepted stays out of these mails, though not out of their counts, until it escalates or its last day is over.',
      count: notices.length,
      rows: notices.slice(0, maxRowsPerGroup).map((notice) => noticeRow(notice, timeZone)),
      moreCommand: 'omni-token-audit findings --open',
    },
  ];
}

/** `2 acknowledged, 1 acknowledgement ended`, in parts. */
export function acknowledgementTally(notices: readonly AcknowledgementNotice[]): SubjectPart[] {
  const made = notices.filter(({ what }) => what === 'made').length;
  const ended = notices.length - made;
  return [
    ...(made > 0 ? [{ count: made, text: `${made} acknowledged` }] : []),
    ...(ended > 0 ? [{ count: ended, text: `${plural(ended, 'acknowledgement')} ended` }] : []),
  ];
}

function noticeRow({ what, acknowledgement }: AcknowledgementNotice, timeZone: string): MailRow {
  const { condition, by, reason, createdAt, expiresOn } = acknowledgement;
  const { title } = catalogueEntry(condition.kind);
  const accepted = `acknowledged by ${quoted(by)}, ${minuteOf(createdAt, timeZone)}, until ${expiresOn}`;
  return {
    ...plainRow,
    title: subjectOf(acknowledgement),
    facts: [`${title} (${condition.severity})`],
    prose: [
      ...(what === 'made'
        ? [capitalised(accepted)]
        : [capitalised(howItEnded(acknowledgement, timeZone)), `Before: ${accepted}`]),
      `Reason: ${quoted(reason, maxReason)}`,
    ],
    smallPrint: [
      `${condition.subject.type === 'owner' ? 'membership' : 'id'} ${condition.subject.id}, finding ${condition.id}`,
    ],
  };
}

function subjectOf({ condition, tokenName, owner }: Acknowledgement): string {
  if (condition.subject.type === 'owner') return ownerName(owner, condition.subject.id);
  return tokenName === null ? visible(condition.subject.id) : quoted(tokenName);
}

function howItEnded({ end }: Acknowledgement, timeZone: string): string {
  if (end === null) return 'in effect';
  switch (end.because) {
    case 'revoked':
      return `revoked by ${quoted(end.by)}, ${minuteOf(end.at, timeZone)}`;
    case 'void':
      return `void, since ${visible(end.what)}`;
    case 'expired':
      return 'expired, since its last day is over';
    case 'resolved':
      return 'over, since the condition was resolved';
    default:
      return end satisfies never;
  }
}
