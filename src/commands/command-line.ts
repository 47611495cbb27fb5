import { config as loadDotenv } from 'dotenv';
import { type App, createApp } from '../app.ts';
import { AppError, InterruptedError, UsageError } from '../errors.ts';
import { version } from '../version.ts';
import type { CommandContext } from './command.ts';
import { exitCode, exitCodeOf } from './exit-code.ts';
import { commandHelpText, helpText } from './help.ts';
import { commands } from './registry.ts';

/** Runs one command line and answers the exit code. Errors are told here and nowhere else. */
export async function runCommandLine(args: string[]): Promise<number> {
  leaveQuietlyWhenNobodyReads();
  try {
    return await dispatch(args, createContext());
  } catch (error) {
    process.stderr.write(explain(error));
    return exitCodeOf(error);
  }
}

async function dispatch([name, ...rest]: string[], context: CommandContext): Promise<number> {
  if (name === '--version') {
    context.print(`${version}\n`);
    return exitCode.done;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    context.print(helpText());
    return exitCode.done;
  }
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name === undefined || command === undefined) {
    const problem = name === undefined ? 'no command was given' : `unknown command ${JSON.stringify(name)}`;
    throw new UsageError(problem, { mend: 'omni-token-audit --help lists the commands' });
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    context.print(commandHelpText(name, command));
    return exitCode.done;
  }
  const { run } = await command.load();
  return await run(rest, context);
}

function createContext(): CommandContext {
  // The environment wins over the file.
  loadDotenv({ quiet: true });
  let app: App | undefined;
  return {
    env: process.env,
    app: () => {
      app ??= createApp({ env: process.env });
      return app;
    },
    print: (text) => void process.stdout.write(text),
    signal: stopSignal(),
  };
}

/** Aborted by the first SIGTERM or SIGINT; the second one ends the process at once, as by default. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => controller.abort(new InterruptedError(`stopped by ${name}`)));
  }
  return controller.signal;
}

/** `… | head` closes the pipe early; that is no failure. */
function leaveQuietlyWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCode.done);
    throw error;
  });
}

/** For a person: what is wrong and the mend. Only a defect of this program shows its stack. */
function explain(error: unknown): string {
  if (!(error instanceof AppError)) {
    return `omni-token-audit: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  }
  const mend = error.mend === '' ? '' : `\n  ${error.mend}`;
  return `omni-token-audit: ${error.message}${mend}\n`;
}
