import type { CsvCell as Cell } from '../text/csv.ts';
import { visible } from '../text/visible.ts';
import { wrap } from '../text/words.ts';

/** One column of the table and CSV forms; the JSON form prints the rows themselves. */
export interface Column<Row> {
  heading: string;
  value: (row: Row) => Cell;
  /**
   * How it makes room where a terminal is narrow: an id is shown by its beginning, which commands take too,
   * an instant to its minute, prose below its row, and a name is cut. All else is shown whole.
   */
  is?: 'id' | 'instant' | 'name' | 'prose';
  /** The first to go where a terminal is narrow; `--format csv` has it always. */
  isSpare?: true;
}

/** A column with what it shows, its heading first. */
interface Shown {
  heading: string;
  is: Column<never>['is'];
  isSpare: boolean;
  cells: string[];
}

/** What stands in the lines of the rows, what below them, and what found no room. */
interface Layout {
  beside: Shown[];
  below: Shown[];
  missing: Shown[];
}

const gap = '  ';
const indent = '    ';
const narrowest = 8;
/** Spare columns go before a name is narrower. */
const readableName = 14;
const maxCell = 120;
/** As long as a reason may be, with what stands around it. */
const maxProse = 700;

/** The lines of a table. `terminalWidth` null: nobody looks at it on a terminal, so that it is as wide as it is. */
export function* tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  terminalWidth: number | null,
): Generator<string> {
  const all = columns.map((column) => show(column, rows));
  const isPlain = terminalWidth === null;
  const { beside, below, missing } = isPlain ? { beside: all, below: [], missing: [] } : layOut(all, terminalWidth);
  const widths = isPlain ? beside.map(widthOf) : cutWidths(beside, terminalWidth);
  for (let line = 0; line <= rows.length; line += 1) {
    const cells = beside.map(({ cells: column }, index) => {
      const width = widths[index] ?? 0;
      const cell = cut(column[line] ?? '', width).padEnd(width);
      return isPlain ? cell : coloured(cell);
    });
    yield `${cells.join(gap).trimEnd()}\n`;
    for (const { heading, cells: column } of line === 0 ? [] : below) {
      const prose = column[line] ?? '-';
      if (prose !== '-' && prose !== '') yield `${wrap(`${heading}: ${prose}`, terminalWidth ?? 0, indent)}\n`;
    }
  }
  const names = missing.map(({ heading }) => heading).join(', ');
  if (names !== '') yield `${wrap(`(no room for ${names}: --format csv has all)`, terminalWidth ?? 0)}\n`;
}

function show<Row>({ heading, value, is, isSpare }: Column<Row>, rows: readonly Row[]): Shown {
  const longest = is === 'prose' ? maxProse : maxCell;
  const cells = [heading.toUpperCase(), ...rows.map((row) => tableCell(value(row), longest))];
  return { heading, is, isSpare: isSpare === true, cells };
}

/** Makes room step by step, and no more of it than is needed. */
function layOut(all: readonly Shown[], terminalWidth: number): Layout {
  const layout: Layout = { beside: [...all], below: [], missing: [] };
  const isTooWide = (): boolean => total(layout.beside.map(leastWidth)) > terminalWidth;
  const shorten = (kind: Shown['is'], work: (cells: string[]) => string[]): void => {
    if (!isTooWide()) return;
    layout.beside = layout.beside.map((each) => (each.is === kind ? { ...each, cells: work(each.cells) } : each));
  };
  /** The last column of that sort leaves the lines of the rows; undefined: there is none. */
  const takeLast = (isOfSort: (each: Shown) => boolean): Shown | undefined => {
    const index = layout.beside.findLastIndex(isOfSort);
    const [taken] = index === -1 ? [] : layout.beside.splice(index, 1);
    return taken;
  };
  shorten('instant', (cells) => cells.map(toMinute));
  shorten('id', shortIds);
  // What no row has anything to say of is no loss.
  if (isTooWide()) layout.beside = layout.beside.filter((each) => !isEmpty(each));
  while (isTooWide()) {
    const prose = takeLast(({ is }) => is === 'prose');
    if (prose === undefined) break;
    layout.below.unshift(prose);
  }
  while (isTooWide()) {
    const spare = takeLast(({ isSpare }) => isSpare);
    if (spare === undefined) break;
    layout.missing.unshift(spare);
  }
  return layout;
}

function isEmpty({ cells }: Shown): boolean {
  return cells.every((cell, line) => line === 0 || cell === '-' || cell === '');
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
}

function widthOf({ cells }: Shown): number {
  return cells.reduce((widest, cell) => Math.max(widest, cell.length), 0);
}

function leastWidth(shown: Shown): number {
  return shown.is === 'name' ? Math.min(widthOf(shown), readableName) : widthOf(shown);
}

/** Takes from the widest names until the line fits, or nothing more can be taken. */
function cutWidths(shown: readonly Shown[], terminalWidth: number): number[] {
  const widths = shown.map(widthOf);
  const names = [...shown.keys()].filter((index) => shown[index]?.is === 'name');
  for (let surplus = total(widths) - terminalWidth; surplus > 0; surplus -= 1) {
    const givers = names.filter((index) => (widths[index] ?? 0) > narrowest);
    if (givers.length === 0) break;
    const widest = givers.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** `2026-05-13 07:00` of a whole instant, all of which are UTC. */
function toMinute(cell: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(cell) ? `${cell.slice(0, 10)} ${cell.slice(11, 16)}` : cell;
}

/** Their beginnings, at least 8 characters, by which those in the table can be told apart. */
function shortIds([heading = '', ...ids]: string[]): string[] {
  const count = new Set(ids).size;
  let length = narrowest;
  while (new Set(ids.map((id) => id.slice(0, length))).size < count) length += 1;
  return [heading, ...ids.map((id) => id.slice(0, length))];
}

function cut(cell: string, width: number): string {
  if (cell.length <= width) return cell;
  // Not through the midst of a character.
  return `${cell.slice(0, width - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** A second sign beside the word, never in its place. */
const colours: Record<string, number> = { critical: 31, high: 31, medium: 33, failed: 31, parked: 31 };

function coloured(cell: string): string {
  const colour = colours[cell.trim()];
  return colour === undefined || process.env.NO_COLOR ? cell : `\x1b[${colour}m${cell}\x1b[0m`;
}

/** Untrusted text must not move the cursor of whoever looks at it. */
function tableCell(value: Cell, longest: number): string {
  if (value === null) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? visible(value, longest) : String(value);
}
