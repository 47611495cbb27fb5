/** The window in which Omni counts: its minute, and a second because requests do not arrive at the intervals at which they leave. */
export const rateWindowMs = 61_000;

/** The largest page of tokens that Omni gives. */
export const tokensPerPage = 100;

/** How long so many requests take at least: a limit's worth leaves at once, and the next when the window of the first is over. */
export function minMs(requestCount: number, requestsPerMinute: number): number {
  return Math.floor((requestCount - 1) / requestsPerMinute) * rateWindowMs;
}
