import { csvLine } from '../text/csv.ts';
import { visible } from '../text/visible.ts';
import type { Format } from './arguments.ts';
import type { CommandContext } from './command.ts';

type Cell = string | number | boolean | null;

/** One column of the table and CSV forms; the JSON form prints the rows themselves. */
export interface Column<Row> {
  heading: string;
  value: (row: Row) => Cell;
}

/** Prints rows in the asked form. JSON and CSV go out row by row; a table must know its widths first. */
export function printListing<Row>(
  rows: Iterable<Row>,
  columns: readonly Column<Row>[],
  format: Format,
  whenEmpty: string,
  { print }: CommandContext,
): void {
  switch (format) {
    case 'json':
      printJson(rows, print);
      break;
    case 'csv':
      print(`${csvLine(columns.map(({ heading }) => heading))}\r\n`);
      for (const row of rows) print(`${csvLine(columns.map(({ value }) => value(row)))}\r\n`);
      break;
    case 'table':
      printTable([...rows], columns, whenEmpty, print);
      break;
    default:
      format satisfies never;
  }
}

function printJson(rows: Iterable<unknown>, print: (text: string) => void): void {
  let separator = '[\n';
  for (const row of rows) {
    print(`${separator}${JSON.stringify(row)}`);
    separator = ',\n';
  }
  print(separator === '[\n' ? '[]\n' : '\n]\n');
}

function printTable<Row>(
  rows: Row[],
  columns: readonly Column<Row>[],
  whenEmpty: string,
  print: (text: string) => void,
): void {
  if (rows.length === 0) {
    print(`${whenEmpty}\n`);
    return;
  }
  const lines = [
    columns.map(({ heading }) => heading.toUpperCase()),
    ...rows.map((row) => columns.map(({ value }) => tableCell(value(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  for (const line of lines) {
    print(
      `${line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
}

/** Untrusted text must not move the cursor of whoever looks at it. */
function tableCell(value: Cell): string {
  if (value === null) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? visible(value, 60) : String(value);
}
