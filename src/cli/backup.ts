import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { openForReading } from './open.ts';
import { explainingWriteErrors, requireFreePath } from './output-file.ts';

export const run: RunCommand = async (args, { env, print }) => {
  const { positionals } = parseCommandLine(args, {}, ['FILE']);
  const path = positionals[0] ?? '';
  const label = JSON.stringify(path);
  requireFreePath({ path, label, force: 'unsupported' }, env);
  using store = openForReading(env);
  explainingWriteErrors(label, () => store.backupTo(path));
  print(`Wrote a copy of the database to ${path}\n`);
  return exitCode.done;
};
