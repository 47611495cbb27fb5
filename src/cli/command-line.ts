import { dirname, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { defaultDatabasePath } from '../config/database-path.ts';
import { type Environment, readEnvironment } from '../config/env-file.ts';
import { explainDatabaseError } from '../database-error.ts';
import { InterruptedError, UsageError } from '../errors.ts';
import { version } from '../version.ts';
import type { App } from '../wiring.ts';
import type { CommandEntry } from './command.ts';
import { exitCode, exitCodeOf } from './exit-code.ts';
import { commandHelpText, helpText } from './help.ts';
import { type Outputs, openOutputs } from './outputs.ts';
import { emptyLine } from './progress-line.ts';
import { commands } from './registry.ts';

/** How long a stopped command may still write its result. */
const maxGoodbyeMs = 1000;

/** Runs a command line and returns the exit code. This is the only place that reports errors. */
export async function runCommandLine([name = '', ...args]: string[]): Promise<number> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const outputs = openOutputs(command?.logsToStdout === true);
  exitOnUncaughtException(outputs);
  try {
    let code: number = exitCode.done;
    if (command === undefined) outputs.results.print(answerWithoutCommand(name));
    else if (args.includes('--help') || args.includes('-h')) outputs.results.print(commandHelpText(name, command));
    else code = await runCommand(command, args, outputs);
    return await outputs.finish(code);
  } catch (thrown) {
    const error = explainDatabaseError(thrown);
    await outputs.report(error, name);
    const code = exitCodeOf(error);
    // The rest of a result may be waiting for a reader that does not read. The timer alone keeps no process alive.
    if (error instanceof InterruptedError) setTimeout(() => process.exit(code), maxGoodbyeMs).unref();
    return code;
  }
}

/**
 * Ends the process after an uncaught exception, because its state can no longer be trusted. By default, Node would
 * print the error with all its properties, and errors of HTTP libraries hold the request with the credential.
 * As with any crash, nothing is lost.
 */
function exitOnUncaughtException(outputs: Outputs): void {
  let isEnding = false;
  process.on('uncaughtException', (error) => {
    // The second one happened while the first was being reported.
    if (isEnding) process.exit(exitCode.failed);
    isEnding = true;
    void outputs.report(error, '').finally(() => process.exit(exitCode.failed));
  });
}

async function runCommand(command: CommandEntry, args: string[], { results, log }: Outputs): Promise<number> {
  const isOnTerminal = isatty(2) && command.logsToStdout !== true;
  const folder = workingFolder();
  const environment = (): Environment => {
    const read = readEnvironment(process.env, folder);
    // A person who waits for a result should not have to search for it among log lines.
    return isOnTerminal ? { ...read, LOG_LEVEL: read.LOG_LEVEL || 'warn' } : read;
  };
  const env = environment();
  keepTemporaryFilesNextToTheDatabase(env);
  using stop = listenForStop();
  const terminal = isOnTerminal ? (text: string): void => void log.write(text) : null;
  const logDestination = terminal === null ? log : { write: (line: string) => terminal(`${emptyLine}${line}`) };
  let app: App | undefined;
  const { run } = await command.load();
  const code = await run(args, {
    env,
    app: async () => {
      app ??= (await import('../wiring.ts')).createApp({ environment, logDestination });
      return app;
    },
    print: results.print,
    printAll: (parts) => results.printAll(parts, stop.signal),
    remark: (text) => void log.write(text),
    width: process.stdout.isTTY ? process.stdout.columns : null,
    terminal,
    signal: stop.signal,
  });
  // An unhandled rejection triggered a clean stop. Report it now.
  if (stop.defect() !== null) throw stop.defect();
  return code;
}

/** @throws UsageError if the folder was deleted, because no relative path would lead anywhere. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new UsageError('the working folder no longer exists', {
      cause: error,
      hint: 'Change to a folder that exists',
    });
  }
}

/**
 * Makes SQLite put its temporary files in the database's folder. Otherwise, a container with a read-only file system
 * would fail as soon as a listing is large enough to spill to disk. SQLite reads the variable once, when it is loaded.
 */
function keepTemporaryFilesNextToTheDatabase({ SQLITE_TMPDIR, DATABASE_PATH }: NodeJS.ProcessEnv): void {
  process.env.SQLITE_TMPDIR = SQLITE_TMPDIR ?? resolve(dirname(DATABASE_PATH || defaultDatabasePath));
}

/** @throws UsageError if there is no such command. */
function answerWithoutCommand(name: string): string {
  if (name === '--version') return `${version}\n`;
  if (name === '--help' || name === '-h' || name === 'help') return helpText();
  const problem = name === '' ? 'no command given' : `unknown command ${JSON.stringify(name)}`;
  throw new UsageError(problem, { hint: 'Run `omni-token-audit --help` for the list of commands' });
}

/**
 * The first SIGTERM, SIGINT or SIGHUP asks the work to stop. The second one ends the process at once, as Node does by
 * default, and so does the first one after the work. An unhandled rejection is a defect and asks the work to stop, too.
 */
function listenForStop(): { signal: AbortSignal; defect(): Error | null } & Disposable {
  const controller = new AbortController();
  let defect: Error | null = null;
  const names = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  const stopListening = (): void => {
    for (const name of names) process.removeListener(name, stop);
  };
  const stop = (name: NodeJS.Signals): void => {
    stopListening();
    controller.abort(new InterruptedError(`stopped by ${name}`));
  };
  for (const name of names) process.on(name, stop);
  process.on('unhandledRejection', (reason) => {
    defect ??= reason instanceof Error ? reason : new Error(String(reason));
    controller.abort(new InterruptedError('stopped by a bug in this program'));
  });
  return { signal: controller.signal, defect: () => defect, [Symbol.dispose]: stopListening };
}
