import type { App } from '../wiring.ts';

/** What a command gets from the process that runs it. */
export interface CommandContext {
  env: NodeJS.ProcessEnv;
  /** Loaded on first use: commands that only look do without it. */
  app(): Promise<App>;
  /** For results. Logs and errors go elsewhere. */
  print(text: string): void;
  /** For a result that may be long: it is read no faster than it is taken. */
  printAll(parts: Iterable<string>): Promise<void>;
  /** Of the terminal that shows the results, in columns; null where none does. */
  width: number | null;
  /** Writes to the terminal of whoever watches; null where nobody does. */
  terminal: ((text: string) => void) | null;
  /** Aborted by SIGTERM and SIGINT, with an InterruptedError. */
  signal: AbortSignal;
}

/** Answers the exit code. @throws AppError for what an operator can hint. */
export type RunCommand = (args: string[], context: CommandContext) => Promise<number>;

export interface CommandEntry {
  /** Arguments and options as the help shows them. */
  synopsis: string;
  summary: string;
  /** Further lines of `COMMAND --help`. */
  details: readonly string[];
  /** Command lines to copy, after the program's name. A test runs them all. */
  examples?: readonly string[];
  /** Its logs are its result: they go to stdout, and so do its errors, as JSON lines. */
  logsToStdout?: true;
  /** Loaded when it is run, so that no command pays for another. */
  load: () => Promise<{ run: RunCommand }>;
}
