/**
 * Errors that a person can act on: a message that names what is wrong, and the hint. They are
 * shown without a stack trace; any other error is a defect of this program and keeps its own.
 */
export class AppError extends Error {
  override name = 'AppError';
  /** What to do about it, as a sentence; empty when the message says it all. */
  readonly hint: string;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.hint = options.hint ?? '';
  }
}

/** A command line that cannot be understood. */
export class UsageError extends AppError {
  override name = 'UsageError';
}

/** Every problem of the configuration at once, each with its hint. */
export class ConfigError extends AppError {
  override name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** A database that cannot be used: missing, foreign, newer, older, damaged or not writable. */
export class DatabaseError extends AppError {
  override name = 'DatabaseError';
}

/** Another process is auditing with the same database. */
export class AuditLockedError extends AppError {
  override name = 'AuditLockedError';
}

/** The audit was told to stop (SIGTERM, SIGINT). */
export class InterruptedError extends AppError {
  override name = 'InterruptedError';
}

/** The audit used up its time. */
export class DeadlineError extends AppError {
  override name = 'DeadlineError';
}

/** The listing could not be proved complete. */
export class ListingIncompleteError extends AppError {
  override name = 'ListingIncompleteError';
}

/** Tokens are gone from the listing, but Omni still knows them by id. */
export class RemovalsUnconfirmedError extends AppError {
  override name = 'RemovalsUnconfirmedError';
}

/** Omni, or whatever answers in its place, could not be understood or refused. */
export class OmniError extends AppError {
  override name = 'OmniError';
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Page of the walk, counted from 1, where the error belongs to one. */
  readonly page: number | undefined;

  constructor(message: string, options: { status?: number; page?: number; hint?: string; cause?: unknown } = {}) {
    super(message, options);
    this.status = options.status;
    this.page = options.page;
  }
}

/** Omni itself, and no proxy in its place, answered that there is no such thing (404). */
export class NotFoundError extends OmniError {
  override name = 'NotFoundError';
}

/** The credential is unknown, revoked, malformed, or may not list tokens: trying again soon cannot help. */
export class CredentialRefusedError extends OmniError {
  override name = 'CredentialRefusedError';
}

/** The `code` of an error of Node or a library, such as `ENOENT`, `SQLITE_FULL` or `EAUTH`; empty where there is none. */
export function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}
