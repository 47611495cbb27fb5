import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { errorCode, UsageError } from '../errors.ts';

/**
 * Parses a command's options; `positionals` names its arguments in order, all of them required.
 *
 * @throws UsageError that names the argument.
 */
export function parseCommandLine<Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
  positionals: readonly string[] = [],
) {
  const parsed = parseOrExplain(args, options);
  const surplus = parsed.positionals[positionals.length];
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(surplus)}`);
  const missing = positionals[parsed.positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  return parsed;
}

function parseOrExplain<Options extends ParseArgsOptionsConfig>(args: string[], options: Options) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    if (error instanceof Error && errorCode(error).startsWith('ERR_PARSE_ARGS')) {
      throw new UsageError(error.message.split(/\.\s/)[0] ?? error.message);
    }
    throw error;
  }
}

/** A whole number of at least `min`; undefined when the option was not given. @throws UsageError */
export function numberOption(name: string, value: string | undefined, min: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d{1,15}$/.test(value) || number < min) {
    throw new UsageError(`--${name} ${JSON.stringify(value)}: give a whole number from ${min} on`);
  }
  return number;
}

/** One of the choices; undefined when the option was not given. @throws UsageError */
export function choiceOption<T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
): T | undefined {
  const found = choices.find((choice) => choice === value);
  if (found === undefined && value !== undefined) {
    throw new UsageError(`--${name} ${JSON.stringify(value)}: give one of ${choices.join(', ')}`);
  }
  return found;
}

const formats = ['table', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];

/** `table` when the option was not given. @throws UsageError */
export function formatOption(value: string | undefined): Format {
  return choiceOption('format', value, formats) ?? 'table';
}

const maxTextLength = 500;

/** The text of an option that must be given, without blanks around it. @throws UsageError when it is empty or too long */
export function requiredText(name: string, value: string | undefined): string {
  const text = value?.trim() ?? '';
  if (text === '') throw new UsageError(`--${name} is missing`);
  if (text.length > maxTextLength) {
    throw new UsageError(`--${name}: ${text.length} characters are too many; give ${maxTextLength} at most`);
  }
  return text;
}
