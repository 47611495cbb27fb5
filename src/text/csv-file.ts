import { type CsvCell, csvLine } from './csv.ts';

export interface CsvLimits {
  rows: number;
  bytes: number;
}

/** What a mail server is sure to take; all of it is a command away. */
export const attachmentLimits: CsvLimits = { rows: 10_000, bytes: 5_000_000 };

const byteOrderMark = '\ufeff';
/** For the line that says what is missing. */
const lastLineBytes = 500;

/**
 * A whole CSV file (RFC 4180, UTF-8 with a byte order mark, which spreadsheets want), as far as
 * the limits let it grow. Where they end it, its last line says so, and which command lists all.
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
      // The rest is not even read: it may be a hundred thousand rows.
      const told = `only the first ${lines.length - 1} rows are in this file; all of them: ${moreCommand}`;
      lines.push(`${csvLine([told, ...headings.slice(1).map(() => null)])}\r\n`);
      break;
    }
    lines.push(line);
  }
  return lines.join('');
}
