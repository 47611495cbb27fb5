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

/** A whole number of at least `lowest`; null when the option was not given. */
export function numberOption(name: string, value: string | undefined, lowest: number): number | null {
  if (value === undefined) return null;
  const number = Number(value);
  if (!/^\d{1,15}$/.test(value) || number < lowest) {
    throw new UsageError(`--${name} ${JSON.stringify(value)}: give a whole number from ${lowest} on`);
  }
  return number;
}

const formats = ['table', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];

/** `table` when the option was not given. */
export function formatOption(value: string | undefined): Format {
  return choiceOption('format', value ?? 'table', formats);
}

export function choiceOption<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) {
    throw new UsageError(`--${name} ${JSON.stringify(value)}: give one of ${choices.join(', ')}`);
  }
  return found;
}

const maxText = 500;

/** Text that was given, without blanks around it: not empty, and of bounded length. */
export function requiredText(name: string, value: string | undefined): string {
  const text = value?.trim() ?? '';
  if (text === '') throw new UsageError(`--${name} is missing`);
  if (text.length > maxText) {
    throw new UsageError(`--${name}: ${text.length} characters are too many; give ${maxText} at most`);
  }
  return text;
}
