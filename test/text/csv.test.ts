import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { csvLine } from '../../src/text/csv.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { disarmed, formulaStart, parseCsv } from '../support/parse-csv.ts';

/** The one record of a line, which has no end of its own. */
function parseRecord(line: string): string[] {
  const [record = [], ...others] = parseCsv(`${line}\r\n`);
  assert.deepEqual(others, []);
  return record;
}

describe('a line of CSV', () => {
  test('quotes a cell only where RFC 4180 wants it', () => {
    assert.equal(csvLine(['a b', 'a,b', 'a"b', 'a\nb', 'a\r\nb']), 'a b,"a,b","a""b","a\nb","a\r\nb"');
  });

  test('writes numbers and booleans plainly, and nothing for null', () => {
    assert.equal(csvLine([1, -2.5, true, false, null, '']), '1,-2.5,true,false,,');
  });

  test('disarms text that a spreadsheet would run', () => {
    assert.equal(csvLine(['=1+1', '+1', '-1', '@SUM(A1)']), "'=1+1,'+1,'-1,'@SUM(A1)");
    assert.equal(csvLine(['\t=1', '\r=1']), `'\t=1,"'\r=1"`);
  });

  test('disarms a formula that needs quotes, inside the quotes', () => {
    assert.equal(csvLine(['=HYPERLINK("http://x","y")']), `"'=HYPERLINK(""http://x"",""y"")"`);
  });

  test('brings back every text as it was, or disarmed by one apostrophe', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", 'a') }),
    );
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 6 }), (cells) => {
        assert.deepEqual(parseRecord(csvLine(cells)), cells.map(disarmed));
      }),
    );
  });

  test('holds no cell that a spreadsheet would run, for any hostile name', () => {
    const cells = parseRecord(csvLine(hostile.tokens.map(({ name }) => name)));

    assert.equal(cells.length, hostile.tokens.length);
    for (const cell of cells) assert.doesNotMatch(cell, formulaStart);
  });
});
