import { AuditLockedError, ConfigError, DatabaseError, UsageError } from '../errors.ts';

/** The documented meanings of exit codes. */
export const exitCode = {
  done: 0,
  failed: 1,
  /** Usage, configuration, or a database that is foreign, newer or not writable. */
  refused: 2,
  mailWaits: 3,
  locked: 4,
  /** Findings are reported or open at or above `--fail-on`. */
  alarming: 5,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError || error instanceof DatabaseError)
    return exitCode.refused;
  if (error instanceof AuditLockedError) return exitCode.locked;
  return exitCode.failed;
}
