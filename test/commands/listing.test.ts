import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type Column, printListing } from '../../src/commands/listing.ts';

interface Row {
  id: string;
  name: string;
  severity: string;
}

const columns: Column<Row>[] = [
  { heading: 'id', value: ({ id }) => id, isWhole: true },
  { heading: 'severity', value: ({ severity }) => severity },
  { heading: 'name', value: ({ name }) => name },
];
const rows: Row[] = [
  { id: 'a'.repeat(20), severity: 'critical', name: 'a name that is longer than the terminal is wide' },
  { id: 'b', severity: 'info', name: '\x1b[31mred\r' },
];

async function table(width: number | null): Promise<string[]> {
  const printed: string[] = [];
  const printAll = async (parts: Iterable<string>): Promise<void> => void printed.push(...parts);
  await printListing(rows, columns, 'table', '', { width, printAll });
  return printed.join('').split('\n').slice(0, -1);
}

describe('a table', () => {
  test('is as wide as it is where nobody looks at it, and has no colour', async () => {
    const lines = await table(null);
    assert.ok(lines[1]?.endsWith('than the terminal is wide'));
    assert.equal(lines.join('').includes('\x1b'), false);
  });

  for (const width of [40, 55, 80]) {
    test(`fits a terminal of ${width} columns, without cutting what is copied`, async () => {
      const lines = (await table(width)).map(stripVTControlCharacters);
      for (const line of lines) assert.ok(line.length <= width, line);
      assert.ok(lines[1]?.startsWith('a'.repeat(20)));
      assert.match(lines[1] ?? '', /critical/);
    });
  }

  test('is wider than a terminal that is too narrow for it, rather than useless', async () => {
    assert.match(stripVTControlCharacters((await table(10))[1] ?? ''), /^a{20} {2}critical {2}a name …$/);
  });

  test('colours words on a terminal and never in their place', async () => {
    const [, critical, info] = await table(80);
    assert.ok(critical?.includes('\x1b[31mcritical\x1b[0m'));
    assert.match(info ?? '', / {2}info /);
    assert.equal(stripVTControlCharacters(info ?? '').includes('\x1b'), false);
  });
});
