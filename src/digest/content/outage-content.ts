import type { FailureMail, MailReport, Outage } from '../../history/report.ts';
import { visible, visibleWithoutLinks } from '../../text/visible.ts';
import { minuteOf, plural } from '../../text/words.ts';
import { recipientNotes, undeliveredSections } from './delivery-section.ts';
import { type MailContent, type MailContext, mailFrame, plainRow, plainSection } from './mail-content.ts';
import { subjectPrefix } from './subject.ts';

/** The mail about failing audits: since when, why, and the hint. The daily reminder is the same. */
export function failingContent(
  outage: Outage,
  hint: string,
  kind: FailureMail,
  mail: MailReport,
  context: MailContext,
): MailContent {
  const { timeZone } = context;
  const blind =
    outage.lastCompleteAt === null
      ? 'No audit has ever completed with this database.'
      : `The last completed audit was on ${minuteOf(outage.lastCompleteAt, timeZone)}. What happened to your tokens since then is unknown.`;
  return {
    ...mailFrame(context, null),
    subject: `${subjectPrefix(context)}: audit failing since ${minuteOf(outage.failingSince, timeZone)}`,
    lead:
      kind === 'breaker'
        ? 'Tokens are gone from the list that Omni still knows: the audit stopped rather than believe it.'
        : `The audit has been failing since ${minuteOf(outage.failingSince, timeZone)}.`,
    paragraphs: [
      `${plural(outage.failedCount, 'run')} failed. ${blind}`,
      ...(hint === '' ? [] : [`What to do: ${visible(hint, 400)}`]),
      'The worker retries by itself. You get a reminder once a day, and a mail when an audit completes again.',
    ],
    sections: [
      {
        ...plainSection,
        title: 'Last errors',
        intro: 'Newest first.',
        count: outage.failedCount,
        rows: outage.errors.map(({ at, error }) => ({
          ...plainRow,
          title: minuteOf(at, timeZone),
          prose: [visibleWithoutLinks(error, 400)],
        })),
        moreCommand: 'omni-token-audit runs',
      },
      ...undeliveredSections(mail, timeZone),
    ],
    notes: recipientNotes(mail, timeZone),
    moreCommand: 'omni-token-audit runs',
  };
}

/** The mail about the first audit that completed after others had failed; `run` is that one. */
export function recoveredContent(
  outage: Outage,
  run: { id: number; startedAt: string },
  mail: MailReport,
  context: MailContext,
): MailContent {
  const { timeZone } = context;
  const since = outage.lastCompleteAt ?? outage.failingSince;
  const blind = duration(Date.parse(run.startedAt) - Date.parse(since));
  return {
    ...mailFrame(context, run.id),
    subject: `${subjectPrefix(context)}: audit recovered after ${blind}`,
    lead: `Audits have been working again since ${minuteOf(run.startedAt, timeZone)}.`,
    paragraphs: [
      `No audit completed for ${blind} (since ${minuteOf(since, timeZone)}). ${outage.failedCount === 0 ? 'A run was stuck' : `${plural(outage.failedCount, 'run')} failed`}.`,
      `Any changes during that time are in the digest of run ${run.id}. Tokens that were created and deleted within it were never seen.`,
    ],
    sections: undeliveredSections(mail, timeZone),
    notes: recipientNotes(mail, timeZone),
    moreCommand: `omni-token-audit findings --run ${run.id}`,
  };
}

function duration(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return plural(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  return hours < 48 ? plural(hours, 'hour') : plural(Math.round(hours / 24), 'day');
}
