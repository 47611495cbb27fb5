import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { capitalised, dayOf, minuteOf, plural, wrap } from '../../src/text/words.ts';

test('words agree with their number', () => {
  assert.deepEqual([plural(0, 'token'), plural(1, 'token'), plural(2, 'token')], ['0 tokens', '1 token', '2 tokens']);
  assert.equal(plural(2, 'entry', 'entries'), '2 entries');
});

describe('an instant is shown as its minute with the offset, or its day:', () => {
  for (const [instant, timeZone, minute] of [
    ['2026-11-23T07:05:59.999Z', 'UTC', '2026-11-23 07:05 UTC'],
    ['2026-11-23T23:05:00.000Z', 'Europe/Berlin', '2026-11-24 00:05 UTC+1'],
    ['2026-11-23T23:05:00.000Z', 'Asia/Kolkata', '2026-11-24 04:35 UTC+5:30'],
    ['2026-03-01T01:05:00.000Z', 'America/New_York', '2026-02-28 20:05 UTC-5'],
    ['2026-01-05T09:00:00.000Z', 'Europe/London', '2026-01-05 09:00 UTC'],
    // The clock is set back, and shows this time twice.
    ['2026-10-25T00:30:00.000Z', 'Europe/Berlin', '2026-10-25 02:30 UTC+2'],
    ['2026-10-25T01:30:00.000Z', 'Europe/Berlin', '2026-10-25 02:30 UTC+1'],
  ] as const) {
    test(`${instant} in ${timeZone} is ${minute}`, () => {
      assert.equal(minuteOf(instant, timeZone), minute);
      assert.equal(dayOf(instant, timeZone), minute.slice(0, 10));
    });
  }
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
