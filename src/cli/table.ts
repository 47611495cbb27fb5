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

/** A column with its cells, the heading first. */
interface Filled extends Pick<Column<never>, 'heading' | 'is' | 'isSpare'> {
  cells: string[];
}

interface Layout {
  /** Side by side in the line of each row. */
  inline: readonly Filled[];
  /** In lines of their own below it. */
  below: readonly Filled[];
  /** For which there is no room. */
  hidden: readonly Filled[];
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
  const { inline, below, hidden } = layoutFor(
    columns.map((column) => fill(column, rows)),
    width,
  );
  const widths = cutNames(inline, width);
  for (let line = 0; line <= rows.length; line += 1) {
    const cells = inline.map(({ cells: column }, index) => {
      const cell = cut(column[line] ?? '', widths[index] ?? 0).padEnd(widths[index] ?? 0);
      return terminalWidth === null ? cell : coloured(cell);
    });
    yield `${cells.join(gap).trimEnd()}\n`;
    for (const { heading, cells: column } of line === 0 ? [] : below) {
      const prose = column[line] ?? '';
      if (!isBlank(prose)) yield `${wrap(`${heading}: ${prose}`, width, indent)}\n`;
    }
  }
  const names = hidden.map(({ heading }) => heading).join(', ');
  if (names !== '') yield `${wrap(`(no room for ${names}: --format csv has all)`, width)}\n`;
}

function fill<Row>({ value, ...column }: Column<Row>, rows: readonly Row[]): Filled {
  const maxLength = column.is === 'prose' ? maxProseLength : maxCellLength;
  return { ...column, cells: [column.heading.toUpperCase(), ...rows.map((row) => toText(value(row), maxLength))] };
}

/** The first layout that fits, or the narrowest one. */
function layoutFor(all: readonly Filled[], terminalWidth: number): Layout {
  let layout: Layout = { inline: all, below: [], hidden: [] };
  for (layout of layouts(all)) {
    if (total(layout.inline.map(minWidth)) <= terminalWidth) break;
  }
  return layout;
}

/** From the widest to the narrowest. */
function* layouts(all: readonly Filled[]): Generator<Layout> {
  yield { inline: all, below: [], hidden: [] };
  const short = all.filter(({ cells }) => !cells.slice(1).every(isBlank)).map(shorten);
  yield { inline: short, below: [], hidden: [] };
  const below = short.filter(({ is }) => is === 'prose');
  const inline = short.filter(({ is }) => is !== 'prose');
  const spare = inline.filter(({ isSpare }) => isSpare);
  for (let kept = spare.length; kept >= 0; kept -= 1) {
    const hidden = spare.slice(kept);
    yield { inline: inline.filter((column) => !hidden.includes(column)), below, hidden };
  }
}

function shorten(column: Filled): Filled {
  if (column.is === 'instant') return { ...column, cells: column.cells.map(toMinute) };
  return column.is === 'id' ? { ...column, cells: shortIds(column.cells) } : column;
}

/** `2026-05-13 07:00` of a whole instant, all of which are UTC. */
function toMinute(cell: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(cell) ? `${cell.slice(0, 10)} ${cell.slice(11, 16)}` : cell;
}

/** Their beginnings, by which those in the table can still be told apart. */
function shortIds([heading = '', ...ids]: string[]): string[] {
  const count = new Set(ids).size;
  let length = minIdLength;
  while (new Set(ids.map((id) => id.slice(0, length))).size < count) length += 1;
  return [heading, ...ids.map((id) => id.slice(0, length))];
}

function isBlank(cell: string): boolean {
  return cell === '' || cell === '-';
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
}

function widthOf({ cells }: Filled): number {
  return cells.reduce((widest, cell) => Math.max(widest, cell.length), 0);
}

function minWidth(column: Filled): number {
  return column.is === 'name' ? Math.min(widthOf(column), readableNameLength) : widthOf(column);
}

/** The width of each column. The widest names are cut until the line fits, or until none can be cut further. */
function cutNames(columns: readonly Filled[], terminalWidth: number): number[] {
  const widths = columns.map(widthOf);
  for (let surplus = total(widths) - terminalWidth; surplus > 0; surplus -= 1) {
    const names = [...columns.keys()].filter((index) => columns[index]?.is === 'name');
    const widest = names.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a), names[0] ?? -1);
    if ((widths[widest] ?? 0) <= minNameLength) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
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
