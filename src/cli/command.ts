import type { App } from '../wiring.ts';

/** What the process provides to a command. */
export interface CommandContext {
  env: NodeJS.ProcessEnv;
  /** Loads the app on first use. Query commands do not need it. */
  app(): Promise<App>;
  /** Prints a result. Logs and errors do not go through here. */
  print(text: string): void;
  /** Prints a result that may be long, and produces it no faster than it is read. @throws InterruptedError */
  printAll(parts: Iterable<string>): Promise<void>;
  /** Prints to stderr what a person should know about the result. */
  remark(text: string): void;
  /** The width of the terminal that shows the results, in columns; null when they go to a file or pipe. */
  width: number | null;
  /** Shows progress on the terminal; null when there is no terminal. */
  terminal: ((text: string) => void) | null;
  /** Aborted with an InterruptedError by SIGTERM, SIGINT and SIGHUP. */
  signal: AbortSignal;
}

/** Returns the exit code. @throws AppError for a problem that an operator can fix. */
export type RunCommand = (args: string[], context: CommandContext) => Promise<number>;

export interface CommandEntry {
  /** The required arguments and options, as the help shows them. */
  usage?: string;
  summary: string;
  /** Arguments and options, each with its description. */
  options?: Readonly<Record<string, string>>;
  /** Additional lines of `COMMAND --help`. */
  notes?: readonly string[];
  /** Command lines to copy, without the program's name. A test runs all of them. */
  examples?: readonly string[];
  /** The log is the result: log lines and errors go to stdout as JSON lines. */
  logsToStdout?: true;
  /** Loads the command when it runs, so that no command pays the start-up cost of another. */
  load: () => Promise<{ run: RunCommand }>;
}
