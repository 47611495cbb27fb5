import type { MailPicture } from '../content/mail-content.ts';
import { percent } from './picture-scale.ts';

const maxBar = 30;
const maxLabel = 24;

/** The same as bars of characters, every number beside its bar. */
export function renderTextPicture(picture: MailPicture, width: number): string {
  const lines = picture.kind === 'parts' ? parts(picture) : series(picture);
  return [picture.title, ...lines.map((line) => `  ${line}`.slice(0, width).trimEnd())].join('\n');
}

function parts({ parts: all }: Extract<MailPicture, { kind: 'parts' }>): string[] {
  const total = all.reduce((sum, { count }) => sum + count, 0);
  const labelWidth = Math.min(maxLabel, Math.max(...all.map(({ label }) => label.length)));
  const countWidth = Math.max(...all.map(({ count }) => String(count).length));
  return all.map(({ label, count }) => {
    // By characters, so that none is cut in two.
    const name = [...label].slice(0, labelWidth).join('').padEnd(labelWidth);
    return `${name}  ${String(count).padStart(countWidth)}  ${bar(percent(count, total))}`;
  });
}

function series({ columns, points }: Extract<MailPicture, { kind: 'series' }>): string[] {
  const barWidth = Math.floor(maxBar / columns.length);
  const highest = columns.map((_, column) => Math.max(1, ...points.map(({ counts }) => counts[column] ?? 0)));
  const row = (label: string, cells: string[]): string => `${label.padEnd(10)}  ${cells.join('  ')}`;
  const cellWidth = barWidth + 8;
  return [
    row(
      'Week of',
      columns.map((name) => name.padEnd(cellWidth)),
    ),
    ...points.map(({ label, counts }) =>
      row(
        label,
        counts.map((count, column) => {
          const drawn = bar(percent(count, highest[column] ?? 1), barWidth);
          return `${String(count).padStart(6)}  ${drawn}`.padEnd(cellWidth);
        }),
      ),
    ),
  ];
}

function bar(share: number, longest = maxBar): string {
  return '#'.repeat(share > 0 ? Math.max(1, Math.round((share * longest) / 100)) : 0);
}
