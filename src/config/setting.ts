import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { errorCode } from '../errors.ts';
import type { Parser } from './parsers.ts';
import { Secret } from './secret.ts';

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
  const filled = z.string().min(1, 'the file is empty; write the secret into it');
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

/** Registers a variable and returns its setting. Each issue has a complete message: `NAME "value": problem; hint`. */
function define<T>(variable: Variable, parser: z.ZodType<T>): Setting<T> {
  variables.push(variable);
  return z.custom<NodeJS.ProcessEnv>().transform((env, ctx): T => {
    const found = find(variable, env);
    const parsed = parser.safeParse(found.value);
    if (found.problem === undefined && parsed.success) return parsed.data;
    ctx.addIssue(found.problem ?? describe(variable, found, parsed.error?.issues[0]?.message));
    return z.NEVER;
  });
}

interface Found {
  /** The variable that the value comes from. */
  source: string;
  /** null when it is not set and has no default. */
  value: string | null;
  /** Why there is no value. */
  problem?: string;
}

function find({ name, fallback = name, isSecret, default: value }: Variable, env: NodeJS.ProcessEnv): Found {
  const fileVariable = `${name}_FILE`;
  const path = isSecret && env[fileVariable];
  if (!path) {
    const source = env[name] ? name : fallback;
    return env[source] ? { source, value: env[source] } : { source: name, value };
  }
  const found = { source: fileVariable, value: null };
  if (env[name]) return { ...found, problem: `${name} and ${fileVariable} are both set: remove one of them` };
  try {
    return { ...found, value: readFileSync(path, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    const what = `${fileVariable}${shownPath(path)}: the file cannot be read (${errorCode(error)})`;
    return { ...found, problem: `${what}; set it to the path of a file that contains the secret` };
  }
}

/** Returns the path only if its folder exists, because the value may be the secret itself, set by mistake. */
function shownPath(path: string): string {
  const folder = dirname(path);
  return folder !== '.' && folder !== '/' && existsSync(folder) ? ` ${JSON.stringify(path)}` : '';
}

/** @param hint the message of the parser */
function describe({ name, description, isSecret }: Variable, { source, value }: Found, hint = ''): string {
  if (value !== null) return `${source}${isSecret ? '' : ` ${JSON.stringify(withoutLogin(value))}`}: ${hint}`;
  return `${name} is not set: set it to ${description}${isSecret ? `, or set ${name}_FILE to the path of a file that contains it` : ''}`;
}

/** Hides what may be a password: everything up to an `@`, if there is a colon before it, and the query string of a URL. */
function withoutLogin(value: string): string {
  return value.replace(/^([a-z][\w+.-]*:\/*)?.*:.*@/is, '$1[secret]@').replace(/(:\/\/[^?]*\?).+/s, '$1[secret]');
}
