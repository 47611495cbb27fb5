import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { parseRegister, readRegister } from '../../src/audit/read-register.ts';
import type { ReadRegister } from '../../src/store/register.ts';
import { lateDay, registerFile, registerHeader, registerRow } from '../support/register-file.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { uuid } from '../support/tokens.ts';

/** Text, or bytes, or what creates something else at the path of the file. */
type Content = string | Buffer | ((path: string) => void);

function readFile(context: TestContext, content: Exclude<Content, string>): ReadRegister {
  const path = join(tempFolder(context), 'register.csv');
  if (typeof content === 'function') content(path);
  else writeFileSync(path, content);
  return readRegister(path, 'UTC', lateDay);
}

const letters = 'abcdef00-0000-4000-8000-00000000000a';
const full = { id: letters, responsible: 'Ann', purpose: 'nightly export', ticket: 'OPS-12', review_by: '2027-01-31' };
const empty = { id: uuid(2) };
const plain = registerFile(full, empty);

describe('a register is refused as a whole, and the line is named,', () => {
  const quotes =
    'Correct the line, with commas between cells and quotes around a cell that contains a comma or a quote';
  const columns = `Use these columns: ${registerHeader.replaceAll(',', ', ')}`;
  const form = 'Use the form YYYY-MM-DD, with a year from 2000 to 2999, or leave it empty';
  const copy = 'Copy the id from `omni-token-audit tokens`, or remove the row';
  const utf8 = 'Save it in UTF-8';
  const restore = 'Restore it from Git, or print it again with `omni-token-audit register`';
  const cells = 'it has more or fewer cells than the first line';

  const withRow = (row: object): string => registerFile(empty, { id: uuid(3), ...row });
  const files: [when: string, content: Content, problem: string, hint: string][] = [
    ['empty', '', ': the file is empty', restore],
    ['only line ends', '\n\r\n\n', ': the file is empty', restore],
    ['missing', () => {}, ': there is no such file', 'Correct the path, or mount the folder of the file'],
    [
      'a link to nothing',
      (path) => symlinkSync('nowhere', path),
      ': the file is a link to one that does not exist',
      'Correct the link',
    ],
    [
      'a folder',
      (path) => mkdirSync(path),
      ': the file is a folder',
      'Replace it with the file (Docker creates a folder if the file to mount does not exist)',
    ],
    [
      'a pipe',
      (path) => execFileSync('mkfifo', [path]),
      ': the file is a pipe, a device or a socket',
      'Use a regular file',
    ],
    ['in Latin-1', Buffer.from(plain.replace('Ann', 'Änn'), 'latin1'), ': the file is not plain text in UTF-8', utf8],
    ['in UTF-16', Buffer.from(plain, 'utf16le'), ': the file is not plain text in UTF-8', utf8],
    [
      'in UTF-16 with a byte order mark',
      Buffer.from(`\ufeff${plain}`, 'utf16le'),
      ': the file is not plain text in UTF-8',
      utf8,
    ],
    ['with a null character', Buffer.from(plain.replace('Ann', 'A\0n')), ': the file is not plain text in UTF-8', utf8],
    ['cut inside a character', Buffer.from('é').subarray(0, 1), ': the file is not plain text in UTF-8', utf8],
    [
      'larger than 32 MB',
      (path) => {
        writeFileSync(path, plain);
        truncateSync(path, 32 * 1024 * 1024 + 1);
      },
      ': the file is larger than 32768 KB',
      'Correct the path',
    ],
    [
      'separated by semicolons',
      plain.replaceAll(',', ';'),
      ', line 1: the cells are not separated by commas',
      'Save the file as CSV with commas',
    ],
    [
      'separated by semicolons, with commas in its cells',
      registerFile({ id: uuid(1), purpose: 'a b' })
        .replaceAll(',', ';')
        .replace('a b', 'a, b'),
      ', line 1: the cells are not separated by commas',
      'Save the file as CSV with commas',
    ],
    [
      'separated by tabs',
      plain.replaceAll(',', '\t'),
      ', line 1: the cells are not separated by commas',
      'Save the file as CSV with commas',
    ],
    ['without a column', plain.replaceAll(/,ticket|,OPS-12/g, ''), ', line 1: the column ticket is missing', columns],
    [
      'without a column in its first line only',
      plain.replace(',ticket', ''),
      ', line 1: the column ticket is missing',
      columns,
    ],
    ['without a first line', `\n${registerRow(full)}\n`, ', line 2: the column id is missing', columns],
    [
      'with an unknown column',
      plain.replace('decided_on', 'decided_on,=notes'),
      ', line 1: the column "=notes" is unknown',
      columns,
    ],
    [
      'with a column that comes twice',
      plain.replace('decided_on', 'decided_on,Ticket'),
      ', line 1: the column ticket comes twice',
      columns,
    ],
    ['with a missing cell', plain.replace('OPS-12,', ''), `, line 2: ${cells}`, quotes],
    ['with a cell too many', `${plain}${registerRow({ id: 'x' })},`, `, line 4: ${cells}`, quotes],
    ['with a comma that needs quotes', plain.replace('nightly', 'nightly,'), `, line 2: ${cells}`, quotes],
    ['with blanks in an empty line', `${plain}  `, `, line 4: ${cells}`, quotes],
    [
      'with a quote that is never closed',
      `${plain.replace('Ann', '"Ann')}\n\n`,
      ', line 2: a quote is not closed',
      quotes,
    ],
    [
      'with a quote that a later line seems to close',
      registerFile({ id: 'a', purpose: 'x' }, { id: 'b' }, { id: 'c', purpose: 'y, z' }).replace(',x,', ',"x,'),
      ', line 2: there is text after a closing quote',
      quotes,
    ],
    [
      'with text after a quote',
      plain.replace('Ann', '"Ann" '),
      ', line 2: there is text after a closing quote',
      quotes,
    ],
    [
      'with a quote inside a cell',
      plain.replace('Ann', 'A"nn'),
      ', line 2: there is a quote inside a cell that has no quotes around it',
      quotes,
    ],
    [
      'with a line that is too long',
      `${plain}${'x'.repeat(100_001)}`,
      ', line 4: it is longer than 100000 characters',
      'Shorten it',
    ],
    [
      'with an id twice',
      registerFile(full, empty, full),
      `, line 4: the id "${letters}" is also on line 2`,
      'Remove one of the two rows',
    ],
    [
      'with an id twice, once in capitals',
      registerFile(full, { ...empty, id: letters.toUpperCase() }),
      `, line 3: the id "${letters}" is also on line 2`,
      'Remove one of the two rows',
    ],
    ['with a row without an id', `${plain},,,,,Bob,,,,,,\n`, ', line 4: the id is missing', copy],
    ['with an id that has a blank', registerFile({ id: 'a b' }), ', line 2: the id "a b" is not an id', copy],
    [
      'with an id that no token can have',
      registerFile({ id: 'x'.repeat(129) }),
      `, line 2: the id "${'x'.repeat(40)}… (129 characters)" is not an id`,
      copy,
    ],
    [
      'with a date of another form',
      withRow({ review_by: '31.1.2027' }),
      ', line 3: review_by "31.1.2027" is not a day',
      form,
    ],
    [
      'with a day that does not exist',
      withRow({ decided_on: '2027-02-29' }),
      ', line 3: decided_on "2027-02-29" is not a day',
      form,
    ],
    [
      'with a time',
      withRow({ decided_on: '2027-02-28T00:00' }),
      ', line 3: decided_on "2027-02-28T00:00" is not a day',
      form,
    ],
    [
      'with the last day that can be written',
      withRow({ review_by: '9999-12-31' }),
      ', line 3: review_by "9999-12-31" is not a day',
      form,
    ],
    [
      'with a day before there were tokens',
      withRow({ decided_on: '0001-01-01' }),
      ', line 3: decided_on "0001-01-01" is not a day',
      form,
    ],
    [
      'with an unknown decision',
      withRow({ decision: 'kept' }),
      ', line 3: decision "kept" is unknown',
      'Use keep or revoke, or leave it empty',
    ],
    [
      'with a decision that only looks right',
      withRow({ decision: 'ke\u200bep' }),
      ', line 3: decision "ke⟨U+200B⟩ep" is unknown',
      'Use keep or revoke, or leave it empty',
    ],
    [
      'with a cell that is too long',
      withRow({ purpose: 'x'.repeat(501) }),
      ', line 3: purpose is longer than 500 characters',
      'Shorten it',
    ],
    [
      'after cells with line breaks',
      registerFile({ id: 'a', purpose: '1\n2\n3' }, { id: 'b', decision: 'no' }).replaceAll('\n', '\r\n'),
      ', line 5: decision "no" is unknown',
      'Use keep or revoke, or leave it empty',
    ],
    [
      'after empty lines',
      `\n\n${withRow({ decision: 'no' }).replaceAll('\n', '\r\n\r\n')}`,
      ', line 7: decision "no" is unknown',
      'Use keep or revoke, or leave it empty',
    ],
  ];
  for (const [when, content, problem, hint] of files) {
    test(when, (context) => {
      const register =
        typeof content === 'string' ? parseRegister(content, 'UTC', lateDay) : readFile(context, content);
      assert.deepEqual(register, { kind: 'broken', problem: `TOKEN_REGISTER_FILE${problem}`, hint });
    });
  }
});

test('a decision is at most a day ahead, because it is not the same day everywhere', () => {
  const now = new Date('2026-02-01T12:00:00.000Z');
  const read = (day: string) =>
    parseRegister(registerFile({ id: uuid(1) }, { id: uuid(3), decided_on: day }), 'UTC', now);
  assert.equal(read('2026-02-02').kind, 'read');
  assert.deepEqual(read('2026-02-03'), {
    kind: 'broken',
    problem: 'TOKEN_REGISTER_FILE, line 3: decided_on "2026-02-03" is in the future',
    hint: 'Use the day of the decision',
  });
});
