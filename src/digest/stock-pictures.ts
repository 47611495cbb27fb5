import type { StockTrend } from '../domain/stock-trend.ts';
import { dayOf } from '../text/words.ts';
import type { MailPicture } from './content.ts';
import { mostTypes, typeCounts } from './stock.ts';

/** Tokens by type and by age, and how their number and that of open findings went. */
export function stockPictures(
  tokensByType: readonly { type: string; count: number }[],
  { ages, weeks }: StockTrend,
): MailPicture[] {
  return [
    { kind: 'parts', title: 'Tokens by type', parts: typeCounts(tokensByType, mostTypes) },
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
