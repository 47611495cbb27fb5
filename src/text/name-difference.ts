import { codePoint } from './visible.ts';

/**
 * Returns how two names differ, in code points, if a reader could take one for the other, such as
 * `they look alike: U+0061 became U+0430 at character 1`. Returns null if a reader can see the difference.
 *
 * @param shownLength the length at which a shown name is cut, so that nobody sees a difference beyond it
 */
export function nameDifference(before: string, after: string, shownLength: number): string | null {
  const [cutBefore, cutAfter] = [before.slice(0, shownLength), after.slice(0, shownLength)];
  if (before === after || !looksLike(cutBefore, cutAfter)) return null;
  const [from, to] = [[...before], [...after]];
  const start = commonLength(from, to);
  const end = commonLength(from.slice(start).reverse(), to.slice(start).reverse());
  const [lost, gained] = [from.slice(start, from.length - end), to.slice(start, to.length - end)];
  const change =
    lost.length === 0
      ? `${codePoints(gained)} was added`
      : gained.length === 0
        ? `${codePoints(lost)} was dropped`
        : `${codePoints(lost)} became ${codePoints(gained)}`;
  return `they look alike: ${change} at character ${start + 1}`;
}

/** ASCII characters that look alike in some fonts. */
const asciiTwins: readonly [RegExp, string][] = [
  [/[lI1|]/g, 'l'],
  [/[O0]/g, 'O'],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/[\x60']/g, "'"],
];
/** Scripts that have letters which look like Latin ones. */
const scripts = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Coptic', 'Lisu'].map(
  (script) => new RegExp(`\\p{Script=${script}}`, 'u'),
);

/** Returns whether a reader could take one for the other. In doubt it returns true, which only adds a remark. */
function looksLike(a: string, b: string): boolean {
  const [left, right] = [[...plain(a)], [...plain(b)]];
  return left.length === right.length && left.every((character, index) => areTwins(character, right[index] ?? ''));
}

/** Two letters of one script differ visibly. One that looks like a Latin letter may look like any of them. */
function areTwins(a: string, b: string): boolean {
  if (a === b) return true;
  const [scriptOfA, scriptOfB] = [a, b].map((character) => scripts.findIndex((script) => script.test(character)));
  if (scriptOfA === -1 && scriptOfB === -1)
    return [a, b].every((character) => /\p{P}/u.test(character)) && !isAscii(a + b);
  if (scriptOfA === -1 || scriptOfB === -1) return false;
  // Latin has letters beyond ASCII that look like others of it.
  return scriptOfA !== scriptOfB || (scriptOfA === 0 && !isAscii(a + b));
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** Returns the text without accents and invisible characters, with one kind of space, and with one character for all that fonts draw alike. */
function plain(text: string): string {
  let folded = text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  for (const [twins, twin] of asciiTwins) folded = folded.replace(twins, twin);
  return folded;
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((character, index) => character !== b[index]);
  return differs === -1 ? a.length : differs;
}

const maxShown = 3;

function codePoints(characters: readonly string[]): string {
  const shown = characters.slice(0, maxShown).map(codePoint);
  return characters.length > maxShown ? `${shown.join(' ')} …` : shown.join(' ');
}
