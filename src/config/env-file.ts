import { lstatSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'dotenv';
import { readTextFile } from './text-file.ts';

/** What is known about the `.env` of a folder. */
export interface EnvFile {
  folder: string;
  /** A folder without `.env` is no problem. */
  status: 'missing' | 'unreadable' | 'read';
  /** The variables of the file; empty if it cannot be read. */
  values: Readonly<Record<string, string>>;
  /** Everything that is wrong with the file. Each problem names line and variable, and never a value. */
  problems: readonly string[];
}

/** The key of the file in an `Environment`. A symbol, because every string may be the name of a variable. */
export const envFile = Symbol('.env');

/** Environment variables, and the `.env` that some of them come from. Any `ProcessEnv` is one, without a file. */
export interface Environment extends NodeJS.ProcessEnv {
  readonly [envFile]?: EnvFile;
}

/**
 * Returns the variables of the process together with those of the `.env` in a folder. Those of the process take precedence,
 * even when they are empty. It never throws and changes nothing; `loadConfig` reports the problems of the file.
 */
export function readEnvironment(variables: NodeJS.ProcessEnv, folder: string): Environment {
  const file = readEnvFile(folder);
  return { ...file.values, ...variables, [envFile]: file };
}

/** Reads the `.env` of a folder. A file that is wrong is reported in `problems`. */
export function readEnvFile(folder: string): EnvFile {
  const path = join(folder, '.env');
  if (isAbsent(path)) return { folder, status: 'missing', values: {}, problems: [] };
  const content = readTextFile(path);
  const file = ('text' in content && refusalOfOwner(path)) || content;
  if ('text' in file) return { folder, status: 'read', values: parse(file.text), problems: problemsOf(file.text) };
  const problem = `${JSON.stringify(path)}: ${file.problem}; ${file.hint}`;
  return { folder, status: 'unreadable', values: {}, problems: [problem] };
}

/**
 * Returns why a file must not be obeyed: another account wrote it or can write it, and so could send our secrets to a server
 * of its own. null if it is ours, root's, or of the owner of this program, whose code runs anyway.
 */
function refusalOfOwner(path: string): { problem: string; hint: string } | null {
  const account = process.geteuid?.();
  const stats = statSync(path, { throwIfNoEntry: false });
  // Windows has no such accounts.
  if (account === undefined || stats === undefined) return null;
  const hint = 'use a file that belongs to the account that runs this program, with mode 600';
  if (![account, 0, statSync(ownFolder).uid].includes(stats.uid)) {
    return { problem: `the file belongs to account ${stats.uid}`, hint };
  }
  return (stats.mode & 0o002) === 0 ? null : { problem: 'every account can write to the file', hint };
}

/** Returns false if something is there, even if it is a link to nothing, or if that cannot be known. */
function isAbsent(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** The folder of this program. */
const ownFolder = resolve(import.meta.dirname, '../..');

/** Returns where missing settings were looked for; null if the problems of the file explain why they are missing. */
export function describeSearch({ folder, status }: EnvFile): string | null {
  if (status === 'unreadable') return null;
  if (status === 'read')
    return `.env: ${JSON.stringify(join(folder, '.env'))} was read, but does not set these variables, or the environment hides them`;
  const elsewhere = [...parentsOf(folder), ownFolder]
    .map((other) => join(other, '.env'))
    .find((path) => !isAbsent(path));
  const none = `.env: not found in the working folder ${JSON.stringify(folder)}`;
  if (elsewhere === undefined) return none;
  return `${none}; ${JSON.stringify(elsewhere)} exists but is not read: run the command in its folder, or copy the file`;
}

function parentsOf(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...parentsOf(parent)];
}

/** As in dotenv. */
const assignment = /^\s*(?:export\s+)?(?<name>[\w.-]+)\s*=(?<value>.*)$/;

/** Returns a problem for each line that dotenv would skip, cut or misread. */
function problemsOf(text: string): string[] {
  const firstLines = new Map<string, number>();
  return text.split(/\r\n?|\n/).flatMap((line, index) => {
    if (/^\s*(#|$)/.test(line)) return [];
    const { name, value = '' } = assignment.exec(line)?.groups ?? {};
    if (name === undefined)
      return [`.env, line ${index + 1}: not a NAME=value line; write NAME=value, or begin the line with "#"`];
    const firstLine = firstLines.get(name);
    firstLines.set(name, firstLine ?? index + 1);
    const problem =
      firstLine === undefined ? problemOfValue(value.trim()) : `already set in line ${firstLine}; remove one of them`;
    return problem === null ? [] : [`.env, line ${index + 1}, ${name}: ${problem}`];
  });
}

/** @param value what is after the `=` */
function problemOfValue(value: string): string | null {
  if (/[^\P{Cc}\t]|[\u2028\u2029]/u.test(value)) return 'contains a control character; remove it';
  const quote = /^["'`]/.exec(value)?.[0];
  if (quote !== undefined) {
    const [, , ...rest] = value.split(quote);
    if (rest.length === 0) return 'the quote is not closed; close it on the same line, or use another kind of quotes';
    const isQuoted = value.endsWith(quote);
    // dotenv would keep the backslash, and may look for the closing quote on other lines.
    if (value.includes(`\\${quote}`) || (isQuoted && rest.length > 1)) {
      return 'the value contains its own kind of quotes; use another kind, or none';
    }
    if (isQuoted)
      return quote === '"' && /\\[nr]/.test(value)
        ? '\\n and \\r become line breaks in double quotes; use single quotes'
        : null;
  }
  const cut =
    'the text after "#" is a comment, not part of the value; put the comment on another line, or the whole value in single quotes';
  return value.includes('#') ? cut : null;
}
