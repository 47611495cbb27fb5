import { proxyVariable } from './proxy.ts';
import { variables } from './setting.ts';

/** Something about a variable that an operator should know, although the settings can be used. */
export interface Advice {
  variable: string;
  /** A complete message: `OMNI_BASEURL is unknown: did you mean OMNI_BASE_URL?` */
  message: string;
}

/**
 * Returns the variables that have no effect, although somebody probably meant them for this program, in alphabetical order: those
 * with one of our prefixes, and those that are one letter away from a variable of ours that is not set. All others belong to
 * somebody else.
 */
export function unknownVariables(env: NodeJS.ProcessEnv): Advice[] {
  const known = variables.flatMap(({ name, isSecret }) => (isSecret ? [name, `${name}_FILE`] : [name]));
  const prefixes = new Set(known.map(firstWord));
  const unknown = Object.keys(env).filter((name) => !known.includes(name));
  return unknown.sort().flatMap((variable) => {
    const isOurs = variable.includes('_') && prefixes.has(firstWord(variable));
    const problem = problemWith(variable, isOurs, env, known);
    return problem === null ? [] : [{ variable, message: `${variable} ${problem}` }];
  });
}

function firstWord(name: string): string {
  return name.slice(0, name.indexOf('_'));
}

function problemWith(name: string, isOurs: boolean, env: NodeJS.ProcessEnv, known: readonly string[]): string | null {
  if (/^all_proxy$/i.test(name)) return proxyVariable(env) === null ? 'has no effect: set HTTPS_PROXY' : null;
  const withoutFile = name.replace(/_FILE$/, '');
  if (known.includes(withoutFile)) return `is unknown: set ${withoutFile}, because only secrets can come from a file`;
  const [closest] = known
    .filter((other) => (isOurs || !env[other]) && isSlip(name, other, isOurs))
    .sort((one, other) => distance(name, one) - distance(name, other));
  if (closest !== undefined) return `is unknown: did you mean ${closest}?`;
  return isOurs ? 'is unknown and has no effect: check its spelling' : null;
}

/** Returns whether a name could be a slip for one of ours: one letter away or, with our prefix, a few letters or a shorter form. */
function isSlip(name: string, ours: string, isOurs: boolean): boolean {
  const rest = Math.max(...[name, ours].map((text) => lettersOf(text).length - firstWord(text).length));
  const maxDistance = isOurs ? Math.max(1, rest / 2.5) : 1;
  const isNear =
    Math.abs(lettersOf(name).length - lettersOf(ours).length) <= maxDistance && distance(name, ours) <= maxDistance;
  return isNear || (isOurs && (isShortFor(name, ours) || isShortFor(ours, name)));
}

/** Returns whether the words of a name begin those of a longer one, which has one more at most: SMTP_PASS, OMNI_URL. */
function isShortFor(shorter: string, longer: string): boolean {
  const others = longer.split('_');
  if (others.length > shorter.split('_').length + 1) return false;
  return shorter.split('_').every((word) => {
    const index = others.findIndex((other) => other === word || (word.length > 2 && other.startsWith(word)));
    others.splice(0, index + 1);
    return index !== -1;
  });
}

/**
 * Returns how many letters to insert, remove, replace or swap with a neighbour to turn one name into the other, regardless of
 * case and separators (the optimal string alignment distance).
 */
function distance(one: string, other: string): number {
  const [a, b] = [lettersOf(one), lettersOf(other)];
  const rows: number[][] = [];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? row + column;
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    rows[row] = current;
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const ways = [at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (isSame ? 0 : 1)];
      current.push(Math.min(...ways, isSwapped ? at(row - 2, column - 2) + 1 : row + column));
    }
  }
  return at(a.length, b.length);
}

function lettersOf(name: string): string {
  return name.toUpperCase().replaceAll(/[_.-]/g, '');
}
