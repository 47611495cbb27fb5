/** Control and format (bidi, zero-width) characters, line and paragraph separators, halves of pairs. */
export const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** The same in a text of several lines, whose line ends are its own. */
export const unseenInLines = new RegExp(`(?!\\n)${unseen.source}`, 'u');
