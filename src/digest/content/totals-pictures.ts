import type { Trend } from '../../history/trend.ts';
import { dayOf } from '../../text/words.ts';
import type { MailPicture } from './mail-content.ts';
import { maxTypes, typeCounts } from './totals.ts';

/** Tokens by type and by age, and how their number and that of open findings went. */
export function totalsPictures(
  tokensByType: readonly { type: string; count: number }[],
  { ages, weeks }: Trend,
): MailPicture[] {
  return [
    { kind: 'parts', title: 'Tokens by type', parts: typeCounts(tokensByType, maxTypes) },
    {
      kind: 'parts',
      title: 'Tokens by age',
      parts: ages.map(({ fromDays, count }, index) => ({
        label: ageLabel(fromDays, ages[index + 1]?.fromDays),
        count,
      })),
    },
    {
      kind: 'series',
      title: 'The last weeks',
      columns: ['Tokens', 'Open findings'],
      points: weeks.map(({ at, tokenCount, openCount }) => ({ label: dayOf(at), counts: [tokenCount, openCount] })),
    },
  ];
}

function ageLabel(fromDays: number, untilDays: number | undefined): string {
  if (fromDays === 0) return `under ${untilDays} days`;
  return untilDays === undefined ? `${fromDays} days and more` : `${fromDays} to ${untilDays - 1} days`;
}
