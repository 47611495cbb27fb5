import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';

export const run: RunCommand = async (args, { app, signal }) => {
  parseCommandLine(args, {});
  await (await app()).start(signal);
  return exitCode.done;
};
