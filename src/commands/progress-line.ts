import type { AuditProgress, ProgressListener } from '../jobs/audit-progress.ts';
import { plural } from '../text/words.ts';

const pageSize = 100;
/** In which Omni counts; a second more than a minute, as the worker paces itself. */
const windowSeconds = 61;

/** Goes to the beginning of the line and empties it. */
export const emptyLine = '\r\x1b[2K';

/**
 * One line on a terminal that is written over as the audit goes on.
 *
 * @param requestsPerMinute asked for once the audit is under way, so that its settings are known to be right
 * @param now milliseconds that only ever grow
 */
export function createProgressLine(
  write: (text: string) => void,
  requestsPerMinute: () => number,
  now: () => number = () => performance.now(),
): { listen: ProgressListener; end(): void } {
  const startMs = now();
  let last = '';
  return {
    listen(progress) {
      const line = describe(progress, requestsPerMinute(), (now() - startMs) / 1000);
      if (line === last) return;
      last = line;
      write(`${emptyLine}${line}`);
    },
    end() {
      if (last !== '') write(emptyLine);
    },
  };
}

function describe(progress: AuditProgress, requestsPerMinute: number, elapsedSeconds: number): string {
  const { phase, pagesOfWalk, tokensOfWalk, totalRecords } = progress;
  if (phase !== 'listing tokens' || totalRecords === null) return `${phase} …`;
  const pages = Math.ceil(totalRecords / pageSize);
  // A whole window of requests goes out at once; then the limit says how long the rest must take.
  const atLeast = Math.floor((pages - 1) / requestsPerMinute) * windowSeconds;
  const left = Math.ceil(atLeast - elapsedSeconds);
  const time =
    left > 0 ? `, about ${left >= 120 ? `${Math.ceil(left / 60)} minutes` : plural(left, 'second')} left` : '';
  return `${phase}: page ${pagesOfWalk} of ${pages}, ${plural(tokensOfWalk, 'token')}${time}`;
}
