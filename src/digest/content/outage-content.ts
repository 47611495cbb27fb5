import type { FailureMail, Outage } from '../../history/outage.ts';
import { visible } from '../../text/visible.ts';
import { minuteOf, plural } from '../../text/words.ts';
import type { MailContent, MailContext } from './mail-content.ts';
import { mailFrame, subjectPrefix } from './mail-frame.ts';

/** Audits fail: since when, why, and the hint. Also for the daily reminder, which says the same anew. */
export function failingContent(outage: Outage, hint: string, kind: FailureMail, context: MailContext): MailContent {
  const blind =
    outage.lastCompleteAt === null
      ? 'No audit was ever complete with this database.'
      : `The last complete audit is of ${minuteOf(outage.lastCompleteAt)}: what happened to your tokens since then is unknown.`;
  return {
    ...mailFrame(context, null),
    subject: `${subjectPrefix(context)}: audit failing since ${minuteOf(outage.failingSince)}`,
    lead:
      kind === 'breaker'
        ? 'Tokens are gone from the list that Omni still knows: the audit stopped rather than believe it.'
        : `The audit has been failing since ${minuteOf(outage.failingSince)}.`,
    paragraphs: [
      `${plural(outage.failedCount, 'attempt')} failed. ${blind}`,
      ...(hint === '' ? [] : [`What to do: ${visible(hint, 400)}`]),
      'The worker tries again by itself. You get a reminder once a day, and a mail when it works again.',
    ],
    sections: [
      {
        layout: 'card',
        severity: null,
        title: 'Last errors',
        why: 'Newest first.',
        act: '',
        count: outage.failedCount,
        rows: outage.errors.map(({ at, error }) => ({
          title: minuteOf(at),
          facts: [{ label: 'Error', value: visible(error, 400), isProse: true }],
          items: [],
          smallPrint: [],
          command: null,
        })),
        moreCommand: 'omni-token-audit runs',
        moreFile: null,
      },
    ],
    moreCommand: 'omni-token-audit runs',
  };
}

/** An audit is complete again; `runId` and `now` are its own. */
export function recoveredContent(
  outage: Outage,
  run: { id: number; startedAt: string },
  context: MailContext,
): MailContent {
  const since = outage.lastCompleteAt ?? outage.failingSince;
  const blind = duration(Date.parse(run.startedAt) - Date.parse(since));
  return {
    ...mailFrame(context, run.id),
    subject: `${subjectPrefix(context)}: audit recovered after ${blind}`,
    lead: `The audit works again since ${minuteOf(run.startedAt)}.`,
    paragraphs: [
      `It was blind for ${blind}, from ${minuteOf(since)} on; ${plural(outage.failedCount, 'attempt')} failed.`,
      `What changed meanwhile, if anything, stands in the digest of audit ${run.id}. Tokens that were made and deleted within that time were never seen.`,
    ],
    moreCommand: `omni-token-audit findings --run ${run.id}`,
  };
}

function duration(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return plural(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  return hours < 48 ? plural(hours, 'hour') : plural(Math.round(hours / 24), 'day');
}
