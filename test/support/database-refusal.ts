import assert from 'node:assert/strict';
import { DatabaseError } from '../../src/errors.ts';

/** For `assert.throws`: expects a DatabaseError with this message and this hint. */
export function isDatabaseError(message: RegExp, hint: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DatabaseError, String(error));
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    return true;
  };
}
