import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../errors.ts';
import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { openForReading } from './open.ts';

export const run: RunCommand = async (args, { env, print }) => {
  const { positionals } = parseCommandLine(args, {}, ['FILE']);
  const file = positionals[0] ?? '';
  using store = openForReading(env);
  if (existsSync(file)) throw new UsageError(`${JSON.stringify(file)} already exists: name a new file`);
  const folder = dirname(file);
  if (!existsSync(folder)) {
    throw new UsageError(`${JSON.stringify(file)} cannot be written: there is no folder ${JSON.stringify(folder)}`, {
      hint: 'Create the folder first, or name a file in an existing one',
    });
  }
  try {
    store.backupTo(file);
  } catch (error) {
    throw new UsageError(`${JSON.stringify(file)} cannot be written: ${reasonOf(error)}`, {
      hint: 'Free some disk space, or name a new file in a folder that this user may write to',
    });
  }
  print(`Wrote a copy of the database to ${file}\n`);
  return exitCode.done;
};

/** SQLite has no message for some of its codes. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || String(code);
}
