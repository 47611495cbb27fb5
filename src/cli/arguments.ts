import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { errorCode, UsageError } from '../errors.ts';

/**
 * Parses the options and arguments of a command.
 *
 * @param positionals the names of the arguments, in order; all of them are required
 * @throws UsageError that names the argument
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
      throw new UsageError(describeProblem(errorCode(error), error.message));
    }
    throw error;
  }
}

/** Returns the problem in the words of our other errors. Node would say "Option '--reason <value>' argument missing". */
function describeProblem(code: string, message: string): string {
  const option = /'(-.*?)(?: <value>)?'(?: |\.|$)/s.exec(message)?.[1];
  if (option === undefined) return message;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `unknown option ${JSON.stringify(option)}`;
  if (/does not take an argument/.test(message)) return `${option} takes no value`;
  if (/is ambiguous/.test(message)) {
    return `${option} needs a value; if the value begins with a dash, use ${option}=VALUE`;
  }
  return `${option} needs a value`;
}

/** Returns a whole number of at least `min`, or undefined when the option was not given. @throws UsageError */
export function numberOption(name: string, value: string | undefined, min: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d{1,15}$/.test(value) || number < min) {
    throw new UsageError(`--${name} ${JSON.stringify(value)}: use a whole number of at least ${min}`);
  }
  return number;
}

/** Returns one of the choices, or undefined when the option was not given. @throws UsageError */
export function choiceOption<T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
): T | undefined {
  const found = choices.find((choice) => choice === value);
  if (found === undefined && value !== undefined) {
    throw new UsageError(`--${name} ${JSON.stringify(value)}: use one of ${choices.join(', ')}`);
  }
  return found;
}

const formats = ['table', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];

/** Returns the format asked for, or `table` when the option was not given. @throws UsageError */
export function formatOption(value: string | undefined): Format {
  return choiceOption('format', value, formats) ?? 'table';
}

const maxTextLength = 500;

/** Returns the text of a required option without surrounding blanks. @throws UsageError when it is empty or too long */
export function requiredText(name: string, value: string | undefined): string {
  const text = value?.trim() ?? '';
  if (text === '') throw new UsageError(`--${name} is missing`);
  if (text.length > maxTextLength) {
    throw new UsageError(`--${name} is too long (${text.length} characters): use at most ${maxTextLength}`);
  }
  return text;
}
