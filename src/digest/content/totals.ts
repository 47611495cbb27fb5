import { openCount, type RunReport } from '../../history/run-report.ts';
import type { Trend } from '../../history/trend.ts';
import { quoted } from '../../text/visible.ts';
import { dayOf, plural } from '../../text/words.ts';
import type { MailPicture } from './mail-content.ts';

/** Omni has three; more than this would be noise. */
export const maxTypes = 8;

/** `121 mcp, 96 personal, 13 organization. 2 findings open (1 acknowledged).` */
export function totalsText(report: RunReport): string {
  const { tokensByType, acknowledgedCount } = report;
  const types = typeCounts(tokensByType, maxTypes).map(({ label, count }) => `${count} ${label}`);
  const open = openCount(report);
  const acknowledged = acknowledgedCount === 0 ? '' : ` (${acknowledgedCount} acknowledged)`;
  const standing = open === 0 ? '' : ` ${plural(open, 'finding')} open${acknowledged}.`;
  return `${types.join(', ')}.${standing}`;
}

/** The most frequent types by name, the others as one. */
export function typeCounts(
  tokensByType: readonly { type: string; count: number }[],
  most: number,
): { label: string; count: number }[] {
  const others = tokensByType.slice(most).reduce((sum, { count }) => sum + count, 0);
  return [
    ...tokensByType.slice(0, most).map(({ type, count }) => ({ label: quotedUnlessPlain(type), count })),
    ...(others > 0 ? [{ label: 'of other types', count: others }] : []),
  ];
}

function quotedUnlessPlain(type: string): string {
  return /^[a-z]{1,20}$/.test(type) ? type : quoted(type, 40);
}

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
