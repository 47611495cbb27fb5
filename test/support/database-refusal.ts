import assert from 'node:assert/strict';
import { DatabaseError } from '../../src/errors.ts';

/** For `assert.throws`: an error about the database that says this, and how to hint it. */
export function isDatabaseError(message: RegExp, hint: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DatabaseError, String(error));
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    return true;
  };
}
