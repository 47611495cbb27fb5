import type { CsvCell as Cell } from '../text/csv.ts';
import { visible } from '../text/visible.ts';
import { wrap } from '../text/words.ts';

/** One column of the table and CSV forms. The JSON form prints the rows themselves. */
export interface Column<Row> {
  heading: string;
  value: (row: Row) => Cell;
  /**
   * How it makes room on a narrow terminal: an id is shown by its beginning, which commands take too, an
   * instant to its minute, prose below its row, and a name is cut. Everything else is shown whole.
   */
  is?: 'id' | 'instant' | 'name' | 'prose';
  /** The first to go on a narrow terminal. `--format csv` always has it. */
  isSpare?: true;
}

/** A column with its cells, the heading first, and the width that it is given. */
interface Filled extends Pick<Column<never>, 'heading' | 'is' | 'isSpare'> {
  cells: string[];
  width: number;
}

const gap = '  ';
const indent = '    ';
const minIdLength = 8;
const minNameLength = 8;
/** Spare columns go before a name is cut to less. */
const readableNameLength = 14;
const maxCellLength = 120;
/** As long as a reason may be, with what is around it. */
const maxProseLength = 700;

/** The lines of a table. `terminalWidth` null: it is not shown on a terminal, so it is as wide as its cells. */
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
  if (names !== '') yield `${wrap(`(no room for ${names}: --format csv has all)`, width)}\n`;
}

/**
 * Makes room on a terminal: blank columns go, ids and instants are shortened, prose goes below its row, spare
 * columns are hidden from the last one on, and at last the widest names are cut.
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

/** `2026-05-13 07:00` of an instant, all of which are UTC. */
function toMinute(cell: string): string {
  return cell.slice(0, 16).replace('T', ' ');
}

/** The beginning of each, long enough that no two are the same. */
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
  // Not through the middle of a character.
  return `${cell.slice(0, width - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Besides the word, never instead of it. */
const colours: Record<string, number> = { critical: 31, high: 31, medium: 33, failed: 31, parked: 31 };

function coloured(cell: string): string {
  const colour = colours[cell.trim()];
  return colour === undefined || process.env.NO_COLOR ? cell : `\x1b[${colour}m${cell}\x1b[0m`;
}

/** Untrusted text must not move the cursor of the person who reads it. */
function toText(value: Cell, maxLength: number): string {
  if (value === null) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? visible(value, maxLength) : String(value);
}
