/** The window in which Omni counts; a second more than its minute, since requests reach it at other intervals than they leave. */
export const rateWindowMs = 61_000;

/** The largest page that Omni gives of its token list. */
export const tokensPerPage = 100;

/** What so many requests take at least: as many as the limit go out at once, then the next when the window of the first is over. */
export function minMs(requestCount: number, requestsPerMinute: number): number {
  return Math.floor((requestCount - 1) / requestsPerMinute) * rateWindowMs;
}
