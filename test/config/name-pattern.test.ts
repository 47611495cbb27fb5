import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namePattern } from '../../src/config/name-pattern.ts';
import { InvalidValue } from '../../src/config/parsers.ts';

const harmless = [
  '^[A-Z]{2}: ',
  '(?:ENG|OPS)-',
  '(ab)?',
  '(a+)?',
  '(ab){3}',
  '[(+)]+',
  '\\(a+\\)*',
  '^(?=.*x)y',
  '[|*]*$',
  '\\p{Lu}+-',
];
const endless = [
  '^(\\w+\\s?)*$',
  '(a|b)+',
  '(?:a|b)*',
  '((a+))*',
  '(?<x>a*){2,}',
  '(a+)+?',
  '([a-z]+-)+x',
  '(?=(a+)+)b',
];

describe('a pattern for names', () => {
  for (const pattern of harmless) {
    test(`may be ${pattern}`, () => {
      assert.equal(namePattern(pattern), pattern);
    });
  }

  for (const pattern of endless) {
    test(`may not be ${pattern}, which some names would keep busy for ever`, () => {
      assert.throws(
        () => namePattern(pattern),
        (error) => error instanceof InvalidValue && /repeats a group/.test(error.message),
      );
    });
  }

  test('must be a regular expression, and the message says what is wrong and shows one', () => {
    assert.throws(() => namePattern('('), {
      message:
        'it is no regular expression (Unterminated group); give one such as "^[A-Z]{2}: ", which asks for initials',
    });
    assert.throws(() => namePattern('a\nb'), InvalidValue);
  });
});
