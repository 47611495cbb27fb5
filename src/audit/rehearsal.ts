import { AppError } from '../errors.ts';

/** One line in the output of `check`. */
export interface CheckedPoint {
  what: 'configuration' | 'organisation' | 'schedule' | 'mail' | 'database' | 'Omni' | 'mail server' | 'recipient';
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

/** Runs one check. An error makes its point fail, with the error's message and hint. */
export async function checkPoint(what: CheckedPoint['what'], check: () => Promise<Passed>): Promise<CheckedPoint> {
  try {
    return { what, isFine: true, hint: '', ...(await check()) };
  } catch (error) {
    const hint = error instanceof AppError ? error.hint : '';
    return { what, isFine: false, message: error instanceof Error ? error.message : String(error), hint };
  }
}
