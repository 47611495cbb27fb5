import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { attachmentLimits, type CsvCell, csvFile } from '../../src/text/csv.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { disarmed, formulaStart, parseCsv } from '../support/parse-csv.ts';

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

/** How many rows a last line says that the file has, for not having all; null where it says nothing. */
function toldBy([cell = '', ...others]: string[] = []): number | null {
  const [, count] = /\bfirst (\d+) rows?\b.*: omni-token-audit findings --run 12 --format csv$/.exec(cell) ?? [];
  return count === undefined || others.some((other) => other !== '') ? null : Number(count);
}

describe('a CSV file', () => {
  test('begins with one byte order mark, so that spreadsheets read it as UTF-8', () => {
    const bytes = Buffer.from(csvFile(['name'], [['größer 中文']], command));

    assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
    assert.equal(bytes.lastIndexOf(Buffer.from([0xef, 0xbb, 0xbf])), 0);
    assert.equal(bytes.subarray(3).toString('utf8'), 'name\r\ngrößer 中文\r\n');
  });

  test('ends every line in CRLF, also the last, and has its headings where there is no row', () => {
    assert.equal(csvFile(['a', 'b'], [], command), `${byteOrderMark}a,b\r\n`);
    assert.equal(csvFile(['a', 'b'], numbered(2, 'x'), command), `${byteOrderMark}a,b\r\n1,x\r\n2,x\r\n`);
  });

  test('brings back every row as it was, or disarmed by one apostrophe', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", 'a', byteOrderMark) }),
    );
    const row = fc.tuple(text, fc.option(text), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(fc.array(row, { maxLength: 6 }), (rows) => {
        const records = recordsOf(csvFile(['a', 'b', 'c', 'd'], rows, command));

        const expected = rows.map(([a, b, c, d]) => [disarmed(a), disarmed(b ?? ''), String(c), String(d)]);
        assert.deepEqual(records, [['a', 'b', 'c', 'd'], ...expected]);
      }),
    );
  });

  test('holds no cell that a spreadsheet would run, for any hostile name in any column', () => {
    const names = hostile.tokens.map(({ name }) => name);

    const [, ...records] = recordsOf(
      csvFile(
        ['a', 'b'],
        names.flatMap((name) => [
          [name, 'x'],
          ['x', name],
        ]),
        command,
      ),
    );

    assert.equal(records.length, 2 * names.length);
    for (const cell of records.flat()) assert.doesNotMatch(cell, formulaStart);
    assert.deepEqual(
      records.filter((_, index) => index % 2 === 0).map(([cell]) => cell),
      names.map(disarmed),
    );
  });
});

describe('a CSV file that would be too long', () => {
  test('holds exactly as many rows as it may, and then says nothing', () => {
    const records = recordsOf(csvFile(['row', 'cell'], numbered(3), command, { rows: 3, bytes: 10_000 }));

    assert.deepEqual(records.slice(1), [
      ['1', ''],
      ['2', ''],
      ['3', ''],
    ]);
  });

  test('says in its last line how many rows it has, and which command lists all, in as many cells as any line', () => {
    const records = recordsOf(csvFile(['row', 'cell'], numbered(5), command, { rows: 3, bytes: 10_000 }));

    const last = records.at(-1) ?? [];
    assert.equal(records.length, 1 + 3 + 1);
    assert.equal(toldBy(last), 3);
    assert.deepEqual(last.slice(1), ['']);
  });

  test('ends at the first row that has no room, and reads none after it, however short', () => {
    function* rows(): Generator<CsvCell[]> {
      yield [1, 'a'];
      yield [2, 'x'.repeat(5000)];
      throw new Error('the third row is read');
    }

    const records = recordsOf(csvFile(['row', 'cell'], rows(), command, { rows: 10, bytes: 2000 }));

    assert.deepEqual(records[1], ['1', 'a']);
    assert.equal(records.length, 3);
    assert.equal(toldBy(records[2]), 1);
  });

  test('never is longer than it may be, in UTF-8, and says so where it does not have all', () => {
    const limits = fc.record({ rows: fc.integer({ min: 0, max: 40 }), bytes: fc.integer({ min: 600, max: 4000 }) });
    const cells = fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(limits, cells, (limit, all) => {
        const file = csvFile(
          ['row', 'cell'],
          all.map((cell, index) => [index, cell]),
          command,
          limit,
        );

        assert.ok(Buffer.byteLength(file) <= limit.bytes, `${Buffer.byteLength(file)} bytes`);
        const records = recordsOf(file).slice(1);
        const told = toldBy(records.at(-1));
        const shown = told === null ? records : records.slice(0, -1);
        assert.deepEqual(
          shown,
          all.slice(0, shown.length).map((cell, index) => [String(index), disarmed(cell)]),
        );
        assert.ok(shown.length <= limit.rows);
        assert.equal(told ?? all.length, shown.length);
        assert.equal(told === null, shown.length === all.length);
      }),
    );
  });

  test('has room for its last line, wherever the rows end', () => {
    for (let bytes = 700; bytes < 800; bytes += 1) {
      const file = csvFile(['row', 'cell'], numbered(1000, 'x'), command, { rows: 1000, bytes });

      assert.ok(Buffer.byteLength(file) <= bytes, `${Buffer.byteLength(file)} of ${bytes} bytes`);
      const records = recordsOf(file);
      assert.equal(toldBy(records.at(-1)), records.length - 2);
    }
  });

  for (const [what, cell] of [
    ['short', 'x'],
    ['long', '漢"'.repeat(2500)],
  ] as const) {
    test(`of a million ${what} rows is never above 5 MB, which every mail server takes`, () => {
      const file = csvFile(['row', 'cell'], numbered(1_000_000, cell), command);

      assert.ok(attachmentLimits.bytes <= 5_000_000);
      assert.ok(Buffer.byteLength(file) <= 5_000_000, `${Buffer.byteLength(file)} bytes`);
      const records = recordsOf(file).slice(1);
      const shown = records.length - 1;
      assert.ok(shown > 300 && shown <= attachmentLimits.rows, `${shown} rows`);
      assert.equal(toldBy(records.at(-1)), shown);
    });
  }
});
