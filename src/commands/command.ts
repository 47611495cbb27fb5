import type { App } from '../app.ts';

/** What a command gets from the process that runs it. */
export interface CommandContext {
  env: NodeJS.ProcessEnv;
  /** Made on first use: `--help` needs no configuration. */
  app(): App;
  /** For results. Logs and errors go elsewhere. */
  print(text: string): void;
  /** Aborted by SIGTERM and SIGINT, with an InterruptedError. */
  signal: AbortSignal;
}

/** Answers the exit code. @throws AppError for what an operator can mend. */
export type RunCommand = (args: string[], context: CommandContext) => Promise<number>;

export interface CommandEntry {
  /** Arguments and options as the help shows them. */
  synopsis: string;
  summary: string;
  /** Further lines of `COMMAND --help`. */
  details: readonly string[];
  /** Loaded when it is run, so that no command pays for another. */
  load: () => Promise<{ run: RunCommand }>;
}
