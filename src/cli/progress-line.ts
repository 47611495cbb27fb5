import type { AuditProgress, ProgressListener } from '../audit/progress.ts';
import { tokensPerPage } from '../rules/token.ts';
import { plural } from '../text/words.ts';

/** Moves the cursor to the start of the line and clears the line. */
export const emptyLine = '\r\x1b[2K';

/** Shows progress on one line of a terminal, which is overwritten each time. */
export function createProgressLine(write: (text: string) => void): { listen: ProgressListener; end(): void } {
  let last = '';
  return {
    listen(progress) {
      const line = describe(progress);
      if (line !== last) write(`${emptyLine}${line}`);
      last = line;
    },
    end() {
      if (last !== '') write(emptyLine);
    },
  };
}

function describe({ phase, pagesOfWalk, tokensOfWalk, totalRecords }: AuditProgress): string {
  if (phase !== 'listing tokens' || totalRecords === null) return `${phase} …`;
  const pages = Math.ceil(totalRecords / tokensPerPage);
  return `${phase}: page ${pagesOfWalk} of ${pages}, ${plural(tokensOfWalk, 'token')}`;
}
