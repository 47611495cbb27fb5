import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditProgress } from '../../src/audit/progress.ts';
import { createProgressLine } from '../../src/cli/progress-line.ts';

interface Watched {
  lines: string[];
  listen(changes: Partial<AuditProgress>): void;
  end(): void;
  pass(seconds: number): void;
}

function watch(requestsPerMinute: number): Watched {
  const written: string[] = [];
  let nowMs = 0;
  const line = createProgressLine(
    (text) => written.push(text),
    () => requestsPerMinute,
    () => nowMs,
  );
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
    pass(seconds) {
      nowMs += seconds * 1000;
    },
  };
}

describe('the progress of an audit on a terminal', () => {
  test('tells pages, tokens and the time that the rate limit leaves, on one line', () => {
    const watched = watch(60);
    watched.listen({});
    watched.listen({ totalRecords: 20_000, pagesOfWalk: 1, tokensOfWalk: 100 });
    watched.pass(100);
    watched.listen({ pagesOfWalk: 120, tokensOfWalk: 12_000 });
    watched.listen({ phase: 'resolving owners' });
    watched.end();
    assert.deepEqual(watched.lines, [
      '<listing tokens …',
      '<listing tokens: page 1 of 200, 100 tokens, about 4 minutes left',
      '<listing tokens: page 120 of 200, 12000 tokens, about 83 seconds left',
      '<resolving owners …',
      '<',
    ]);
  });

  test('tells no time where the limit leaves none', () => {
    const watched = watch(60);
    watched.listen({ totalRecords: 250, pagesOfWalk: 2, tokensOfWalk: 200 });
    assert.deepEqual(watched.lines, ['<listing tokens: page 2 of 3, 200 tokens']);
  });

  test('writes nothing twice, and nothing at the end where it wrote nothing', () => {
    const watched = watch(60);
    watched.end();
    watched.listen({});
    watched.listen({});
    assert.deepEqual(watched.lines, ['<listing tokens …']);
  });
});
