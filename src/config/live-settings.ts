import { ConfigError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { type Environment, envFile } from './env-file.ts';

/** Reads the environment, with the file below it, as it is now. */
export type ReadEnvironment = () => Environment;

/** They decide when the program runs and where it keeps its data, so a running worker does not change them. */
const restartOnly = ['DATABASE_PATH', 'AUDIT_CRON', 'AUDIT_TIMEZONE', 'LOG_LEVEL'];

/**
 * Returns a reader for a program that runs for long: what takes effect only at a start stays as it is now. Logs a
 * line whenever one of these variables has changed, because its new value waits for a restart.
 */
export function keepUntilRestart(read: ReadEnvironment, log: Logger): ReadEnvironment {
  const atStart = read();
  const kept = Object.fromEntries(restartOnly.map((name) => [name, atStart[name]]));
  const logged = new Map<string, string | undefined>();
  return () => {
    const current = read();
    // While the file cannot be read, its variables seem to be gone.
    const isComplete = current[envFile]?.status !== 'unreadable';
    for (const variable of isComplete ? restartOnly : []) {
      const value = current[variable];
      if (value !== kept[variable] && value !== logged.get(variable))
        log.warn({ variable }, 'the setting has changed; the new value takes effect after a restart');
      logged.set(variable, value);
    }
    return { ...current, ...kept };
  };
}

/**
 * Returns a loader that falls back to its last valid result when the settings have become invalid, so that what
 * waits for delivery still goes out.
 *
 * @param load throws ConfigError; so does the returned loader until it has succeeded once.
 * @param log gets the problems once
 */
export function orLastValid<T>(load: () => T, log?: Logger): () => T {
  let last: { value: T } | null = null;
  let logged = '';
  return () => {
    try {
      last = { value: load() };
      logged = '';
    } catch (error) {
      if (last === null || !(error instanceof ConfigError)) throw error;
      if (error.message !== logged)
        log?.error({ err: error }, 'the settings have become invalid; using the last valid ones');
      logged = error.message;
    }
    return last.value;
  };
}
