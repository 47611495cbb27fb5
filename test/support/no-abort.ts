/** A signal that nobody aborts. */
export const noAbort = new AbortController().signal;
