/** A signal that is never aborted. */
export const noAbort = new AbortController().signal;
