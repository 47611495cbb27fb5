export type CsvCell = string | number | boolean | null;

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
 * One line of RFC 4180, without its end. A cell that a spreadsheet would run as a formula gets a
 * leading apostrophe (OWASP: CSV injection).
 */
export function csvLine(cells: readonly CsvCell[]): string {
  return cells.map(csvCell).join(',');
}

function csvCell(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = /^[=+\-@\t\r\n\0]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

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
      const note = `only the first ${lines.length - 1} rows are in this file; all of them: ${moreCommand}`;
      lines.push(`${csvLine([note, ...headings.slice(1).map(() => null)])}\r\n`);
      break;
    }
    lines.push(line);
  }
  return lines.join('');
}
