import { wrap } from '../text/words.ts';
import type { CommandEntry } from './command.ts';
import { commands } from './registry.ts';

export function helpText(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    'omni-token-audit watches the API tokens of an Omni organisation and mails what has changed.',
    '',
    'Usage: omni-token-audit COMMAND [OPTIONS]',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Run omni-token-audit COMMAND --help for the options and examples of a command, --version for the version.',
    'Settings come from the environment and from a .env file. The README lists them.',
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, configuration or database, 3 mail is waiting or parked,',
    '4 another audit is running, 5 a finding at or above --fail-on was reported or is open.',
    '',
  ].join('\n');
}

export function commandHelpText(name: string, command: CommandEntry): string {
  const { usage = '', summary, options = {}, notes = [], examples = [] } = command;
  const optional = Object.keys(options)
    .filter((option) => option.startsWith('--') && !usage.includes(option))
    .map((option) => `[${option.replaceAll(' ', unbreakable)}]`);
  const described = Object.entries(options).flatMap(([option, purpose]) =>
    wrap(purpose, 118, `${option.padEnd(25)} `, ' '.repeat(26)).split('\n'),
  );
  return [
    wrap(`Usage: omni-token-audit ${[name, usage, ...optional].filter(Boolean).join(' ')}`, 100).replaceAll(
      unbreakable,
      ' ',
    ),
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...section('', described),
    ...section('', notes),
    ...section(
      'Examples:',
      examples.map((example) => `omni-token-audit ${example}`),
    ),
    '',
  ].join('\n');
}

/** Keeps an option and its value on one line. */
const unbreakable = '\u00a0';

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...(title === '' ? [] : [title]), ...lines.map((line) => `  ${line}`)];
}
