import type { ResponseTimes } from '../rules/clock-check.ts';

/** @param arrivedAt by our own clock */
export function responseTimes(headers: Headers, arrivedAt: Date): ResponseTimes {
  const sentMs = parseHttpDate(headers.get('date') ?? '');
  // Several proxies may each have sent one.
  const age = Math.max(...(headers.get('age') ?? '0').split(',').map(Number));
  return {
    arrivedAt,
    sentAt: Number.isNaN(sentMs) ? null : new Date(sentMs),
    // Even an unreadable Age shows that a cache was involved.
    ageSeconds: Number.isNaN(age) ? 1 : age,
  };
}

/** All three forms are in UTC (RFC 9110 5.6.7), also the one that does not say so. */
function parseHttpDate(value: string): number {
  const isAsctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}$/.test(value);
  return Date.parse(isAsctime ? `${value} GMT` : value);
}
