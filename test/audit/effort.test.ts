import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import type { Token } from '../../src/rules/token.ts';
import { openReadStore } from '../../src/stores.ts';
import { msPerDay, msPerMinute } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { daysAgo } from '../support/audit-looks.ts';
import { range } from '../support/range.ts';
import { statementPrototype } from '../support/statement-prototype.ts';
import { someToken } from '../support/tokens.ts';

/** Tokens a third of which are stale already, and none of which comes into another age soon. */
function organisation(count: number): Token[] {
  const dates = [daysAgo(400), daysAgo(100.5), daysAgo(10.5)];
  return range(1, count)
    .map((number) => someToken(number, { membershipId: null, createdAt: dates[number % 3] ?? '' }))
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

/** Statements that the work executes, and rows that it writes into tables of the file. */
async function effortOf(
  bench: AuditBench,
  work: () => Promise<unknown>,
): Promise<{ statements: number; rows: number }> {
  const before = JSON.stringify(bench.dump());
  let statements = 0;
  const methods = ['run', 'get', 'all', 'iterate'] as const;
  const originals = methods.map((name) => statementPrototype[name]);
  methods.forEach((name, index) => {
    statementPrototype[name] = function (...args: unknown[]) {
      statements += 1;
      return Reflect.apply(originals[index], this, args);
    };
  });
  try {
    await work();
  } finally {
    methods.forEach((name, index) => {
      statementPrototype[name] = originals[index];
    });
  }
  const [old, now] = [JSON.parse(before), bench.dump()] as Record<string, unknown[]>[];
  const rows = Object.entries(now ?? {}).map(([table, all]) => {
    const known = new Set(old?.[table]?.map((row) => JSON.stringify(row)));
    return all.filter((row) => !known.has(JSON.stringify(row))).length;
  });
  return { statements, rows: rows.reduce((sum, count) => sum + count, 0) };
}

async function watched(context: TestContext, count: number): Promise<AuditBench> {
  const bench = await startAuditBench(context, organisation(count));
  await bench.completeAudit();
  bench.clock.advance(msPerMinute);
  return bench;
}

describe('a quiet audit', () => {
  test('executes as many statements for ten times the tokens, but for one a page', async (context) => {
    const small = await watched(context, 300);
    const large = await watched(context, 3000);
    const [few, many] = [
      await effortOf(small, () => small.completeAudit()),
      await effortOf(large, () => large.completeAudit()),
    ];
    const pages = 3000 / 100;
    assert.ok(many.statements - few.statements <= pages, `${few.statements}, ${many.statements}`);
  });

  test('writes one row, that of the run, however many tokens there are', async (context) => {
    for (const count of [30, 3000]) {
      const bench = await watched(context, count);
      // The counter of the ids of runs is the second.
      assert.equal((await effortOf(bench, () => bench.completeAudit())).rows, 2);
    }
  });

  test('adds at most 4 KB to the database', async (context) => {
    const bench = await watched(context, 3000);
    const pages = (): number => Number(bench.rows('PRAGMA page_count')[0]?.page_count);
    const runs = 20;
    const before = pages();
    for (let run = 0; run < runs; run += 1) {
      bench.clock.advance(msPerMinute);
      await bench.completeAudit();
    }
    assert.ok((pages() - before) * 4096 <= runs * 4096, `${pages() - before} pages`);
  });
});

describe('an audit after which some tokens are older', () => {
  test('judges those that crossed a threshold, and no other', async (context) => {
    const aging = [0.1, 0.2, 0.3].map((part, index) => someToken(9000 + index, { createdAt: daysAgo(180 - part) }));
    const bench = await startAuditBench(context, [...organisation(3000), ...aging]);
    await bench.completeAudit();
    bench.clock.advance(0.25 * msPerDay);
    const { statements } = await effortOf(bench, () => bench.completeAudit());
    const told = bench.rows("SELECT subject FROM findings WHERE run_id = 2 AND kind = 'token-stale' ORDER BY subject");
    assert.deepEqual(
      told.map(({ subject }) => subject),
      aging.slice(0, 2).map(({ id }) => id),
    );
    assert.ok(statements < 250, String(statements));
  });
});

test('the number of statements is counted', async (context) => {
  const bench = await watched(context, 30);
  const db = new BetterSqlite3(bench.path);
  context.after(() => db.close());
  const { statements } = await effortOf(bench, async () => {
    db.prepare('SELECT 1').get();
    db.prepare('SELECT 1').all();
  });
  assert.equal(statements, 2);
});

describe('the list of open findings', () => {
  test('asks at most one question for each', async (context) => {
    const [few, many] = await Promise.all([watched(context, 90), watched(context, 900)]);
    const listed = async (bench: AuditBench): Promise<{ statements: number; found: number }> => {
      using store = openReadStore(bench.path);
      let found = 0;
      const { statements } = await effortOf(bench, async () => {
        const run = store.history.lastComplete();
        found = [...store.history.findings({ isPast: false, run, instant: bench.clock.now() }, { open: true })].length;
      });
      return { statements, found };
    };
    const [small, large] = [await listed(few), await listed(many)];
    assert.equal(large.found, 10 * small.found);
    assert.ok(large.statements - small.statements <= large.found - small.found, String(large.statements));
  });
});
