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

  test('leaves a word whole that is wider than a line', () => {
    assert.equal(wrap('see https://acme.omniapp.co/x now', 10), 'see\nhttps://acme.omniapp.co/x\nnow');
  });

  test('loses no word, and has no line too wide unless it is one word', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.'), minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 5, max: 40 }), (words, width) => {
        const lines = wrap(words.join(' '), width).split('\n');

        assert.deepEqual(lines.join(' ').split(' '), words);
        for (const line of lines) assert.ok(line.length <= width || !line.includes(' '), line);
      }),
    );
  });
});
