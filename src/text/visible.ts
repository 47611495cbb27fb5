/** Control, format (bidi, zero-width), separator, private-use, unassigned and ignorable characters, and lone surrogates. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Untrusted text for one line: what a terminal, a header or a reader could be fooled by is shown
 * as `⟨U+202E⟩`, and a long text is cut, followed by its length.
 */
export function visible(text: string, maxLength = 80): string {
  const cut = text.length > maxLength ? withoutHalf(text.slice(0, maxLength)) : text;
  const shown = cut.replace(unseen, (character) => `⟨U+${codePoint(character)}⟩`);
  return cut === text ? shown : `${shown}… (${text.length} characters)`;
}

/** `visible` in quotes, so that an empty or blank name is seen as such; an address in it is made no link by those who show it. */
export function quoted(text: string, maxLength = 80): string {
  return `"${visible(text, maxLength)
    .replaceAll('://', '[:]//')
    .replaceAll(/\bwww\./gi, (www) => `${www.slice(0, -1)}[.]`)}"`;
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** Drops the first half of a character that a cut went through. */
function withoutHalf(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
