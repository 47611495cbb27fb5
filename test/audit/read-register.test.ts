import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseRegister, readRegister } from '../../src/audit/read-register.ts';
import type { ReadRegister, RegisterRow } from '../../src/store/register.ts';
import { csvLine } from '../../src/text/csv.ts';
import { approval, lateDay, registerFile, registerHeader, registerRow } from '../support/register-file.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { uuid } from '../support/tokens.ts';

/** Returns the rows of a register that must be good. */
function rowsOf(content: string, timeZone = 'UTC'): [id: string, RegisterRow][] {
  return rowsIn(parseRegister(content, timeZone, lateDay));
}

function rowsIn(register: ReadRegister): [id: string, RegisterRow][] {
  assert.equal(register.kind, 'read', JSON.stringify(register));
  return register.kind === 'read' ? [...register.rows] : [];
}

const letters = 'abcdef00-0000-4000-8000-00000000000a';
const full = {
  id: letters,
  name: 'export',
  type: 'personal',
  owner: 'jane@acme.example',
  created: '2026-01-01T00:00:00.000Z',
  responsible: 'Ann Archer',
  purpose: 'nightly export',
  ticket: 'OPS-12',
  review_by: '2027-01-31',
  decision: 'keep',
  decided_by: 'Bob Berg',
  decided_on: '2026-02-01',
};
const empty = { id: uuid(2) };
const plain = registerFile(full, empty);
const emptyRow: RegisterRow = {
  responsible: '',
  purpose: '',
  ticket: '',
  reviewBy: null,
  overdueAt: null,
  decision: null,
  decidedBy: '',
  decidedOn: null,
  isVanished: false,
};
const fullRow: RegisterRow = {
  responsible: 'Ann Archer',
  purpose: 'nightly export',
  ticket: 'OPS-12',
  reviewBy: '2027-01-31',
  overdueAt: '2027-02-01T00:00:00.000Z',
  decision: 'keep',
  decidedBy: 'Bob Berg',
  decidedOn: '2026-02-01',
  isVanished: false,
};

describe('a register means the same', () => {
  const quotedCells = (line: string): string => `"${line.replaceAll(',', '","')}"`;
  const turnedRound = (line: string): string => line.split(',').toReversed().join(',');
  const eachLine = (change: (line: string) => string): string => plain.trimEnd().split('\n').map(change).join('\n');
  const row = registerRow(full);
  const spellings: [what: string, content: string][] = [
    ['as an editor saves it', plain],
    ['with a byte order mark', `\ufeff${plain}`],
    ['with a byte order mark before a quote', `\ufeff${eachLine(quotedCells)}`],
    ['with the line ends of Windows', plain.replaceAll('\n', '\r\n')],
    ['with the line ends of an old Mac', plain.replaceAll('\n', '\r')],
    ['with mixed line ends after quotes', eachLine(quotedCells).replace('\n', '\r\n')],
    ['with mixed line ends, the first of them short', eachLine(quotedCells).replace(/\n(?!.*\n)/s, '\r\n')],
    ['without the last line end', plain.trimEnd()],
    ['with all cells in quotes', eachLine(quotedCells)],
    ['with empty lines', `\n${plain.replaceAll('\n', '\n\n')}\n`],
    ['with lines of commas after the last row', `${plain}${`${','.repeat(11)}\n`.repeat(3)}`],
    ['with the columns in another order', eachLine(turnedRound)],
    [
      'with capitals and blanks in the first line',
      plain.replace(registerHeader, registerHeader.replaceAll(',', ' , ').toUpperCase()),
    ],
    ['with a decision in capitals', plain.replace(',keep,', ',KEEP,')],
    ['with blanks around cells', plain.replace(row, row.replaceAll(',', ' ,\u00a0'))],
    ['with an id in capitals', plain.replace(letters, letters.toUpperCase())],
    ['with other columns that say something else', plain.replace('jane@acme.example', 'ab'.repeat(2000))],
  ];
  for (const [what, content] of spellings) {
    test(what, () => {
      assert.deepEqual(rowsOf(content), [
        [letters, fullRow],
        [uuid(2), emptyRow],
      ]);
    });
  }
});

describe('the cells of a register', () => {
  const say = (purpose: string): string | undefined => rowsOf(registerFile({ id: uuid(1), purpose }))[0]?.[1].purpose;

  test('may have commas, quotes and line breaks, which are the same on every system', () => {
    assert.equal(say('a,b "c"\nd'), 'a,b "c"\nd');
    assert.equal(say('a,b "c"\r\nd'), 'a,b "c"\nd');
  });

  test('lose the apostrophe of a printed formula, and have the characters that were printed as code points', () => {
    assert.equal(say("'=1+1"), '=1+1');
    assert.equal(say("''=1+1"), "'=1+1");
    assert.equal(say("Ann's job"), "Ann's job");
    assert.equal(say('a⟨U+202E⟩b'), 'a\u202eb');
  });

  test('have no half of a surrogate pair, which the database could not store', () => {
    assert.equal(say('a⟨U+D83D⟩b'), 'a\ufffdb');
  });

  test('may be as long as the limit, not counting what printing added', () => {
    const longest = `=${'x'.repeat(499)}`;
    assert.equal(say(`'${longest}`), longest);
    assert.equal(say('⟨U+202E⟩'.repeat(500)), '\u202e'.repeat(500));
  });

  test('stay the same when they are printed and read again', () => {
    const piece = fc.constantFrom(...'=+-@＝;|, "\'\n\r\ta1⟨⟩\ufeff\u202e\u00a0', '⟨U+003D⟩', '⟨U+D83D⟩', '🔑');
    // No file with a null character gets this far.
    const character = fc.integer({ min: 1, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
    const cell = fc.string({ unit: fc.oneof({ arbitrary: piece, weight: 5 }, character), maxLength: 30 });
    const readLine = (line: string): RegisterRow | undefined => rowsOf(`${registerHeader}\n${line}\n`)[0]?.[1];
    fc.assert(
      fc.property(cell, cell, cell, cell, (responsible, purpose, ticket, decidedBy) => {
        const typed = readLine(registerRow({ id: 'a', responsible, purpose, ticket, decided_by: decidedBy }));
        assert.ok(typed);
        const { responsible: r, purpose: p, ticket: t, decidedBy: b } = typed;
        assert.deepEqual(readLine(csvLine(['a', '', '', '', '', r, p, t, '', '', b, ''])), typed);
      }),
      { numRuns: 300 },
    );
  });
});

test('rows are about whatever token they name, even one that no organisation has', () => {
  const ids = [uuid(7), 'KEY_1', 'key_1', '-x', '__proto__', 'constructor', 'x'.repeat(128)];
  const rows = rowsOf(registerFile(...ids.map((id) => ({ id, ...approval }))).replace('-x', "'-x"));
  assert.deepEqual(
    rows.map(([id]) => id),
    ids,
  );
  assert.ok(rows.every(([, { decision, decidedBy }]) => decision === 'keep' && decidedBy === 'Bob'));
});

test('a file is read through its byte order mark', (context) => {
  const path = join(tempFolder(context), 'register.csv');
  writeFileSync(path, `\ufeff${plain}`);
  assert.deepEqual(rowsIn(readRegister(path, 'UTC', lateDay)), rowsOf(plain));
});

test('a register with its first line alone is good and has no rows', () => {
  assert.deepEqual(rowsOf(registerHeader), []);
});

test('without a path there is no register', () => {
  assert.deepEqual(readRegister(null, 'UTC', lateDay), { kind: 'none' });
});

describe('a review is overdue when the day has ended in the time zone of the audit:', () => {
  const days: [timeZone: string, reviewBy: string, overdueAt: string][] = [
    ['UTC', '2028-02-29', '2028-03-01T00:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25', '2026-10-25T23:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-12-31', '2026-12-31T10:00:00.000Z'],
    ['Pacific/Pago_Pago', '2026-12-31', '2027-01-01T11:00:00.000Z'],
    // The clock goes from 24:00 to 1:00, so it never shows midnight.
    ['America/Havana', '2026-03-07', '2026-03-08T05:00:00.000Z'],
    ['Asia/Tokyo', '2000-01-01', '2000-01-01T15:00:00.000Z'],
    ['America/New_York', '2999-12-31', '3000-01-01T05:00:00.000Z'],
  ];
  for (const [timeZone, day, overdueAt] of days) {
    test(`${day} in ${timeZone}`, () => {
      const [row] = rowsOf(registerFile({ id: uuid(1), review_by: day }), timeZone);
      assert.deepEqual([row?.[1].reviewBy, row?.[1].overdueAt], [day, overdueAt]);
    });
  }
});
