import fc from 'fast-check';
import { csvCell, registerFile, registerHeader, type WrittenRow } from './register-file.ts';

/** Cells that could be mistaken for others, run in a spreadsheet, or break a parser. */
const nastyCells = [
  ...['', ' ', '"', 'a"b', 'a,b', 'a\nb', 'a\r\nb', ';', "'", '=1+1', "'=1+1", "''=1", '@A', '\t=1', 'a;=1', '🔑'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN', '0', 'true'],
  ...[
    'keep',
    'KEEP',
    ' keep ',
    'revoke',
    'Revoke\u00a0',
    'kеep',
    'keep\u200b',
    '\ufeffkeep',
    '⟨U+006B⟩eep',
    'keep,revoke',
  ],
  ...[
    '2027-01-31',
    "'2027-01-31",
    '2027-02-29',
    '2027-1-1',
    '2027-13-01',
    '31.01.2027',
    '2027-01-31T00:00Z',
    '２０２７-01-31',
  ],
  ...['0000-00-00', '0000-01-01', '0001-01-01', '1999-12-31', '2000-01-01', '2999-12-31', '9999-12-31', '-2027-01-31'],
  ...['⟨U+D83D⟩', '⟨U+0000⟩', '⟨U+202E⟩', '⟨U+10FFFF⟩', '\u202e', '\ufeff', '\u0085', '\u2028', '\ufffd'],
  ...['x'.repeat(500), 'x'.repeat(501), '⟨U+202E⟩'.repeat(500), 'x'.repeat(99_000), 'x'.repeat(100_001)],
];

const columns = registerHeader.split(',');

type Table = string[][];
type Change = (table: Table) => void;
const place = fc.nat(30);

/** Returns the row at a place, counted round and round. 0 is the first line. */
function rowAt(table: Table, index: number): string[] {
  return table[index % table.length] ?? [];
}

function changes(ids: readonly string[]): fc.Arbitrary<Change> {
  const cell = fc.oneof(
    { arbitrary: fc.constantFrom(...nastyCells), weight: 6 },
    { arbitrary: fc.constantFrom(...ids, ...ids.map((id) => id.toUpperCase())), weight: 1 },
    { arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), weight: 1 },
  );
  /** Most files would be refused if most changes were in columns that allow little. */
  const column = fc.oneof(
    { arbitrary: fc.constantFrom('responsible', 'purpose', 'ticket', 'decided_by', 'name'), weight: 3 },
    { arbitrary: fc.constantFrom(...columns), weight: 1 },
  );
  const setCell = fc.tuple(place, column, cell).map(([row, name, text]): Change => {
    return (table) => {
      const written = rowAt(table, 1 + (row % Math.max(1, table.length - 1)));
      written[columns.indexOf(name)] = text;
    };
  });
  const setHeader = fc.tuple(fc.nat(11), fc.oneof(fc.constantFrom(...columns), cell)).map(([index, text]): Change => {
    return (table) => {
      rowAt(table, 0)[index] = text;
    };
  });
  const swapColumns = fc.tuple(fc.nat(11), fc.nat(11)).map(([a, b]): Change => {
    return (table) => {
      for (const row of table) [row[a], row[b]] = [row[b] ?? '', row[a] ?? ''];
    };
  });
  const addRow = fc.tuple(place, fc.constantFrom(...ids), cell).map(([index, id, text]): Change => {
    return (table) => {
      table.splice(
        index % (table.length + 1),
        0,
        columns.map((name) => (name === 'id' ? id : name === 'purpose' ? text : '')),
      );
    };
  });
  const others: fc.Arbitrary<Change> = fc.tuple(place, place).chain(([a, b]) =>
    fc.constantFrom<Change>(
      (table) => table.splice(a % table.length, 1),
      (table) => table.splice(b % table.length, 0, [...rowAt(table, a)]),
      (table) => table.splice(b % table.length, 0, ...table.splice(a % table.length, 1)),
      (table) => table.splice(1 + (a % table.length), 0, ['']),
      (table) => table.splice(1 + (a % table.length), 0, Array(12).fill('')),
      (table) => rowAt(table, a).push(''),
      (table) => rowAt(table, a).splice(b % 12, 1),
      (table) => table.push(...Array.from({ length: 300 }, (_, index) => [`k${index}`, ...Array(11).fill('')])),
    ),
  );
  return fc.oneof(
    { arbitrary: setCell, weight: 12 },
    { arbitrary: addRow, weight: 2 },
    { arbitrary: swapColumns, weight: 2 },
    { arbitrary: setHeader, weight: 1 },
    { arbitrary: others, weight: 3 },
  );
}

const spelling = fc.record({
  separator: fc.constantFrom(...Array<string>(24).fill(','), ';', '\t'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r', '\n\n'),
  quotes: fc.constantFrom(...Array(16).fill('where needed'), 'all', 'none'),
  encode: fc.constantFrom<(text: string) => Buffer>(
    ...Array(24).fill((text: string) => Buffer.from(text)),
    (text) => Buffer.from(`\ufeff${text}`),
    (text) => Buffer.from(`\ufeff\ufeff${text}`),
    (text) => Buffer.from(text, 'latin1'),
    (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
    (text) => Buffer.from(text, 'utf16le').swap16(),
  ),
});

/** Damages bytes: cuts them off, takes some out, repeats some, or puts others in. */
const damage = fc
  .tuple(
    fc.nat(100_000),
    fc.integer({ min: 1, max: 40 }),
    fc.constantFrom('cut', 'take', 'repeat', 'put'),
    fc.uint8Array({ maxLength: 8 }),
  )
  .map(([at, length, kind, bytes]) => (file: Buffer): Buffer => {
    const start = at % (file.length + 1);
    const [before, some, rest] = [
      file.subarray(0, start),
      file.subarray(start, start + length),
      file.subarray(start + length),
    ];
    if (kind === 'cut') return before;
    if (kind === 'take') return Buffer.concat([before, rest]);
    return Buffer.concat([before, kind === 'repeat' ? some : bytes, some, rest]);
  });

/** Files that were made from a good register by chance: many say something else, and many are wrong. */
export function hostileRegisters(rows: readonly WrittenRow[], otherIds: readonly string[]): fc.Arbitrary<Buffer> {
  const good = registerFile(...rows)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  const ids = [...rows.map(({ id }) => id), ...otherIds];
  const changed = fc
    .tuple(
      fc.array(changes(ids), { maxLength: 4 }),
      spelling,
      fc.oneof({ arbitrary: fc.constant(null), weight: 4 }, { arbitrary: damage, weight: 1 }),
    )
    .map(([made, { separator, lineEnd, quotes, encode }, damaged]) => {
      const table = structuredClone(good);
      for (const change of made) change(table);
      const quote = (text: string): string =>
        quotes === 'none' ? text : quotes === 'all' ? `"${text.replaceAll('"', '""')}"` : csvCell(text);
      const file = encode(table.map((row) => `${row.map(quote).join(separator)}${lineEnd}`).join(''));
      return damaged?.(file) ?? file;
    });
  const anything = fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof({ arbitrary: changed, weight: 40 }, { arbitrary: anything, weight: 1 });
}
