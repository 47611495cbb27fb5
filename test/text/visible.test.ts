import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { printable, quoted, quotedUnlessWord, visible, visibleJson } from '../../src/text/visible.ts';
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
    ['\u2800\u{1D159}', '⟨U+2800⟩⟨U+1D159⟩'],
    // A name that has such a code point in writing.
    ['⟨U+202E⟩ ⟨U+x⟩', '⟨U+27E8⟩U+202E⟩ ⟨U+x⟩'],
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
    ['CEO" (ceo@acme.example): deactivated', '"CEO\\" (ceo@acme[.]example): deactivated"'],
    ['CEO” (x), CEO＂ (x), CEO״ (x)', '"CEO\\” (x), CEO\\＂ (x), CEO\\״ (x)"'],
    ["CEO'' (x), it's, CEO’’ (x)", `"CEO'\\' (x), it's, CEO’\\’ (x)"`],
    ['aʺ b˝ c‷ d⁗ «e»', '"a\\ʺ b\\˝ c\\‷ d\\⁗ \\«e\\»"'],
    ['a′′ b＇＇ cʼʼ dˈˈ eˊˊ f´´ g`` h’\u0027', '"a′\\′ b＇\\＇ cʼ\\ʼ dˈ\\ˈ eˊ\\ˊ f´\\´ g`\\` h’\\\u0027"'],
    ["'\\' is not ''", `"'\\\\' is not '\\'"`],
    // Only a backslash that would seem to escape a quote gets another.
    ['ACME\\jane\\" (x)\\', '"ACME\\jane\\\\\\" (x)\\\\"'],
    ['https://phish.example/reset?u=admin', '"https[:]//phish[.]example/reset?u=admin"'],
    ['HTTP://a.example ftp://b.example', '"HTTP[:]//a[.]example ftp[:]//b[.]example"'],
    ['omniapp-login.example/renew', '"omniapp-login[.]example/renew"'],
    ['bücher.example 中文.中国 a。example x.xn--p1ai', '"bücher[.]example 中文[.]中国 a[。]example x[.]xn--p1ai"'],
    ['see WWW.phish.example, www.4.example', '"see WWW[.]phish[.]example, www[.]4[.]example"'],
    ['\\\\files.example\\share 10.0.0.1/x', '"[\\\\]files[.]example\\share 10[.]0[.]0[.]1/x"'],
    [`${'a'.repeat(77)}://phish.example`, `"${'a'.repeat(77)}[:]//… (93 characters)"`],
    ['mailto:a@b Tel:+49 hotel:7 tel: 7', '"mailto[:]a@b Tel[:]+49 hotel:7 tel: 7"'],
    [
      'a: b awww.b www http: //x a:/ /b v1.2 J. Doe e.g. etc.',
      '"a: b awww.b www http: //x a:/ /b v1.2 J. Doe e.g. etc."',
    ],
  ];
  for (const [text, expected] of quotes) {
    test(`shows ${JSON.stringify(text.slice(0, 40))} as ${expected.slice(0, 60)}`, () => {
      assert.equal(quoted(text), expected);
    });
  }

  const piece = fc.constantFrom(
    ...['http', '://', 'www', '.', 'WWW.', 'a', 'co', 'xn--a', '7', '\\', '"', '”', "'", ' ', '\u200b', '/', '@'],
  );

  test('has nothing that a mail client would turn into a link, whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 60 }), (text) => {
        assert.doesNotMatch(quoted(text), /:\/\/|\bwww\.|[\w-]\.[a-z]{2}|\d\.\d+\.\d+\.\d|\\\\\w/i);
      }),
    );
  });

  test('ends only at its last character, and no two texts look the same, whatever comes in', () => {
    const shownAs = new Map<string, string>();
    const asWas = (shown: string): string =>
      shown.replaceAll(/\[(:|\.|\\\\)\]/g, '$1').replaceAll('⟨U+200B⟩', '\u200b');
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 20 }), (text) => {
        const shown = quoted(text);
        assert.match(shown, /^"(?:[^"”\\]|\\+(?!["”\\])|(?:\\\\)*\\["”]|(?:\\\\)+(?="$))*"$/);
        const unescaped = asWas(shown).slice(1, -1);
        assert.equal(shownAs.get(unescaped) ?? text, text);
        shownAs.set(unescaped, text);
      }),
      { numRuns: 1000 },
    );
  });
});

test('a word is shown as it is, and what could imitate the text around it in quotes', () => {
  assert.deepEqual(
    ['mcp', 'service-v2', '', 'organization key', 'a.example', '"'].map((text) => quotedUnlessWord(text)),
    ['mcp', 'service-v2', '""', '"organization key"', '"a[.]example"', '"\\""'],
  );
  assert.equal(quotedUnlessWord('abcdef', 5), '"abcde… (6 characters)"');
});

test('the text of a server becomes one line without anything that cannot be seen, cut between characters', () => {
  assert.equal(printable('\ufeff220 \u001b[2Jready\r\n✓\t\u202e a\u0085\u2028\ud800b \n'), '220 �[2Jready ✓ � a� �b');
  assert.equal(printable('🔑'.repeat(3), 5), '🔑🔑…');
});

test('JSON has nothing invisible except its own line breaks, and keeps its values', () => {
  const values = { name: '\u202e\ufeff\u2028\u{e0041}\u0085"\\', list: [1] };
  const json = visibleJson(JSON.stringify(values, null, 2));
  assert.doesNotMatch(json.replaceAll('\n', ''), unseen);
  assert.deepEqual(JSON.parse(json), values);
});
