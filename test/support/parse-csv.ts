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

/** Signs that begin a formula, and what a spreadsheet may skip before them. */
const formula = '[\\s"\']*[=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺₌₊−⁻₋]';

/** Undoes what CSV changes: removes the apostrophes that guard formulas, and decodes code points. */
export function readBack(cell: string): string {
  return cell
    .replaceAll(new RegExp(`(?<=^|[,;|])'(?=${formula})`, 'gu'), '')
    .replaceAll(/⟨U\+([\dA-F]{4,6})⟩/g, (_all, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

/** A formula that a spreadsheet would run, at whatever it splits the text. */
export const liveFormula = /(?:^|[,;|\t\r\n])[\s"\p{Cf}]*[=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺₌₊−⁻₋]/u;
