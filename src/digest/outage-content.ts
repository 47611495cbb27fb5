import type { Outage } from '../domain/outage.ts';
import { visible } from '../text/visible.ts';
import { minuteOf, plural } from '../text/words.ts';
import type { MailContent, MailContext } from './content.ts';
import { headingOf, subjectPrefix } from './run-content.ts';

/** Audits fail: since when, why, and the mend. Also for the daily reminder, which says the same anew. */
export function failingContent(outage: Outage, mend: string, context: MailContext): MailContent {
  const blind =
    outage.lastCompleteAt === null
      ? 'No audit was ever complete with this database.'
      : `The last complete audit is of ${minuteOf(outage.lastCompleteAt)}: what happened to your tokens since then is unknown.`;
  return {
    subject: `${subjectPrefix(context)}: audit failing since ${minuteOf(outage.failingSince)}`,
    heading: headingOf(context),
    lead: `The audit fails since ${minuteOf(outage.failingSince)}.`,
    paragraphs: [
      `${plural(outage.failedCount, 'attempt')} failed. ${blind}`,
      ...(mend === '' ? [] : [`What to do: ${visible(mend, 400)}`]),
      'It is tried again by itself. You get a reminder once a day, and a mail when it works again.',
    ],
    sections: [
      {
        severity: null,
        title: 'Last errors',
        why: 'Newest first.',
        act: '',
        count: outage.failedCount,
        rows: outage.errors.map(({ at, error }) => ({
          title: minuteOf(at),
          lines: [visible(error, 400)],
          smallPrint: [],
          command: null,
        })),
        moreCommand: 'omni-token-audit runs',
      },
    ],
    notes: [],
    footer: `omni-token-audit of ${context.baseUrl}`,
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
    subject: `${subjectPrefix(context)}: audit recovered after ${blind}`,
    heading: headingOf(context),
    lead: `The audit works again since ${minuteOf(run.startedAt)}.`,
    paragraphs: [
      `It was blind for ${blind}, from ${minuteOf(since)} on; ${plural(outage.failedCount, 'attempt')} failed.`,
      `Audit ${run.id} tells what changed meanwhile. Tokens that were made and deleted within that time were never seen.`,
    ],
    sections: [],
    notes: [],
    footer: `omni-token-audit, audit ${run.id} of ${context.baseUrl}`,
    moreCommand: `omni-token-audit findings --run ${run.id}`,
  };
}

function duration(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return plural(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  return hours < 48 ? plural(hours, 'hour') : plural(Math.round(hours / 24), 'day');
}
