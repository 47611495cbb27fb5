import { existsSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { z } from 'zod';
import { type Environment, envFile } from './env-file.ts';
import { type Parser, plainText } from './parsers.ts';
import { Secret } from './secret.ts';
import { concealTokens, shownValue } from './shown-value.ts';
import { readTextFile } from './text-file.ts';

/** One environment variable, as README.md and .env.example describe it. */
export interface Variable {
  name: string;
  /** What it sets, as a phrase that can follow "set it to". */
  description: string;
  /** As written in the environment; null when there is none. */
  default: string | null;
  /** Another variable. If it is set, its value replaces the default. */
  fallback?: string;
  isRequired: boolean;
  /** Its value is never shown, and `NAME_FILE` may contain the path of a file to read it from. */
  isSecret: boolean;
}

/** Every variable, in the order in which settings.ts defines them. */
export const variables: Variable[] = [];

/** Parses one setting, or a group of settings, from the whole environment. An empty value counts as not set. */
export type Setting<T> = z.ZodType<T>;

/** A setting that must be set. */
export function required<T>(name: string, parser: Parser<T>, options: { description: string }): Setting<T> {
  return define({ ...options, name, default: null, isRequired: true, isSecret: isSecret(parser) }, parser);
}

/** A setting that is null when it is not set. */
export function optional<T>(name: string, parser: Parser<T>, options: { description: string }): Setting<T | null> {
  const variable = { ...options, name, default: null, isRequired: false, isSecret: isSecret(parser) };
  return define(variable, parser.nullable());
}

/** A setting with a default. `fallback` is another variable; if it is set, its value replaces the default. */
export function withDefault<T>(
  name: string,
  parser: Parser<T>,
  options: { default: string; description: string; fallback?: string },
): Setting<T> {
  return define({ ...options, name, isRequired: false, isSecret: false }, parser);
}

/** Returns a parser that wraps the value of `parser` in a `Secret`. */
export function secret(parser: Parser<string>): Parser<Secret> {
  const filled = z.string().regex(/\S/, 'the file is empty; write the secret into it');
  return filled
    .pipe(parser)
    .transform((value) => new Secret(value))
    .meta({ isSecret: true });
}

function isSecret(parser: z.ZodType): boolean {
  return parser.meta()?.isSecret === true;
}

/** Several settings as one object. It reports the problems of all of them, not only the first one. */
export function group<Shape extends z.ZodRawShape>(shape: Shape): Setting<z.output<z.ZodObject<Shape>>> {
  const keys = Object.keys(shape);
  return z.preprocess((env) => Object.fromEntries(keys.map((key) => [key, env])), z.object(shape));
}

/**
 * Registers a variable and returns its setting. Each issue has a complete message: `NAME "value": problem; hint`. The issue
 * of a required variable that is missing has the parameter `isMissing`.
 */
function define<T>(variable: Variable, parser: z.ZodType<T>): Setting<T> {
  variables.push(variable);
  const isAddress = parser.meta()?.isAddress === true;
  return z.custom<Environment>().transform((env, ctx): T => {
    const found = find(variable, env);
    if ('problem' in found) {
      ctx.addIssue(found.problem);
      return z.NEVER;
    }
    const { source, value, misreading } = found;
    const parsed = parser.safeParse(value);
    if (misreading === null && parsed.success) return parsed.data;
    if (value === null) {
      ctx.addIssue({ code: 'custom', message: describeMissing(variable, env), params: { isMissing: true } });
    } else {
      const shown = variable.isSecret ? '' : ` ${shownValue(value, isAddress)}`;
      ctx.addIssue(`${source}${shown}: ${misreading ?? concealTokens(parsed.error?.issues[0]?.message ?? '')}`);
    }
    return z.NEVER;
  });
}

/** A value that was found, or why it cannot be used: a complete message. */
type Found =
  | {
      /** The variable that the value comes from. */
      source: string;
      /** null when it is not set and has no default. */
      value: string | null;
      /** Why the value means something else than it says; null when it can be taken literally. */
      misreading: string | null;
    }
  | { problem: string };

function find({ name, fallback = name, isSecret, default: value }: Variable, env: Environment): Found {
  const fileVariable = `${name}_FILE`;
  const path = isSecret && env[fileVariable];
  if (path) {
    if (env[name]) return { problem: `${name} and ${fileVariable} are both set: remove one of them` };
    return readSecret(fileVariable, path);
  }
  const source = env[name] ? name : fallback;
  const text = env[source];
  return text ? { source, value: text, misreading: misreadingOf(text) } : { source: name, value, misreading: null };
}

function readSecret(source: string, path: string): Found {
  const mistake = misreadingOf(path) ?? plainText.safeParse(path).error?.issues[0]?.message;
  if (mistake !== undefined) return { problem: `${source}: ${mistake}` };
  const file = readTextFile(path);
  if ('text' in file) {
    const assignment = `${source.replace(/_FILE$/, '')}=`;
    if (file.text.startsWith(assignment)) {
      return {
        problem: `${source} ${JSON.stringify(path)}: the file begins with ${assignment}; write only the value into it`,
      };
    }
    return { source, value: file.text.replace(/\r?\n$/, ''), misreading: null };
  }
  if (file.exists) return { problem: `${source} ${JSON.stringify(path)}: ${file.problem}; ${file.hint}` };
  // What is no path may be the secret itself, set by mistake. A folder that exists is none.
  const folder = dirname(path);
  const isKnown = isAbsolute(folder) && folder !== dirname(folder) && existsSync(folder);
  const where = isKnown ? ` in ${JSON.stringify(folder)}` : '';
  return { problem: `${source}: ${file.problem}${where}; set it to the path of a file that contains the secret` };
}

const inQuotes = /^\s*(?:(["'`]).*\1|[“”„‟«»‹›‘’‚‛＂＇].*[“”„‟«»‹›‘’‚‛＂＇])\s*$/s;
const reference = /^\s*(?:\$\{.*\}|\$\(.*\)|\{\{.*\}\})\s*$/s;

/** Returns a hint if the value relies on quotes being removed or references being replaced, which does not happen here; otherwise null. */
export function misreadingOf(value: string): string | null {
  if (value.trim() === '') return 'it is blank; set a value, or remove the variable';
  if (inQuotes.test(value)) return 'remove the quotes around the value; `docker --env-file` makes them part of it';
  if (reference.test(value)) return 'set the value itself: references such as $NAME are not replaced';
  return null;
}

function describeMissing({ name, description, isSecret }: Variable, env: Environment): string {
  const fromFile = isSecret ? `, or set ${name}_FILE to the path of a file that contains it` : '';
  const isHidden = env[name] === '' && Boolean(env[envFile]?.values[name]);
  const why = isHidden ? 'is empty in the environment, which takes precedence over .env' : 'is not set';
  return `${name} ${why}: set it to ${description}${fromFile}`;
}
