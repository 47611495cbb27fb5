import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditProgress } from '../../src/audit/progress.ts';
import { createProgressLine } from '../../src/cli/progress-line.ts';

interface Watched {
  lines: string[];
  listen(changes: Partial<AuditProgress>): void;
  end(): void;
}

function watch(): Watched {
  const written: string[] = [];
  const line = createProgressLine((text) => written.push(text));
  const progress: AuditProgress = {
    phase: 'listing tokens',
    pageCount: 0,
    pagesOfWalk: 0,
    tokensOfWalk: 0,
    totalRecords: null,
  };
  return {
    get lines() {
      return written.map((text) => text.replace('\r\x1b[2K', '<'));
    },
    listen: (changes) => line.listen(Object.assign(progress, changes)),
    end: line.end,
  };
}

describe('the progress of an audit on a terminal', () => {
  test('shows pages and tokens on one line', () => {
    const watched = watch();
    watched.listen({});
    watched.listen({ totalRecords: 20_000, pagesOfWalk: 1, tokensOfWalk: 100 });
    watched.listen({ pagesOfWalk: 120, tokensOfWalk: 12_000 });
    watched.listen({ phase: 'resolving owners' });
    watched.end();
    assert.deepEqual(watched.lines, [
      '<listing tokens …',
      '<listing tokens: page 1 of 200, 100 tokens',
      '<listing tokens: page 120 of 200, 12000 tokens',
      '<resolving owners …',
      '<',
    ]);
  });

  test('writes nothing twice, and nothing at the end where it wrote nothing', () => {
    const watched = watch();
    watched.end();
    watched.listen({});
    watched.listen({});
    assert.deepEqual(watched.lines, ['<listing tokens …']);
  });
});
