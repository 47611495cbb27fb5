/** Control, format (bidi, zero-width), separator, private-use, unassigned and ignorable characters, and unpaired surrogates. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
/** A code point in our own form that is already in the text. Its bracket is escaped too, so that it differs from ours. */
const imitation = /⟨(?=U\+[\dA-F]{4,6}⟩)/u;
const escaped = new RegExp(`${invisible.source}|${imitation.source}`, 'gu');
const invisibleInJson = new RegExp(`(?!\\n)${invisible.source}`, 'gu');

/** The length at which a shown name is cut. */
export const shownNameLength = 80;

/**
 * Returns untrusted text as one safe line. A character that could fool a terminal, a mail header or a reader
 * is shown as its code point (`⟨U+202E⟩`); a text longer than `maxLength` is cut and followed by its length.
 */
export function visible(text: string, maxLength = shownNameLength): string {
  const cut = text.length > maxLength ? withoutSplitPair(text.slice(0, maxLength)) : text;
  const shown = cut.replace(escaped, (character) => `⟨U+${codePoint(character)}⟩`);
  return cut === text ? shown : `${shown}… (${text.length} characters)`;
}

/**
 * Returns `visible` text in quotes, so that an empty or blank name can be seen. Web addresses in it are
 * altered, so that no mail client turns them into links.
 */
export function quoted(text: string, maxLength = shownNameLength): string {
  return `"${visible(text, maxLength)
    .replaceAll('://', '[:]//')
    .replaceAll(/\bwww\./gi, (www) => `${www.slice(0, -1)}[.]`)}"`;
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

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** Drops the first half of a surrogate pair that a cut has split. */
function withoutSplitPair(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
