import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { attachmentLimits, type CsvCell, csvFile, csvLine, withoutGuards } from '../../src/text/csv.ts';
import { liveFormula, parseCsv, readBack } from '../support/parse-csv.ts';
import { unseen } from '../support/unseen.ts';

const byteOrderMark = '\ufeff';
const command = 'omni-token-audit findings --run 12 --format csv';

/** The records of a file, after its byte order mark. */
function recordsOf(file: string): string[][] {
  assert.ok(file.startsWith(byteOrderMark));
  return parseCsv(file.slice(byteOrderMark.length));
}

function* numbered(count: number, cell = ''): Generator<CsvCell[]> {
  for (let row = 1; row <= count; row += 1) yield [row, cell];
}

/** How many rows the last line says that the file has; null if it is an ordinary row. */
function shortenedTo([cell = '', ...others]: string[] = []): number | null {
  const [, count] = /\bfirst (\d+) rows?\b.*: omni-token-audit findings --run 12 --format csv$/.exec(cell) ?? [];
  return count === undefined || others.some((other) => other !== '') ? null : Number(count);
}

const character = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code));
const piece = fc.constantFrom(
  ...'=+-@＝＠−;|,\t\r\n "\'a1⟨⟩\0\ufeff\u202e\u200b',
  '⟨U+003D⟩',
  '⟨U+D83D⟩',
  '\ud83d',
  '🔑',
);
/** Text that has mostly characters that matter here. */
const anyText = fc.string({ unit: fc.oneof({ arbitrary: piece, weight: 9 }, character) });

/** Returns the only cell of a line that `csvLine` wrote. */
function onlyCell(line: string): string {
  const [[cell, ...others] = []] = parseCsv(`${line}\r\n`);
  assert.ok(cell !== undefined && others.length === 0);
  return cell;
}

describe('a line of CSV', () => {
  const lines: [what: string, cells: CsvCell[], line: string][] = [
    ['quotes only cells that need it (RFC 4180)', ['a b', 'a,b', 'a"b', "a'b"], `a b,"a,b","a""b",a'b`],
    [
      'has numbers and booleans as they are, and nothing for null',
      [1, -2.5, true, false, null, ''],
      '1,-2.5,true,false,,',
    ],
    ['guards text that a spreadsheet would run', ['=1+1', '+1', '-1', '@SUM(A1)'], "'=1+1,'+1,'-1,'@SUM(A1)"],
    [
      'guards full-width and other forms of those signs',
      ['＝1', '＋1', '－1', '＠A', '﹦1', '−1'],
      "'＝1,'＋1,'－1,'＠A,'﹦1,'−1",
    ],
    ['guards a formula after spaces', [' =1', '\u00a0=1', '\u3000 +1'], "' =1,'\u00a0=1,'\u3000 +1"],
    ['guards a formula inside its quotes', ['=HYPERLINK("http://x","y")'], `"'=HYPERLINK(""http://x"",""y"")"`],
    [
      'guards a formula after a character at which a spreadsheet may split the cell',
      ['a;=1+1;b', 'a|=1', 'a,=1', 'a; "=1', ';'],
      `a;'=1+1;b,a|'=1,"a,'=1","a;' ""=1",;`,
    ],
    ['guards a formula that has a guard, so that a program can take ours away', ["'=1", " '=1"], "''=1,' '=1"],
    [
      'names the code points of what cannot be seen, so that no cell has a tab or a line break',
      ['x\t=1+1', 'x\r\n=1', '\ufeff=1+1', '\u202egnp', '\0=1'],
      'x⟨U+0009⟩=1+1,x⟨U+000D⟩⟨U+000A⟩=1,⟨U+FEFF⟩=1+1,⟨U+202E⟩gnp,⟨U+0000⟩=1',
    ],
  ];
  for (const [what, cells, line] of lines) {
    test(what, () => {
      assert.equal(csvLine(cells), line);
    });
  }

  test('has no formula that could run and nothing invisible, and a program can read every text back', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = csvLine(['a', text]);

        assert.doesNotMatch(line.slice(2), unseen);
        const [[, cell = ''] = []] = parseCsv(`${line}\r\n`);
        assert.doesNotMatch(cell, liveFormula);
        assert.doesNotMatch(csvLine([text]), liveFormula);
        assert.equal(readBack(cell), text);
      }),
      { numRuns: 1000 },
    );
  });

  test('says the same when it is read, however often it is written again', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        assert.equal(withoutGuards(onlyCell(csvLine([text]))), text);
        // Somebody may type what only we would write. Reading it once settles what it means.
        const read = withoutGuards(text);
        assert.equal(withoutGuards(onlyCell(csvLine([read]))), read);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a CSV file', () => {
  test('begins with one byte order mark, so that spreadsheets read it as UTF-8, and ends every line in CRLF', () => {
    assert.equal(csvFile(['a', 'b'], [], command), `${byteOrderMark}a,b\r\n`);
    assert.equal(
      csvFile(['a', 'b'], numbered(2, 'größer 中文'), command),
      `${byteOrderMark}a,b\r\n1,größer 中文\r\n2,größer 中文\r\n`,
    );
  });

  test('never exceeds its limits, has rows that can be read back, and says when rows are missing', () => {
    const limits = fc.record({ rows: fc.integer({ min: 0, max: 40 }), bytes: fc.integer({ min: 600, max: 4000 }) });
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", 'a', byteOrderMark) }),
    );
    fc.assert(
      fc.property(limits, fc.array(text, { maxLength: 60, size: 'max' }), (limit, all) => {
        const file = csvFile(
          ['row', 'cell'],
          all.map((cell, index) => [index, cell]),
          command,
          limit,
        );

        assert.ok(Buffer.byteLength(file) <= limit.bytes, `${Buffer.byteLength(file)} bytes`);
        const records = recordsOf(file).slice(1);
        const shortened = shortenedTo(records.at(-1));
        const rows = shortened === null ? records : records.slice(0, -1);
        assert.deepEqual(
          rows.map((row) => row.map(readBack)),
          all.slice(0, rows.length).map((cell, index) => [String(index), cell]),
        );
        assert.ok(rows.length <= limit.rows);
        assert.equal(shortened ?? all.length, rows.length);
        assert.equal(shortened === null, rows.length === all.length);
      }),
    );
  });

  test('has as many rows as allowed, and then names the command that lists all', () => {
    const limits = { rows: 3, bytes: 10_000 };

    assert.deepEqual(recordsOf(csvFile(['row', 'cell'], numbered(3), command, limits)).at(-1), ['3', '']);
    const shortened = recordsOf(csvFile(['row', 'cell'], numbered(4), command, limits));
    assert.deepEqual([shortened.length, shortenedTo(shortened.at(-1))], [1 + 3 + 1, 3]);
    assert.equal(shortened.at(-1)?.length, 2);
  });

  test('ends at the first row that has no room, and reads none after it, however short', () => {
    function* rows(): Generator<CsvCell[]> {
      yield [1, 'a'];
      yield [2, 'x'.repeat(5000)];
      throw new Error('the third row is read');
    }

    const records = recordsOf(csvFile(['row', 'cell'], rows(), command, { rows: 10, bytes: 2000 }));

    assert.deepEqual(records[1], ['1', 'a']);
    assert.deepEqual([records.length, shortenedTo(records[2])], [3, 1]);
  });

  test('of a million long rows stays under 5 MB, which every mail server takes', () => {
    const file = csvFile(['row', 'cell'], numbered(1_000_000, '漢"'.repeat(2500)), command);

    assert.ok(Buffer.byteLength(file) <= 5_000_000 && attachmentLimits.bytes <= 5_000_000);
    const records = recordsOf(file);
    assert.ok(records.length > 300, `${records.length} records`);
    assert.equal(shortenedTo(records.at(-1)), records.length - 2);
  });
});
