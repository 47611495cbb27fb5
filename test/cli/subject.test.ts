import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { oneToken } from '../../src/cli/subject.ts';

describe('the id of a token', () => {
  const ids = ['05df30cf-79f5-46dd-9581-23f3e883c6f2', 'BEEF-1', 'BEEF-2'];
  const store = { tokenIds: (start: string) => ids.filter((id) => id.startsWith(start)) };

  test('may be typed in capitals where it is written in small letters', () => {
    assert.equal(oneToken(store, '05DF30CF'), ids[0]);
  });

  test('is found as it is written where that is in capitals', () => {
    assert.equal(oneToken(store, 'BEEF-1'), 'BEEF-1');
  });

  test('that begins several is refused with them', () => {
    assert.throws(() => oneToken(store, 'BEEF'), {
      message: /begins the id of several tokens/,
      hint: 'Such as BEEF-1, BEEF-2',
    });
  });
});
