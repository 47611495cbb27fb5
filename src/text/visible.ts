/**
 * Control, format (bidi, zero-width), separator, private-use, unassigned and ignorable characters, unpaired surrogates,
 * and two symbols that are drawn as nothing.
 */
const invisible = /[\u2800\u{1D159}\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
/** A code point in our own form that is already in the text. Its bracket is escaped too, so that it differs from ours. */
const imitation = /⟨(?=U\+[\dA-F]{4,6}⟩)/u;
const escaped = new RegExp(`${invisible.source}|${imitation.source}`, 'gu');
const unprintable = new RegExp(invisible, 'gu');
const invisibleInJson = new RegExp(`(?!\\n)${invisible.source}`, 'gu');

/** The length at which a shown name is cut. */
export const shownNameLength = 80;

/**
 * Returns untrusted text as one safe line. A character that could fool a terminal, a mail header or a reader
 * is shown as its code point (`⟨U+202E⟩`); a text longer than `maxLength` is cut and followed by its length.
 */
export function visible(text: string, maxLength = shownNameLength): string {
  const cut = text.length > maxLength ? withoutSplitPair(text.slice(0, maxLength)) : text;
  const shown = cut.replace(escaped, codePointOf);
  return cut === text ? shown : `${shown}… (${text.length} characters)`;
}

/**
 * Returns `visible` text in quotes, so that an empty or blank name can be seen. A quote in it gets a backslash, so that
 * nothing in a name can pass for our own words after it. No mail client turns any part of it into a link.
 */
export function quoted(text: string, maxLength = shownNameLength): string {
  return `"${visibleWithoutLinks(text, maxLength).replaceAll(quoteMark, '\\$&')}"`;
}

/** Returns `visible` text, such as a server's error, in a form that mail clients do not turn into links. */
export function visibleWithoutLinks(text: string, maxLength = shownNameLength): string {
  return withoutLinks(visible(text, maxLength));
}

/** Returns a word such as the type of a token as it is, and anything that is more than a word in quotes. */
export function quotedUnlessWord(text: string, maxLength = shownNameLength): string {
  return /^[a-z][\w-]*$/i.test(text) && text.length <= maxLength ? text : quoted(text, maxLength);
}

/**
 * Returns what a server sent as one line of printable characters, so that it can be stored: white space becomes one
 * space, and every other character that cannot be seen becomes `\uFFFD`. A longer text is cut.
 */
export function printable(text: string, maxLength = 300): string {
  const line = text.replaceAll(/\s+/g, ' ').trim().replace(unprintable, '\uFFFD');
  return line.length > maxLength ? `${withoutSplitPair(line.slice(0, maxLength - 1))}…` : line;
}

/** Whatever looks like a double quote. */
const doubleQuotes = '"“”„‟″‴‶‷⁗〃〝〞〟＂ˮʺ˝˵˶״❝❞⹂🙶🙷🙸«»《》';
/** Apostrophes, primes and accents. Two of them look like a double quote. */
const singleQuotes = "'‘’‚‛`´′‵＇｀ʹʻʼʽˈˊˋ՚׳ߴߵꞌ❛❜‹›";
/** Double quotes, the second of two single ones, and backslashes that would seem to escape either. */
const quoteMark = new RegExp(
  [
    `[${doubleQuotes}]`,
    `(?<=[${singleQuotes}])[${singleQuotes}]`,
    String.raw`\\(?=\\*(?:[${doubleQuotes}]|$))`,
    String.raw`(?<=[${singleQuotes}]\\*)\\(?=\\*[${singleQuotes}])`,
  ].join('|'),
  'gu',
);

/** Returns text in which no mail client sees a link: `https[:]//`, `mailto[:]a@b`, `acme[.]example`, `[\\]server`. */
function withoutLinks(text: string): string {
  return text
    .replaceAll('://', '[:]//')
    .replaceAll(/(?<=(?<![\p{L}\p{N}])(?:mailto|tel)):(?=\S)/giu, '[:]')
    .replaceAll(/\\\\(?=[\p{L}\p{N}])/gu, '[$&]')
    .replaceAll(/(?<=[\p{L}\p{M}\p{N}_-])[.․。．｡](?=\p{L}[\p{L}\p{M}])|(?<=\bwww)\./giu, '[$&]')
    .replaceAll(/\b\d+(?:\.\d+){3}\b/g, (address) => address.replaceAll('.', '[.]'));
}

/** Escapes invisible characters in JSON (`\u202e`), except its own line breaks. A parser returns the same values. */
export function visibleJson(json: string): string {
  return json.replace(invisibleInJson, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Returns the code point of a character in our form: `⟨U+202E⟩`. */
export function codePointOf(character: string): string {
  return `⟨${codePoint(character)}⟩`;
}

/** Returns the code point of a character as Unicode writes it: `U+202E`. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Drops the first half of a surrogate pair that a cut has split. */
function withoutSplitPair(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
