import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explainDatabaseError, explainFileError } from '../src/database-error.ts';
import { DatabaseError, OmniError } from '../src/errors.ts';

const withCode = (code: string, message = 'the reason'): Error => Object.assign(new Error(message), { code });

function hintOf(error: unknown): string {
  assert.ok(error instanceof DatabaseError, String(error));
  return error.hint;
}

describe('an error of SQLite', () => {
  for (const [code, hint] of [
    ['SQLITE_FULL', /^Free some disk space/],
    ['SQLITE_IOERR_WRITE', /^Check for free space, disk errors/],
    ['SQLITE_CORRUPT_INDEX', /^Restore a backup/],
    ['SQLITE_NOTADB', /^Point DATABASE_PATH at .*restore a backup/],
    ['SQLITE_BUSY_SNAPSHOT', /^Try again/],
    ['SQLITE_READONLY', /to write|write to the folder/],
    ['SQLITE_CANTOPEN', /to write|write to the folder/],
  ] as const) {
    test(`gets a hint if it is ${code}`, () => assert.match(hintOf(explainDatabaseError(withCode(code))), hint));
  }

  test('names the file and the reason, or the code if SQLite gives no reason', () => {
    const file = 'the database /data/audit.db';
    for (const [message, reason] of [
      ['the reason', 'the reason'],
      ['', 'SQLITE_FULL'],
    ]) {
      const error = explainDatabaseError(withCode('SQLITE_FULL', message), file);
      assert.equal(String(error), `DatabaseError: ${file} cannot be used: ${reason}`);
    }
  });
});

describe('an error that is not about the disk', () => {
  for (const [what, error] of [
    ['a mistake in a statement', withCode('SQLITE_ERROR')],
    ['a violated constraint', withCode('SQLITE_CONSTRAINT_UNIQUE')],
    ['a file error, which may come from the network', withCode('ENOENT')],
    ['an error of Omni', new OmniError('no')],
    ['an error that is already explained', new DatabaseError('said before', { hint: 'do this' })],
    ['a thrown string', 'odd'],
  ] as const) {
    test(`is returned unchanged if it is ${what}`, () => assert.equal(explainDatabaseError(error), error));
  }
});

test('an error of the file system gets a hint when the program opens the file itself', () => {
  assert.match(hintOf(explainFileError(withCode('EACCES'), 'x')), /to write|write to the folder/);
  for (const code of ['ENOSPC', 'EDQUOT']) {
    assert.match(hintOf(explainFileError(withCode(code), 'x')), /Free some disk space/);
  }
});
