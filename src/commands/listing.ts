import { type CsvCell as Cell, csvLine } from '../text/csv.ts';
import { visible } from '../text/visible.ts';
import type { Format } from './arguments.ts';
import type { CommandContext } from './command.ts';

/** One column of the table and CSV forms; the JSON form prints the rows themselves. */
export interface Column<Row> {
  heading: string;
  value: (row: Row) => Cell;
  /** Is copied into other commands: never cut where the terminal is narrow. */
  isWhole?: true;
}

/** Prints rows in the asked form. JSON and CSV go out row by row; a table must know its widths first. */
export async function printListing<Row>(
  rows: Iterable<Row>,
  columns: readonly Column<Row>[],
  format: Format,
  whenEmpty: string,
  { printAll, width }: Pick<CommandContext, 'printAll' | 'width'>,
): Promise<void> {
  switch (format) {
    case 'json':
      return await printAll(jsonLines(rows));
    case 'csv':
      return await printAll(csvLines(rows, columns, width));
    case 'table':
      return await printAll(tableLines([...rows], columns, whenEmpty, width));
    default:
      format satisfies never;
  }
}

function* jsonLines(rows: Iterable<unknown>): Generator<string> {
  let separator = '[\n';
  for (const row of rows) {
    yield `${separator}${harmless(JSON.stringify(row))}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

function* csvLines<Row>(
  rows: Iterable<Row>,
  columns: readonly Column<Row>[],
  terminalWidth: number | null,
): Generator<string> {
  yield `${csvLine(columns.map(({ heading }) => heading))}\r\n`;
  for (const row of rows) yield `${csvLine(columns.map(({ value }) => csvCell(value(row), terminalWidth)))}\r\n`;
}

/** The same JSON, with escapes for what a terminal or a reader could be fooled by. */
function harmless(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A file gets what there is, a terminal what it can be shown. */
function csvCell(value: Cell, terminalWidth: number | null): Cell {
  return typeof value === 'string' && terminalWidth !== null ? visible(value, Number.POSITIVE_INFINITY) : value;
}

function* tableLines<Row>(
  rows: Row[],
  columns: readonly Column<Row>[],
  whenEmpty: string,
  terminalWidth: number | null,
): Generator<string> {
  if (rows.length === 0) {
    yield `${whenEmpty}\n`;
    return;
  }
  const lines = [
    columns.map(({ heading }) => heading.toUpperCase()),
    ...rows.map((row) => columns.map(({ value }) => tableCell(value(row)))),
  ];
  const natural = columns.map((_, index) =>
    lines.reduce((widest, line) => Math.max(widest, line[index]?.length ?? 0), 0),
  );
  const widths = terminalWidth === null ? natural : fit(natural, columns, terminalWidth);
  for (const line of lines) {
    const cells = line.map((cell, index) => {
      const shown = cut(cell, widths[index] ?? 0).padEnd(widths[index] ?? 0);
      return terminalWidth === null ? shown : coloured(shown);
    });
    yield `${cells.join(gap).trimEnd()}\n`;
  }
}

const gap = '  ';
const narrowest = 8;

/** Takes from the widest columns that may be cut, until the line fits or nothing more can be taken. */
function fit<Row>(natural: readonly number[], columns: readonly Column<Row>[], terminalWidth: number): number[] {
  const widths = [...natural];
  const canGive = (index: number): boolean => columns[index]?.isWhole !== true && (widths[index] ?? 0) > narrowest;
  for (;;) {
    const surplus = widths.reduce((sum, width) => sum + width + gap.length, -gap.length) - terminalWidth;
    const givers = widths.map((_, index) => index).filter(canGive);
    if (surplus <= 0 || givers.length === 0) return widths;
    const widest = givers.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
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
function tableCell(value: Cell): string {
  if (value === null) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? visible(value, 60) : String(value);
}
