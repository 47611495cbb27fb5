import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';

export const run: RunCommand = async (args, { app, print, signal }) => {
  parseCommandLine(args, {});
  const { sent, pending, parked } = await (await app()).sendTest(signal);
  print(`Mail: ${sent} sent, ${pending} waiting, ${parked} parked.\n`);
  signal.throwIfAborted();
  if (pending + parked === 0) return exitCode.done;
  print('Run `omni-token-audit mail` for the reason, and `omni-token-audit mail --retry` to try again.\n');
  return exitCode.mailWaits;
};
