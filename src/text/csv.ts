export type CsvCell = string | number | boolean | null;

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
