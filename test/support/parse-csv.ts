/**
 * Reads a whole file of RFC 4180, whose lines all end in CRLF. Throws where a quote stands where
 * none may, where a quoted cell does not end, or where the last line has no end.
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

/** A cell as a file holds it: what a spreadsheet would run has an apostrophe before it (OWASP: CSV injection). */
export function disarmed(text: string): string {
  return formulaStart.test(text) ? `'${text}` : text;
}

export const formulaStart = /^[=+\-@\t\r\n\0]/;
