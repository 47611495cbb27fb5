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
 * Returns one line of CSV (RFC 4180) without its line end. A cell that a spreadsheet would run as a formula
 * gets a leading apostrophe (OWASP: CSV injection).
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
