import { InvalidValue, oneLine } from './parsers.ts';

/**
 * The source of a regular expression in Unicode mode, of a kind that no name can keep busy: what
 * repeats is a character or a class, never a group that repeats or chooses itself.
 */
export function namePattern(value: string): string {
  const source = compiled(oneLine(value));
  if (repeatsTooOften(source)) {
    throw new InvalidValue(
      `it repeats without an end more than ${maxRepeats} times, which some names would keep busy for long; use fewer of * and +`,
    );
  }
  if (repeatsOpenGroup(source)) {
    throw new InvalidValue(
      'it repeats a group that itself repeats or chooses, which some names would keep busy for ever; repeat characters or classes only, such as "^[A-Z]{2}: "',
    );
  }
  return source;
}

function compiled(value: string): string {
  try {
    return new RegExp(value, 'u').source;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const why = error.message.replace(/^[\s\S]*\/u?: /, '');
    throw new InvalidValue(
      `it is no regular expression (${why}); give one such as "^[A-Z]{2}: ", which asks for initials`,
    );
  }
}

/** Each one more multiplies the work by the length of a name. */
const maxRepeats = 3;

function repeatsTooOften(source: string): boolean {
  return piecesOf(source).filter((piece) => /^[*+]$|^\{\d+,\}$/.test(piece)).length > maxRepeats;
}

/** Escapes and classes are one piece; so is what opens a group. */
function piecesOf(source: string): string[] {
  return source.match(/\\.|\[(?:\\.|[^\]])*\]|\((?:\?(?:<?[=!]|:|<\w+>))?|\)|\||[*+]|\{\d+,?\d*\}|\?|./gsu) ?? [];
}

/** One group on the way through a pattern: whether something in it repeats or chooses. */
interface Group {
  isOpen: boolean;
}

/** `(a+)*` and `(a|b)+` do; `[ab]+`, `(ab)?` and `(?:a|b)` do not. The pattern is known to be valid. */
function repeatsOpenGroup(source: string): boolean {
  const groups: Group[] = [{ isOpen: false }];
  let closed: Group | null = null;
  for (const piece of piecesOf(source)) {
    const repeats = /^[*+]$|^\{(?!1\}|0,1\}|1,1\})/.test(piece);
    if (repeats && closed?.isOpen) return true;
    const top = groups.at(-1);
    if (piece.startsWith('(')) groups.push({ isOpen: false });
    else if ((repeats || piece === '|') && top !== undefined) top.isOpen = true;
    closed = null;
    if (piece === ')' && groups.length > 1) {
      closed = groups.pop() ?? null;
      const outer = groups.at(-1);
      if (closed?.isOpen && outer !== undefined) outer.isOpen = true;
    }
  }
  return false;
}
