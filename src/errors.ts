import { plural } from './text/words.ts';

/**
 * An error that a person can act on: its message says what failed, and its hint what to do. It is shown without
 * a stack trace. Any other error is a defect of this program and is shown with its stack.
 */
export class AppError extends Error {
  /** What to do about it, starting with a verb. Empty when the message is enough. */
  readonly hint: string;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint ?? '';
  }
}

/** The command line is wrong. */
export class UsageError extends AppError {}

/** The configuration is wrong. Lists every problem with its hint. */
export class ConfigError extends AppError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = plural(problems.length, 'problem');
    super([`${count} in the configuration:`, ...problems.map((problem) => `  ${problem}`)].join('\n'));
    this.problems = problems;
  }
}

/** The database cannot be used: it is missing, damaged, not writable, not ours, or has an older or newer schema. */
export class DatabaseError extends AppError {}

/** Another process is auditing with the same database. */
export class AuditLockedError extends AppError {}

/** That process is suspended or hung, so it may never end. */
export class StuckAuditError extends AuditLockedError {}

/** A signal (SIGTERM, SIGINT) stopped the work. */
export class InterruptedError extends AppError {}

/** The audit did not finish before its deadline. */
export class DeadlineError extends AppError {}

/** Our clock and Omni's differ, or a response comes from a cache. */
export class WrongClockError extends AppError {}

/** The listing could not be proved complete. */
export class ListingIncompleteError extends AppError {}

/** An implausibly large number of tokens is missing from the listing, and Omni does not confirm by id that they are gone. */
export class RemovalsUnconfirmedError extends AppError {}

/** Tokens are missing from the listing, and our credential has lost rights. */
export class CredentialReducedError extends AppError {}

/** Omni, or a proxy in front of it, could not be reached, refused the request or sent an unusable response. */
export class OmniError extends AppError {
  /** The HTTP status; undefined when there was no response. */
  readonly status: number | undefined;

  constructor(message: string, options: { status?: number; hint?: string; cause?: unknown } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** Omni itself, not a proxy, answered that the resource does not exist (404). */
export class NotFoundError extends OmniError {}

/** The credential is unknown, revoked, malformed or lacks a right, so retrying soon cannot help. */
export class CredentialRefusedError extends OmniError {}

/** Returns the `code` of an error, such as `ENOENT`, `SQLITE_FULL` or `EAUTH`; empty when it has none. */
export function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}
