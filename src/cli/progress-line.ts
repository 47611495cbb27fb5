import type { AuditProgress, ProgressListener } from '../audit/progress.ts';
import { minMs, tokensPerPage } from '../rules/rate-limit.ts';
import { plural } from '../text/words.ts';

/** Moves to the beginning of the line and clears it. */
export const emptyLine = '\r\x1b[2K';

/**
 * Shows progress on one line of a terminal, which it overwrites.
 *
 * @param requestsPerMinute called once, when the audit has begun and its settings are known to be valid
 * @param now a monotonic clock in milliseconds
 */
export function createProgressLine(
  write: (text: string) => void,
  requestsPerMinute: () => number,
  now: () => number = () => performance.now(),
): { listen: ProgressListener; end(): void } {
  const startMs = now();
  let limit: number | undefined;
  let last = '';
  return {
    listen(progress) {
      limit ??= requestsPerMinute();
      const line = describe(progress, limit, now() - startMs);
      if (line === last) return;
      last = line;
      write(`${emptyLine}${line}`);
    },
    end() {
      if (last !== '') write(emptyLine);
    },
  };
}

function describe(progress: AuditProgress, requestsPerMinute: number, elapsedMs: number): string {
  const { phase, pagesOfWalk, tokensOfWalk, totalRecords } = progress;
  if (phase !== 'listing tokens' || totalRecords === null) return `${phase} …`;
  const pages = Math.ceil(totalRecords / tokensPerPage);
  const left = Math.ceil((minMs(pages, requestsPerMinute) - elapsedMs) / 1000);
  const time =
    left > 0 ? `, about ${left >= 120 ? `${Math.ceil(left / 60)} minutes` : plural(left, 'second')} left` : '';
  return `${phase}: page ${pagesOfWalk} of ${pages}, ${plural(tokensOfWalk, 'token')}${time}`;
}
