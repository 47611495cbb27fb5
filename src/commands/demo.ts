import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';

export const run: RunCommand = async (args, { print, signal }) => {
  parseCommandLine(args, {});
  const { runDemo } = await import('../demo/demo.ts');
  return await runDemo(print, signal);
};
