import { AppError, errorCode } from '../errors.ts';
import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';

export const run: RunCommand = async (args, { print, signal }) => {
  parseCommandLine(args, {});
  const { runDemo } = await importDemo();
  return await runDemo(print, signal);
};

/** The demo's mail server is a development dependency, which a production installation does not have. */
async function importDemo(): Promise<typeof import('../demo/demo.ts')> {
  try {
    return await import('../demo/demo.ts');
  } catch (error) {
    if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new AppError('the demo needs the development dependencies', {
      cause: error,
      hint: 'Run `npm ci --include=dev` in a checkout of the repository, or build the image with `--target demo`',
    });
  }
}
