import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { foldName } from '../../src/text/fold-name.ts';
import { nameDifference } from '../../src/text/name-difference.ts';

describe('two names that look alike', () => {
  for (const [what, before, after, difference] of [
    ['a letter of another script', 'admin', '\u0430dmin', 'U+0061 became U+0430 at character 1'],
    ['another normal form', 'Caf\u00e9', 'Cafe\u0301', 'U+00E9 became U+0065 U+0301 at character 4'],
    ['another space', 'a b', 'a\u00a0b', 'U+0020 became U+00A0 at character 2'],
    ['one more space', 'a b', 'a  b', 'U+0020 was added at character 3'],
    ['an invisible character', 'a\u200bb', 'ab', 'U+200B was dropped at character 2'],
    ['a digit for a letter', 'paypal', 'paypa1', 'U+006C became U+0031 at character 6'],
    ['two letters that look like one', 'admin', 'adrnin', 'U+006D became U+0072 U+006E at character 3'],
    ['a change beyond what is shown', 'abcdefghijX', 'abcdefghijYZ', 'U+0058 became U+0059 U+005A at character 11'],
    [
      'many changes',
      '\u0430\u0435\u043e\u0440',
      'aeop',
      'U+0430 U+0435 U+043E … became U+0061 U+0065 U+006F … at character 1',
    ],
  ] as const) {
    test(`are distinguished by their code points: ${what}`, () => {
      assert.equal(nameDifference(before, after, 10), `they look alike: ${difference}`);
    });
  }

  for (const [before, after] of [
    ['Müller', 'Mueller'],
    ['Привет', 'Москва'],
    ['本番用', '開発用'],
    ['admin', '管理者の鍵'],
    ['alpha', 'beta'],
    ['', 'x'],
    ['Admin', 'admin'],
  ] as const) {
    test(`are not "${before}" and "${after}"`, () => {
      assert.equal(nameDifference(before, after, 10), null);
    });
  }
});

test('a name is found in any case and any Unicode normal form', () => {
  const folded = foldName('Straße Caf\u00e9');
  for (const spelling of ['STRASSE CAFE\u0301', 'straße caf\u00e9', 'Stra\u00dfe Cafe\u0301']) {
    assert.equal(foldName(spelling), folded);
  }
  assert.notEqual(foldName('Strase Café'), folded);
});
