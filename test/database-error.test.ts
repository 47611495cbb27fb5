import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explainDatabaseError, explainFileError } from '../src/database-error.ts';
import { DatabaseError, OmniError } from '../src/errors.ts';

const withCode = (code: string, message = 'the reason'): Error => Object.assign(new Error(message), { code });

function mendOf(error: unknown): string {
  assert.ok(error instanceof DatabaseError, String(error));
  return error.hint;
}

describe('what SQLite says of a disk', () => {
  const mends: Record<string, RegExp> = {
    SQLITE_FULL: /make room/,
    SQLITE_IOERR_WRITE: /make room, and check the disk/,
    SQLITE_CORRUPT_INDEX: /damaged: restore a backup/,
    SQLITE_NOTADB: /no SQLite database: .*restore a backup/,
    SQLITE_BUSY_SNAPSHOT: /try again/,
    SQLITE_READONLY: /may write to/,
    SQLITE_CANTOPEN: /may write to/,
  };
  for (const [code, hint] of Object.entries(mends)) {
    test(`has a hint for ${code}`, () => assert.match(mendOf(explainDatabaseError(withCode(code))), hint));
  }

  test('names the file', () => {
    const error = explainDatabaseError(withCode('SQLITE_FULL'), 'the database /data/audit.db');
    assert.match(String(error), /the database \/data\/audit\.db cannot be used: the reason/);
  });

  test('is told by its code where SQLite has no words for it', () => {
    assert.match(String(explainDatabaseError(withCode('SQLITE_IOERR_SHMSIZE', ''))), /: SQLITE_IOERR_SHMSIZE$/);
  });
});

describe('what is no fault of the disk stays as it is', () => {
  const others: Record<string, unknown> = {
    'a mistake in a statement': withCode('SQLITE_ERROR'),
    'a broken rule of the schema': withCode('SQLITE_CONSTRAINT_UNIQUE'),
    'a refused connection': withCode('ECONNREFUSED'),
    'a refused log-in': withCode('EAUTH'),
    'an error of Omni': new OmniError('no'),
    'one that is explained already': new DatabaseError('said before', { hint: 'do this' }),
    'something that is no error': 'odd',
  };
  for (const [what, error] of Object.entries(others)) {
    test(`such as ${what}`, () => assert.equal(explainDatabaseError(error), error));
  }
});

describe('what the system says of a file', () => {
  test('is explained where files are opened', () => {
    assert.match(mendOf(explainFileError(withCode('EACCES'), 'x')), /may write to/);
    for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG']) {
      assert.match(mendOf(explainFileError(withCode(code), 'x')), /make room/);
    }
  });

  test('is not explained elsewhere, where a code may come from the network', () => {
    const error = withCode('ENOENT');
    assert.equal(explainDatabaseError(error), error);
  });
});
