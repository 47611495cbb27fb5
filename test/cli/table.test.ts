import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type Column, tableLines } from '../../src/cli/table.ts';

interface Row {
  id: string;
  severity: string;
  name: string;
  at: string;
  note: string | null;
  reason: string | null;
}

const columns: Column<Row>[] = [
  { heading: 'id', value: ({ id }) => id, is: 'id' },
  { heading: 'severity', value: ({ severity }) => severity },
  { heading: 'name', value: ({ name }) => name, is: 'name' },
  { heading: 'at', value: ({ at }) => at, is: 'instant', isSpare: true },
  { heading: 'note', value: ({ note }) => note },
  { heading: 'reason', value: ({ reason }) => reason, is: 'prose' },
];

const reason = `until 2027-03-01 by Ann Archer: ${'a long story '.repeat(8).trim()}`;
const rows: Row[] = [
  {
    id: '05df30cf-79f5-46dd-9581-23f3e883c6f2',
    severity: 'critical',
    name: 'a name that is longer than half of a terminal is wide',
    at: '2026-05-13T07:00:59.003Z',
    note: null,
    reason,
  },
  {
    id: '05df30cf-7000-46dd-9581-23f3e883c6f2',
    severity: 'info',
    name: '\x1b[31mred\r',
    at: '2026-05-13T07:01:00.000Z',
    note: null,
    reason: null,
  },
];

/** Its lines, without colours. */
function table(width: number | null, listed = rows): string[] {
  return [...tableLines(listed, columns, width)].join('').split('\n').slice(0, -1).map(stripVTControlCharacters);
}

describe('a table that nobody looks at on a terminal', () => {
  test('is as wide as it is, cuts no sentence, and has no colour', () => {
    const lines = [...tableLines(rows, columns, null)].join('');
    assert.ok(lines.includes(reason));
    assert.ok(lines.includes('05df30cf-79f5-46dd-9581-23f3e883c6f2'));
    assert.ok(lines.includes('2026-05-13T07:00:59.003Z'));
    assert.equal(lines.includes('\x1b'), false);
  });

  test('cuts a name that would make every line of it endless', () => {
    const [heading = ''] = table(
      null,
      rows.map((row) => ({ ...row, name: 'x'.repeat(5000) })),
    );
    assert.ok(heading.length < 300);
  });
});

describe('a table on a terminal', () => {
  for (const width of [40, 55, 80, 120]) {
    test(`fits ${width} columns, and loses no word that is not a name`, () => {
      const lines = table(width);
      for (const line of lines) assert.ok(line.length <= width, line);
      const text = lines.join(' ').replaceAll(/\s+/g, ' ');
      assert.ok(text.includes(reason));
      assert.match(text, /critical/);
    });
  }

  test('is shown as it is where there is room for it', () => {
    assert.deepEqual(table(400), table(null));
  });

  test('shortens ids as far as they can still be told apart', () => {
    const ids = table(80).flatMap((line) => /^05df30cf\S*/.exec(line) ?? []);
    assert.deepEqual(ids, ['05df30cf-79', '05df30cf-70']);
  });

  test('shows instants to the minute before anything goes', () => {
    assert.match(table(80)[1] ?? '', / {2}2026-05-13 07:00$/);
  });

  test('leaves out a column that has nothing to say, without a word', () => {
    assert.equal(table(80).join('\n').includes('NOTE'), false);
    assert.equal(table(80).join('\n').includes('no room'), false);
  });

  test('names the columns for which there is no room, and how to see them', () => {
    assert.equal(table(40).at(-1), '(no room for at: --format csv has all)');
  });

  test('is wider than a terminal that is too narrow for it, rather than useless', () => {
    assert.match(table(20)[1] ?? '', /^05df30cf-79 {2}critical {2}a name …$/);
  });

  test('puts sentences that find no room below their rows, in full', () => {
    const lines = table(60);
    assert.match(lines[1] ?? '', /^05df30cf-79 /);
    assert.match(lines[2] ?? '', /^ {4}reason: until 2027-03-01 by Ann Archer: /);
    assert.match(lines.at(-1) ?? '', /^05df30cf-70 /);
  });

  test('colours words, never in their place', () => {
    const [, critical = '', ...others] = [...tableLines(rows, columns, 200)];
    assert.ok(critical.includes('\x1b[31mcritical\x1b[0m'));
    assert.match(others.at(-1) ?? '', / {2}info /);
  });
});
