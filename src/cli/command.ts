import type { App } from '../wiring.ts';

/** What the process provides to a command. */
export interface CommandContext {
  env: NodeJS.ProcessEnv;
  /** Loaded on first use. Query commands do without it. */
  app(): Promise<App>;
  /** For results. Logs and errors go elsewhere. */
  print(text: string): void;
  /** For a result that may be long: it is produced no faster than it is read. */
  printAll(parts: Iterable<string>): Promise<void>;
  /** The width of the terminal that shows the results, in columns; null when they go to a file or pipe. */
  width: number | null;
  /** Writes to the terminal for progress; null when there is none. */
  terminal: ((text: string) => void) | null;
  /** Aborted by SIGTERM and SIGINT, with an InterruptedError. */
  signal: AbortSignal;
}

/** Returns the exit code. @throws AppError for what an operator can fix. */
export type RunCommand = (args: string[], context: CommandContext) => Promise<number>;

export interface CommandEntry {
  /** What must be given, as the help shows it. */
  usage?: string;
  summary: string;
  /** Arguments and options, and what each is for. */
  options?: Readonly<Record<string, string>>;
  /** Further lines of `COMMAND --help`. */
  notes?: readonly string[];
  /** Command lines to copy, without the program's name. A test runs them all. */
  examples?: readonly string[];
  /** Its logs are its result: they go to stdout, and its errors too, as JSON lines. */
  logsToStdout?: true;
  /** Loaded when the command runs, so that no command pays for another. */
  load: () => Promise<{ run: RunCommand }>;
}
