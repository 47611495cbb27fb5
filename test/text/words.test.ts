import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { capitalised, dayOf, minuteOf, plural, wrap } from '../../src/text/words.ts';

test('words agree with their number', () => {
  assert.deepEqual([plural(0, 'token'), plural(1, 'token'), plural(2, 'token')], ['0 tokens', '1 token', '2 tokens']);
  assert.equal(plural(2, 'entry', 'entries'), '2 entries');
});

test('an instant is shown as its minute or its day', () => {
  assert.equal(minuteOf('2026-11-23T07:05:59.999Z'), '2026-11-23 07:05 UTC');
  assert.equal(dayOf('2026-11-23T23:59:59.999Z'), '2026-11-23');
});

test('a sentence begins with a capital letter', () => {
  assert.deepEqual(['new token', '2 new', ''].map(capitalised), ['New token', '2 new', '']);
});

describe('wrapped text', () => {
  const cases: [what: string, wrapped: string, expected: string][] = [
    ['is as wide as allowed and no wider', wrap('one two three four', 9), 'one two\nthree\nfour'],
    ['counts the indentation', wrap('one two three', 9, '  '), '  one two\n  three'],
    [
      'indents the first line in its own way',
      wrap('one two three four', 9, '* ', '    '),
      '* one two\n    three\n    four',
    ],
    [
      'does not break a word that is wider than a line',
      wrap('see https://acme.omniapp.co/x now', 10),
      'see\nhttps://acme.omniapp.co/x\nnow',
    ],
  ];
  for (const [what, wrapped, expected] of cases) {
    test(what, () => {
      assert.equal(wrapped, expected);
    });
  }

  test('loses no word, and has no line that is too wide unless it is one word', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.'), minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1 }),
        fc.integer({ min: 5, max: 40 }),
        fc.constantFrom('', '  '),
        fc.constantFrom('', '    '),
        (words, width, first, hanging) => {
          const lines = wrap(words.join(' '), width, first, hanging).split('\n');

          const texts = lines.map((line, index) => {
            const indent = index === 0 ? first : hanging;
            assert.ok(line.startsWith(indent));
            return line.slice(indent.length);
          });
          assert.deepEqual(texts.join(' ').split(' '), words);
          for (const [index, text] of texts.entries()) {
            assert.ok((lines[index] ?? '').length <= width || !text.includes(' '), lines[index]);
          }
        },
      ),
    );
  });
});
