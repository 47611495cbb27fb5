import { visible } from './visible.ts';

export type CsvCell = string | number | boolean | null;

export interface CsvLimits {
  rows: number;
  bytes: number;
}

/** Small enough for any mail server. A command lists what does not fit. */
export const attachmentLimits: CsvLimits = { rows: 10_000, bytes: 5_000_000 };

const byteOrderMark = '\ufeff';
/** Reserved for the last line, which says that rows are missing. */
const lastLineBytes = 500;

/**
 * Returns one line of CSV (RFC 4180) without its line end. Text is changed in two ways, so that a cell neither
 * deceives a reader nor runs in a spreadsheet (OWASP: CSV injection):
 *
 * 1. An invisible character becomes its code point (`⟨U+202E⟩`), as in mails. So a cell has no line break.
 * 2. Where a formula could begin, an apostrophe precedes it: at the start of the cell, and after each character at
 *    which a spreadsheet may split the cell.
 *
 * A program can undo both: it removes one apostrophe wherever a formula could begin, then decodes the code points.
 */
export function csvLine(cells: readonly CsvCell[]): string {
  return cells.map(csvCell).join(',');
}

/**
 * Where a formula could begin, even in a program that trims spaces, takes quotes away or knows full-width signs.
 * Apostrophes are skipped as well: a name that already has one gets another, and a program can tell which is ours.
 */
const formulaStart = /(?<=^|[,;|])(?=[\s"']*[=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺₌₊−⁻₋])/gu;

/** One of our apostrophes, where a formula could begin. */
const guard = new RegExp(`(?<=^|[,;|])'${formulaStart.source.replace('(?<=^|[,;|])', '')}`, 'gu');
/** A character in the form in which `visible` shows it. */
const shownCodePoint = /⟨U\+((?:10|[\dA-F])?[\dA-F]{4})⟩/gu;

function csvCell(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = visible(value, Number.POSITIVE_INFINITY).replace(formulaStart, "'");
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Undoes what `csvLine` does to the text of a cell, so that text that goes through a file again and again stays the same. */
export function withoutGuards(cell: string): string {
  return cell
    .replace(guard, '')
    .replace(shownCodePoint, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

/**
 * Returns a CSV file (RFC 4180), to be encoded in UTF-8: it begins with the byte order mark that spreadsheets
 * need. If the limits cut it short, its last line says so and names the command that lists everything.
 */
export function csvFile(
  headings: readonly string[],
  rows: Iterable<readonly CsvCell[]>,
  moreCommand: string,
  limits: CsvLimits = attachmentLimits,
): string {
  const lines = [`${byteOrderMark}${csvLine(headings)}\r\n`];
  let left = limits.bytes - Buffer.byteLength(lines[0] ?? '') - lastLineBytes;
  for (const row of rows) {
    const line = `${csvLine(row)}\r\n`;
    left -= Buffer.byteLength(line);
    if (left < 0 || lines.length > limits.rows) {
      // Stop reading here: there may be a hundred thousand more rows.
      const note = `only the first ${lines.length - 1} rows are in this file. Full list: ${moreCommand}`;
      lines.push(`${csvLine([note, ...headings.slice(1).map(() => null)])}\r\n`);
      break;
    }
    lines.push(line);
  }
  return lines.join('');
}
