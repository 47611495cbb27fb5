/**
 * Reads a whole CSV file (RFC 4180) whose lines all end in CRLF. Throws if a quote is misplaced or missing, or
 * if the last line does not end.
 */
export function parseCsv(file: string): string[][] {
  const records: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let record: string[] = [];
  while (cell.lastIndex < file.length) {
    const at = cell.lastIndex;
    const match = cell.exec(file);
    if (match === null) throw new Error(`no cell at ${at}: ${JSON.stringify(file.slice(at, at + 40))}`);
    record.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    records.push(record);
    record = [];
  }
  if (record.length > 0) throw new Error('the last line has no end');
  return records;
}

/** Returns a text as a CSV file contains it: an apostrophe precedes what a spreadsheet would run as a formula. */
export function disarmed(text: string): string {
  return formulaStart.test(text) ? `'${text}` : text;
}

export const formulaStart = /^[=+\-@\t\r\n\0]/;
