/** What a row of the register says, in the words of the file. */
export type NaiveRow = Record<(typeof humanColumns)[number], string>;

const humanColumns = ['responsible', 'purpose', 'ticket', 'review_by', 'decision', 'decided_by', 'decided_on'] as const;

/**
 * Finds what a good register says in a way of its own: character by character, and without a library. It sees nothing
 * wrong, so it returns nonsense for a wrong file.
 */
export function readNaively(file: Buffer): Map<string, NaiveRow> {
  const [header = [], ...all] = recordsOf(file.toString());
  const rows = all.filter((row) => row.some((cell) => cell.trim() !== ''));
  const names = header.map((name) => name.trim().toLowerCase());
  return new Map(
    rows.map((row) => {
      const said = (column: string): string => meaningOf(row[names.indexOf(column)] ?? '');
      const cells = Object.fromEntries(humanColumns.map((column) => [column, said(column)])) as NaiveRow;
      const id = said('id');
      const isUuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(id);
      return [isUuid ? id.toLowerCase() : id, { ...cells, decision: cells.decision.toLowerCase() }];
    }),
  );
}

/** Returns the cells of every line that is not empty. */
function recordsOf(text: string): string[][] {
  const records: string[][] = [];
  let [record, cell, isQuoted, wasQuoted]: [string[], string, boolean, boolean] = [[], '', false, false];
  const endRecord = (): void => {
    if (record.length > 0 || cell !== '' || wasQuoted) records.push([...record, cell]);
    [record, cell, wasQuoted] = [[], '', false];
  };
  const characters = [...text.replaceAll('\r\n', '\n').replaceAll('\r', '\n')];
  while (characters[0] === '\ufeff') characters.shift();
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '"' && isQuoted && characters[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (character === '"') {
      isQuoted = !isQuoted;
      wasQuoted = true;
    } else if (isQuoted || (character !== ',' && character !== '\n')) {
      cell += character;
    } else if (character === ',') {
      record.push(cell);
      cell = '';
    } else {
      endRecord();
    }
  }
  endRecord();
  return records;
}

const formulaSigns = '=+-@＝＋－＠﹦﹢﹣﹫⁼⁺₌₊−⁻₋';

/** Returns a cell without the apostrophes that a printed file has before formulas, and with its code points as characters. */
function meaningOf(cell: string): string {
  const characters = [...cell];
  const isGuard = (character: string, at: number): boolean => {
    const before = characters[at - 1];
    if (character !== "'" || (before !== undefined && !',;|'.includes(before))) return false;
    const next = characters.slice(at + 1).find((follower) => !/[\s"']/u.test(follower));
    return next !== undefined && formulaSigns.includes(next);
  };
  const text = characters.filter((character, at) => !isGuard(character, at)).join('');
  const shown = /⟨U\+(10[\dA-F]{4}|[\dA-F]{4,5})⟩/g;
  return text
    .replaceAll(shown, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .toWellFormed()
    .trim();
}
