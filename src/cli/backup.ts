import { existsSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { openForReading } from './open.ts';

export const run: RunCommand = async (args, { env, print }) => {
  const { positionals } = parseCommandLine(args, {}, ['FILE']);
  const file = positionals[0] ?? '';
  using store = openForReading(env);
  if (existsSync(file)) throw new UsageError(`${JSON.stringify(file)} already exists: use a new file name`);
  try {
    store.backupTo(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new UsageError(`${JSON.stringify(file)} cannot be written: ${why}`, {
      hint: 'Choose an existing folder with enough free space that this user can write to',
      cause: error,
    });
  }
  print(`Wrote a copy of the database to ${file}\n`);
  return exitCode.done;
};
