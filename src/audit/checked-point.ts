import { AppError, AuditLockedError } from '../errors.ts';

/** One line in the output of `check`. */
export interface CheckedPoint {
  what:
    | 'configuration'
    | 'organisation'
    | 'schedule'
    | 'mail'
    | 'register'
    | 'database'
    | 'Omni'
    | 'mail server'
    | 'recipient';
  isFine: boolean;
  message: string;
  /** What to do; may be empty. A point that is fine can have a hint too. */
  hint: string;
}

/** What a successful check says. */
export interface Passed {
  message: string;
  hint?: string;
}

/**
 * Runs one check. An error makes its point fail, with the error's message and hint.
 *
 * @throws AuditLockedError, because a check that changes something has to wait for a running audit.
 */
export async function checkPoint(what: CheckedPoint['what'], check: () => Promise<Passed>): Promise<CheckedPoint> {
  try {
    return { what, isFine: true, hint: '', ...(await check()) };
  } catch (error) {
    if (error instanceof AuditLockedError) throw error;
    const hint = error instanceof AppError ? error.hint : '';
    return { what, isFine: false, message: error instanceof Error ? error.message : String(error), hint };
  }
}
