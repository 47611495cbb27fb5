import { type LogOutput, openLogOutput } from '../log-output.ts';
import { exitCode } from './exit-code.ts';
import { explainError } from './explain-error.ts';
import { openResults, type Results, standardOutput } from './standard-output.ts';

/** Everything that a command writes. */
export interface Outputs {
  results: Results;
  /** For log lines; stderr, unless the command logs to stdout. */
  log: LogOutput;
  /** Shows an error where the log goes, or on stderr if that is impossible. Never throws. */
  report(error: unknown, command: string): Promise<void>;
  /** Waits until the results are written, and returns the exit code: 1 instead of 0 if some were lost. */
  finish(code: number): Promise<number>;
}

export function openOutputs(logsToStdout: boolean): Outputs {
  const results = openResults(standardOutput());
  const errors = openLogOutput(2);
  const onFirstLoss = (problem: string): void => {
    errors.write(`omni-token-audit: the log cannot be written to stdout (${problem}), so log lines are lost\n`);
  };
  const log = logsToStdout ? openLogOutput(1, { onFirstLoss }) : errors;

  /** Returns whether the error is in the log. */
  async function logError(error: unknown): Promise<boolean> {
    let isLogged = false;
    const { createLogger } = await import('../logging.ts');
    const destination = {
      write(line: string) {
        isLogged = log.write(line);
      },
    };
    createLogger('info', destination).fatal({ err: error }, 'stopped by an error');
    return isLogged;
  }

  return {
    results,
    log,
    async report(error, command) {
      try {
        if (!logsToStdout || !(await logError(error))) errors.write(explainError(error, command));
      } catch {
        // An error about an error must not change how the process ends.
      }
    },
    async finish(code) {
      const problem = await results.finish();
      if (problem === null) return code;
      const done = 'but the command completed';
      errors.write(`omni-token-audit: the result could not be written to stdout (${problem}), ${done}\n`);
      return code || exitCode.failed;
    },
  };
}
