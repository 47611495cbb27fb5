import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { quoted, visible } from '../../src/text/visible.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { unseen } from '../support/unseen.ts';

describe('text made visible', () => {
  for (const { id, name } of hostile.tokens) {
    const label = JSON.stringify(name.slice(0, 40));
    test(`holds no control, bidi or zero-width character for ${label} (${id.slice(0, 8)})`, () => {
      assert.doesNotMatch(visible(name), unseen);
    });
  }

  test('holds no character that cannot be seen, whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        assert.doesNotMatch(visible(text), unseen);
      }),
    );
  });

  test('stays as it is where there is nothing to fear', () => {
    for (const text of ['nightly export', '🔑 emoji', 'שלום עולם', '中文密钥', 'e\u0301 vs \u00e9', '%s%n%x', '']) {
      assert.equal(visible(text), text);
    }
  });

  test('names the code point in place of the character', () => {
    assert.equal(visible('\u202egnp.exe'), '⟨U+202E⟩gnp.exe');
    assert.equal(visible('\u0000nul'), '⟨U+0000⟩nul');
    assert.equal(visible('new\r\nline'), 'new⟨U+000D⟩⟨U+000A⟩line');
    assert.equal(visible('\u{e0041}'), '⟨U+E0041⟩');
  });

  test('is cut when it is long, and tells how long it was', () => {
    assert.equal(visible('a'.repeat(5000)), `${'a'.repeat(80)}… (5000 characters)`);
  });

  test('is not cut when it is exactly as long as allowed', () => {
    assert.equal(visible('a'.repeat(80)), 'a'.repeat(80));
    assert.equal(visible('abcd', 4), 'abcd');
    assert.equal(visible('abcde', 4), 'abcd… (5 characters)');
  });

  test('replaces half of a surrogate pair, which no encoding can carry', () => {
    assert.equal(visible('\ud800x').isWellFormed(), true);
    assert.notEqual(visible('\ud800x'), 'x');
  });

  test('does not cut a character in two', () => {
    assert.doesNotMatch(visible(`${'a'.repeat(79)}🔑🔑`), /\ufffd/);
  });

  const ignorables = [
    ['combining grapheme joiner', '\u034f'],
    ['variation selector 17', '\u{e0100}'],
    ['Hangul filler', '\u3164'],
  ] as const;
  for (const [what, character] of ignorables) {
    test(`shows a ${what}, which is drawn as nothing`, () => {
      assert.notEqual(visible(`deploy${character}`), `deploy${character}`);
    });
  }
});

describe('quoted text', () => {
  test('lets an empty or blank name be seen', () => {
    assert.equal(quoted(''), '""');
    assert.equal(quoted('   '), '"   "');
  });

  test('stands on one line for every hostile name', () => {
    const shown = hostile.tokens.map(({ name }) => quoted(name));

    assert.equal(shown.length > 20, true);
    for (const text of shown) assert.match(text, /^"[^\r\n]*"$/);
  });

  test('tells the length of a cut name inside the quotes', () => {
    assert.equal(quoted('abcde', 4), '"abcd… (5 characters)"');
  });

  const links: [text: string, shown: string][] = [
    ['https://phish.example/reset?u=admin', '"https[:]//phish.example/reset?u=admin"'],
    ['HTTP://a.example ftp://b.example', '"HTTP[:]//a.example ftp[:]//b.example"'],
    ['www.phish.example', '"www[.]phish.example"'],
    ['see WWW.phish.example, wWw.b.example', '"see WWW[.]phish.example, wWw[.]b.example"'],
    ['https://www.phish.example', '"https[:]//www[.]phish.example"'],
    [`${'a'.repeat(77)}://phish.example`, `"${'a'.repeat(77)}[:]//… (93 characters)"`],
  ];
  for (const [text, shown] of links) {
    test(`makes no link of ${text.slice(0, 40)}`, () => {
      assert.equal(quoted(text), shown);
    });
  }

  test('leaves alone what only looks a little like one', () => {
    for (const text of ['a: b', 'awww.b', 'www', 'http:', '//x', 'a:/ /b']) assert.equal(quoted(text), `"${text}"`);
  });

  test('holds nothing that a reader would make a link of, whatever comes in', () => {
    const piece = fc.constantFrom('http', 's', ':', '/', '://', 'www', '.', 'WWW.', 'a', ' ', '\u200b');
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 60 }), (text) => {
        assert.doesNotMatch(quoted(text), /:\/\/|\bwww\./i);
      }),
    );
  });

  test('keeps a name that has no address in it as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', ':', '/', 'w', '-', '['), maxLength: 60 }), (text) => {
        fc.pre(!text.includes('://'));

        assert.equal(quoted(text), `"${text}"`);
      }),
    );
  });
});
