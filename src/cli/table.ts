import type { CsvCell as Cell } from '../text/csv.ts';
import { codePointOf, visible } from '../text/visible.ts';
import { wrap } from '../text/words.ts';

/** A column of the table and CSV forms. The JSON form prints the rows themselves. */
export interface Column<Row> {
  heading: string;
  value: (row: Row) => Cell;
  /**
   * How to save space on a narrow terminal: an id is shortened to its beginning, which commands accept too, an
   * instant to the minute, prose moves below its row, and a name is cut. Everything else is shown whole.
   */
  is?: 'id' | 'instant' | 'name' | 'prose';
  /** Hidden first on a narrow terminal. `--format csv` always has the column. */
  isSpare?: true;
}

/** A column with its cells, heading first, and its width in characters. */
interface Filled extends Pick<Column<never>, 'heading' | 'is' | 'isSpare'> {
  cells: string[];
  width: number;
}

const gap = '  ';
const indent = '    ';
const minIdLength = 8;
const minNameLength = 8;
/** Spare columns are hidden before names are cut below this length. */
const readableNameLength = 14;
const maxCellLength = 120;
/** Enough for the longest reason (500 characters) and the words that surround it. */
const maxProseLength = 700;

/** Yields the lines of a table. Without a terminal (`terminalWidth` null), it is as wide as its cells. */
export function* tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  terminalWidth: number | null,
): Generator<string> {
  const width = terminalWidth ?? Number.POSITIVE_INFINITY;
  const all = columns.map(({ value, heading, ...column }) => {
    const maxLength = column.is === 'prose' ? maxProseLength : maxCellLength;
    const cells = [heading.toUpperCase(), ...rows.map((row) => toText(value(row), maxLength))];
    return measured({ ...column, heading, cells });
  });
  const { inline, below, hidden } =
    total(all.map(fullWidth)) <= width ? { inline: all, below: [], hidden: [] } : fit(all, width);
  for (let line = 0; line <= rows.length; line += 1) {
    const cells = inline.map(({ cells: column, width: columnWidth }) => {
      const cell = cut(column[line] ?? '', columnWidth).padEnd(columnWidth);
      return terminalWidth === null ? cell : coloured(cell);
    });
    yield `${cells.join(gap).trimEnd()}\n`;
    for (const { heading, cells: column } of line === 0 ? [] : below) {
      const cell = column[line] ?? '';
      if (!isBlank(cell)) yield `${wrap(`${heading}: ${cell}`, width, indent)}\n`;
    }
  }
  const names = hidden.map(({ heading }) => heading).join(', ');
  if (names !== '')
    yield `${wrap(`(hidden to fit the terminal: ${names}. Use --format csv for all columns)`, width)}\n`;
}

/**
 * Fits the columns to a terminal: drops blank columns, shortens ids and instants, moves prose below its row, hides
 * spare columns from the last one on, and finally cuts the widest names.
 */
function fit(all: readonly Filled[], terminalWidth: number): { inline: Filled[]; below: Filled[]; hidden: Filled[] } {
  const short = all.filter(({ cells }) => !cells.slice(1).every(isBlank)).map(shorten);
  const below = short.filter(({ is }) => is === 'prose');
  const inline = short.filter(({ is }) => is !== 'prose');
  const hidden: Filled[] = [];
  const isTooWide = (): boolean => total(inline.map(minWidth)) > terminalWidth;
  for (let last = lastSpare(inline); isTooWide() && last >= 0; last = lastSpare(inline)) {
    hidden.unshift(...inline.splice(last, 1));
  }
  const names = inline.filter(({ is, width }) => is === 'name' && width > minNameLength);
  for (let surplus = total(inline.map(fullWidth)) - terminalWidth; surplus > 0; surplus -= 1) {
    const [widest] = names.sort((a, b) => b.width - a.width);
    if (widest === undefined || widest.width <= minNameLength) break;
    widest.width -= 1;
  }
  return { inline, below, hidden };
}

function lastSpare(columns: readonly Filled[]): number {
  return columns.findLastIndex(({ isSpare }) => isSpare);
}

function measured(column: Omit<Filled, 'width'>): Filled {
  return { ...column, width: column.cells.reduce((widest, cell) => Math.max(widest, cell.length), 0) };
}

function shorten(column: Filled): Filled {
  const [heading = '', ...cells] = column.cells;
  if (column.is === 'instant') return measured({ ...column, cells: [heading, ...cells.map(toMinute)] });
  return column.is === 'id' ? measured({ ...column, cells: [heading, ...shortIds(cells)] }) : column;
}

/** Shortens an ISO instant to `2026-05-13 07:00`, in UTC. */
function toMinute(cell: string): string {
  return cell.slice(0, 16).replace('T', ' ');
}

/** Shortens ids to a common length at which they are still different. */
function shortIds(ids: readonly string[]): string[] {
  const count = new Set(ids).size;
  let length = minIdLength;
  while (new Set(ids.map((id) => id.slice(0, length))).size < count) length += 1;
  return ids.map((id) => id.slice(0, length));
}

function isBlank(cell: string): boolean {
  return cell === '' || cell === '-';
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
}

const fullWidth = ({ width }: Filled): number => width;

function minWidth({ is, width }: Filled): number {
  return is === 'name' ? Math.min(width, readableNameLength) : width;
}

function cut(cell: string, width: number): string {
  if (cell.length <= width) return cell;
  // Do not cut a surrogate pair in half.
  return `${cell.slice(0, width - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** A colour supplements the word and never replaces it. */
const colours: Record<string, number> = { critical: 31, high: 31, medium: 33, failed: 31, parked: 31 };

function coloured(cell: string): string {
  const colour = colours[cell.trim()];
  return colour === undefined || process.env.NO_COLOR ? cell : `\x1b[${colour}m${cell}\x1b[0m`;
}

/**
 * Makes control characters visible, since untrusted text must not move the cursor of a terminal. All but the first of
 * several spaces are made visible too, since they look like the gap before another column.
 */
function toText(value: Cell, maxLength: number): string {
  if (value === null) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'string') return String(value);
  return visible(value, maxLength).replaceAll(/(?<=\s)\s/g, codePointOf);
}
