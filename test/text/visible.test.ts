import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { quoted, visible } from '../../src/text/visible.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { unseen } from '../support/unseen.ts';

describe('text made visible', () => {
  test('has no invisible character, whatever comes in', () => {
    for (const { name } of hostile.tokens) assert.doesNotMatch(visible(name), unseen);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        assert.doesNotMatch(visible(text), unseen);
      }),
    );
  });

  test('keeps harmless characters as they are', () => {
    for (const text of ['nightly export', '🔑 emoji', 'שלום עולם', '中文密钥', 'e\u0301 vs \u00e9', '%s%n%x', '']) {
      assert.equal(visible(text), text);
    }
  });

  const shown: [text: string, shown: string][] = [
    ['\u202egnp.exe', '⟨U+202E⟩gnp.exe'],
    ['\u0000nul', '⟨U+0000⟩nul'],
    ['new\r\nline', 'new⟨U+000D⟩⟨U+000A⟩line'],
    ['\u{e0041}', '⟨U+E0041⟩'],
    // Half of a surrogate pair, which no encoding can represent.
    ['\ud800x', '⟨U+D800⟩x'],
    // These are drawn as nothing: a combining grapheme joiner, a variation selector, a Hangul filler.
    ['deploy\u034f\u{e0100}\u3164', 'deploy⟨U+034F⟩⟨U+E0100⟩⟨U+3164⟩'],
  ];
  for (const [text, expected] of shown) {
    test(`names the code points of what cannot be seen: ${expected}`, () => {
      assert.equal(visible(text), expected);
    });
  }

  test('is cut when it is long, never inside a character, and says how long it was', () => {
    assert.equal(visible('a'.repeat(80)), 'a'.repeat(80));
    assert.equal(visible('a'.repeat(5000)), `${'a'.repeat(80)}… (5000 characters)`);
    assert.equal(visible('abcde', 4), 'abcd… (5 characters)');
    assert.equal(visible(`${'a'.repeat(79)}🔑🔑`), `${'a'.repeat(79)}… (83 characters)`);
  });
});

describe('quoted text', () => {
  const quotes: [text: string, shown: string][] = [
    ['', '""'],
    ['   ', '"   "'],
    ['a\nb', '"a⟨U+000A⟩b"'],
    ['https://phish.example/reset?u=admin', '"https[:]//phish.example/reset?u=admin"'],
    ['HTTP://a.example ftp://b.example', '"HTTP[:]//a.example ftp[:]//b.example"'],
    ['see WWW.phish.example, wWw.b.example', '"see WWW[.]phish.example, wWw[.]b.example"'],
    ['https://www.phish.example', '"https[:]//www[.]phish.example"'],
    [`${'a'.repeat(77)}://phish.example`, `"${'a'.repeat(77)}[:]//… (93 characters)"`],
    ['a: b awww.b www http: //x a:/ /b', '"a: b awww.b www http: //x a:/ /b"'],
  ];
  for (const [text, expected] of quotes) {
    test(`shows ${JSON.stringify(text.slice(0, 40))} as ${expected.slice(0, 60)}`, () => {
      assert.equal(quoted(text), expected);
    });
  }

  test('has nothing that a mail client would turn into a link, whatever comes in', () => {
    const piece = fc.constantFrom('http', 's', ':', '/', '://', 'www', '.', 'WWW.', 'a', ' ', '\u200b');
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 60 }), (text) => {
        assert.doesNotMatch(quoted(text), /:\/\/|\bwww\./i);
      }),
    );
  });
});
