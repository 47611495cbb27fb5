/** The window in which Omni counts: its minute, and a second because requests do not arrive at the intervals at which they leave. */
export const rateWindowMs = 61_000;

/** The largest page of tokens that Omni gives. */
export const tokensPerPage = 100;
