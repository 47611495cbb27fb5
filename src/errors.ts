import { plural } from './text/words.ts';

/**
 * Errors that a person can act on: a message that names what is wrong, and the hint. They are
 * shown without a stack trace; any other error is a defect of this program and keeps its own.
 */
export class AppError extends Error {
  /** What to do about it, as a sentence; empty when the message says it all. */
  readonly hint: string;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint ?? '';
  }
}

/** A command line that cannot be understood. */
export class UsageError extends AppError {}

/** Every problem of the configuration at once, each with its hint. */
export class ConfigError extends AppError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = plural(problems.length, 'problem');
    super([`${count} in the configuration:`, ...problems.map((problem) => `  ${problem}`)].join('\n'));
    this.problems = problems;
  }
}

/** A database that cannot be used: missing, foreign, newer, older, damaged or not writable. */
export class DatabaseError extends AppError {}

/** Another process is auditing with the same database. */
export class AuditLockedError extends AppError {}

/** The audit was told to stop (SIGTERM, SIGINT). */
export class InterruptedError extends AppError {}

/** The audit used up its time. */
export class DeadlineError extends AppError {}

/** The listing could not be proved complete. */
export class ListingIncompleteError extends AppError {}

/** Tokens are gone from the listing, but Omni still knows them by id. */
export class RemovalsUnconfirmedError extends AppError {}

/** Omni, or whatever answers in its place, could not be understood or refused. */
export class OmniError extends AppError {
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;

  constructor(message: string, options: { status?: number; hint?: string; cause?: unknown } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** Omni itself, and no proxy in its place, answered that there is no such thing (404). */
export class NotFoundError extends OmniError {}

/** The credential is unknown, revoked, malformed, or may not list tokens: trying again soon cannot help. */
export class CredentialRefusedError extends OmniError {}

/** The `code` of an error of Node or a library, such as `ENOENT`, `SQLITE_FULL` or `EAUTH`; empty where there is none. */
export function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}
