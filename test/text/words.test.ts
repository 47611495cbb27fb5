import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { capitalised, dayOf, minuteOf, plural, wrap } from '../../src/text/words.ts';

describe('words', () => {
  test('agree with their number', () => {
    assert.equal(plural(0, 'token'), '0 tokens');
    assert.equal(plural(1, 'token'), '1 token');
    assert.equal(plural(2, 'token'), '2 tokens');
    assert.equal(plural(2, 'entry', 'entries'), '2 entries');
  });

  test('name an instant by its minute or its day', () => {
    assert.equal(minuteOf('2026-11-23T07:05:59.999Z'), '2026-11-23 07:05 UTC');
    assert.equal(dayOf('2026-11-23T23:59:59.999Z'), '2026-11-23');
  });

  test('begin a sentence with a capital', () => {
    assert.equal(capitalised('new token'), 'New token');
    assert.equal(capitalised('2 new'), '2 new');
    assert.equal(capitalised(''), '');
  });
});

describe('wrapped text', () => {
  test('breaks at spaces so that a line is as wide as allowed and no wider', () => {
    assert.equal(wrap('one two three four', 9), 'one two\nthree\nfour');
    assert.equal(wrap('one two three four', 7), 'one two\nthree\nfour');
  });

  test('counts the indent of each line', () => {
    assert.equal(wrap('one two three', 9, '  '), '  one two\n  three');
  });

  test('indents all lines but the first by another indent where one is given', () => {
    assert.equal(wrap('one two three four', 9, '* ', '    '), '* one two\n    three\n    four');
    assert.equal(wrap('one two', 9, '* ', '    '), '* one two');
    assert.equal(wrap('one two', 8, '* ', ''), '* one\ntwo');
  });

  test('leaves a word whole that is wider than a line', () => {
    assert.equal(wrap('see https://acme.omniapp.co/x now', 10), 'see\nhttps://acme.omniapp.co/x\nnow');
  });

  test('loses no word, and has no line too wide unless it is one word', () => {
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
