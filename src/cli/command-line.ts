import { dirname, resolve } from 'node:path';
import { defaultDatabasePath } from '../config/database-path.ts';
import { type Environment, readEnvironment } from '../config/env-file.ts';
import { explainDatabaseError } from '../database-error.ts';
import { InterruptedError, UsageError } from '../errors.ts';
import type { DestinationStream } from '../logging.ts';
import { version } from '../version.ts';
import type { App } from '../wiring.ts';
import type { CommandEntry } from './command.ts';
import { exitCode, exitCodeOf } from './exit-code.ts';
import { explainError } from './explain-error.ts';
import { commandHelpText, helpText } from './help.ts';
import { emptyLine } from './progress-line.ts';
import { commands } from './registry.ts';
import { ignoreClosedPipe, writeAll } from './standard-output.ts';

/** Runs a command line and returns the exit code. This is the only place that reports errors. */
export async function runCommandLine([name, ...args]: string[]): Promise<number> {
  ignoreClosedPipe(process.stdout);
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  const logsToStdout = command?.logsToStdout === true;
  exitOnUncaughtException(logsToStdout);
  try {
    if (command === undefined) return runWithoutCommand(name);
    if (args.includes('--help') || args.includes('-h')) {
      process.stdout.write(commandHelpText(name ?? '', command));
      return exitCode.done;
    }
    return await runCommand(command, args, logsToStdout);
  } catch (thrown) {
    const error = explainDatabaseError(thrown);
    await report(error, logsToStdout, name);
    return exitCodeOf(error);
  }
}

async function report(error: unknown, logsToStdout: boolean, name = ''): Promise<void> {
  if (logsToStdout) {
    const { createLogger } = await import('../logging.ts');
    createLogger('info', stdoutLog()).fatal({ err: error }, 'stopped by an error');
  } else {
    process.stderr.write(explainError(error, name));
  }
}

/**
 * Ends the process after an uncaught exception, because its state can no longer be trusted. By default, Node would
 * print the error with all its properties, and errors of HTTP libraries hold the request with the credential.
 * As with any crash, nothing is lost.
 */
function exitOnUncaughtException(logsToStdout: boolean): void {
  process.on('uncaughtException', (error) => {
    void report(error, logsToStdout).finally(() => process.exit(exitCode.failed));
  });
}

async function runCommand(command: CommandEntry, args: string[], logsToStdout: boolean): Promise<number> {
  const folder = process.cwd();
  const environment = (): Environment => readEnvironment(process.env, folder);
  const env = environment();
  keepTemporaryFilesNextToTheDatabase(env);
  const stop = listenForStop();
  const terminal = process.stderr.isTTY ? (text: string): void => void process.stderr.write(text) : null;
  const log = logsToStdout ? stdoutLog() : terminal && { write: (line: string) => terminal(`${emptyLine}${line}`) };
  let app: App | undefined;
  const { run } = await command.load();
  const code = await run(args, {
    env,
    app: async () => {
      app ??= (await import('../wiring.ts')).createApp({
        environment,
        ...(log && { logDestination: log }),
      });
      return app;
    },
    print: (text) => void process.stdout.write(text),
    printAll: (parts) => writeAll(parts, process.stdout),
    width: process.stdout.isTTY ? process.stdout.columns : null,
    terminal,
    signal: stop.signal,
  });
  // An unhandled rejection triggered a clean stop. Report it now.
  if (stop.defect() !== null) throw stop.defect();
  return code;
}

/**
 * Makes SQLite put its temporary files in the database's folder. Otherwise, a container with a read-only file system
 * would fail as soon as a listing is large enough to spill to disk. SQLite reads the variable once, when it is loaded.
 */
function keepTemporaryFilesNextToTheDatabase({ SQLITE_TMPDIR, DATABASE_PATH }: NodeJS.ProcessEnv): void {
  process.env.SQLITE_TMPDIR = SQLITE_TMPDIR ?? resolve(dirname(DATABASE_PATH || defaultDatabasePath));
}

function runWithoutCommand(name: string | undefined): number {
  if (name === '--version') {
    process.stdout.write(`${version}\n`);
    return exitCode.done;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(helpText());
    return exitCode.done;
  }
  const problem = name === undefined ? 'no command given' : `unknown command ${JSON.stringify(name)}`;
  throw new UsageError(problem, { hint: 'Run `omni-token-audit --help` for the list of commands' });
}

function stdoutLog(): DestinationStream {
  return { write: (line) => void process.stdout.write(line) };
}

/**
 * The first SIGTERM or SIGINT asks the work to stop. The second one ends the process at once, as Node does by
 * default. An unhandled rejection is a defect and asks the work to stop, too.
 */
function listenForStop(): { signal: AbortSignal; defect(): Error | null } {
  const controller = new AbortController();
  let defect: Error | null = null;
  const names = ['SIGTERM', 'SIGINT'] as const;
  const stop = (name: NodeJS.Signals): void => {
    for (const each of names) process.removeListener(each, stop);
    controller.abort(new InterruptedError(`stopped by ${name}`));
  };
  for (const name of names) process.on(name, stop);
  process.on('unhandledRejection', (reason) => {
    defect ??= reason instanceof Error ? reason : new Error(String(reason));
    controller.abort(new InterruptedError('stopped by a bug in this program'));
  });
  return { signal: controller.signal, defect: () => defect };
}
