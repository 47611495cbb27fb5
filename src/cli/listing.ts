import { csvLine } from '../text/csv.ts';
import { visibleJson } from '../text/visible.ts';
import type { Format } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { type Column, tableLines } from './table.ts';

/**
 * Prints rows in the format that was asked for. JSON and CSV are written row by row. A table needs all rows
 * first, to compute the widths of its columns.
 *
 * @param caption a line above the table, shown on a terminal only
 */
export async function printListing<Row>(
  rows: Iterable<Row>,
  columns: readonly Column<Row>[],
  format: Format,
  { whenEmpty, caption = '' }: { whenEmpty: string; caption?: string },
  { printAll, width }: Pick<CommandContext, 'printAll' | 'width'>,
): Promise<void> {
  switch (format) {
    case 'json':
      return await printAll(jsonLines(rows));
    case 'csv':
      return await printAll(csvLines(rows, columns));
    case 'table':
      return await printAll(tableParts([...rows], columns, whenEmpty, width === null ? '' : caption, width));
    default:
      format satisfies never;
  }
}

function* jsonLines(rows: Iterable<unknown>): Generator<string> {
  let separator = '[\n';
  for (const row of rows) {
    yield `${separator}${visibleJson(JSON.stringify(row))}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

function* csvLines<Row>(rows: Iterable<Row>, columns: readonly Column<Row>[]): Generator<string> {
  yield `${csvLine(columns.map(({ heading }) => heading))}\r\n`;
  for (const row of rows) yield `${csvLine(columns.map(({ value }) => value(row)))}\r\n`;
}

function* tableParts<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  whenEmpty: string,
  caption: string,
  terminalWidth: number | null,
): Generator<string> {
  if (caption !== '') yield `${caption}\n`;
  if (rows.length === 0) yield `${whenEmpty}\n`;
  else yield* tableLines(rows, columns, terminalWidth);
}
