/** Control and format (bidi, zero-width) characters, line and paragraph separators, unpaired surrogates. */
export const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** The same for a text of several lines, in which line feeds are allowed. */
export const unseenInLines = new RegExp(`(?!\\n)${unseen.source}`, 'u');
