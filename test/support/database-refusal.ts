import assert from 'node:assert/strict';
import { DatabaseError } from '../../src/errors.ts';

/** For `assert.throws`: an error about the database that says this, and how to mend it. */
export function isDatabaseError(message: RegExp, mend: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DatabaseError, String(error));
    assert.match(error.message, message);
    assert.match(error.mend, mend);
    return true;
  };
}
