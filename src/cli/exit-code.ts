import { AuditLockedError, ConfigError, DatabaseError, UsageError } from '../errors.ts';

/** The documented exit codes. */
export const exitCode = {
  done: 0,
  failed: 1,
  /** Wrong usage or configuration, or a database that is missing, damaged, foreign, newer or not writable. */
  refused: 2,
  mailWaits: 3,
  locked: 4,
  /** A finding at or above `--fail-on` was reported or is open. */
  alarming: 5,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError || error instanceof DatabaseError)
    return exitCode.refused;
  if (error instanceof AuditLockedError) return exitCode.locked;
  return exitCode.failed;
}
