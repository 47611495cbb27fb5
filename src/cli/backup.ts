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
  if (existsSync(file)) throw new UsageError(`${JSON.stringify(file)} already exists: give the name of a new file`);
  try {
    store.backupTo(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new UsageError(`${JSON.stringify(file)} cannot be written: ${why}`, {
      hint: 'Give a new file in an existing folder that this user may write to and that has enough space',
      cause: error,
    });
  }
  print(`Wrote a copy of the database to ${file}\n`);
  return exitCode.done;
};
