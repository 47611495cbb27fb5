import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { createHistory, type DatabaseFiles, type History, type Verdict } from './support/damaged-database.ts';
import { isFull, seed } from './support/tally.ts';

const pageBytes = 4096;
let history: History;
before(async () => {
  history = await createHistory();
});
after(() => history[Symbol.asyncDispose]());

/** Audits with every fault and returns those after which the audit is wrong. */
async function wrongAfter(faults: Record<string, DatabaseFiles>): Promise<Record<string, Verdict>> {
  const wrong: Record<string, Verdict> = {};
  for (const [name, files] of Object.entries(faults)) {
    const verdict = await history.audit(files);
    if (typeof verdict === 'object') wrong[name] = verdict;
  }
  return wrong;
}

/** Returns random bytes that are the same for the same seed. */
function garbage(length: number): Buffer {
  const bytes = fc.noBias(fc.uint8Array({ minLength: length, maxLength: length }));
  return Buffer.from(fc.sample(bytes, { seed, numRuns: 1 })[0] ?? []);
}

/** Returns the database with these bytes at that offset. */
function overwritten(offset: number, bytes: Uint8Array): DatabaseFiles {
  const database = Buffer.from(history.database);
  database.set(bytes.subarray(0, database.length - offset), offset);
  return { database };
}

describe('a database', () => {
  test('that is undamaged reports the changes, and one that is cut off or has a damaged header is refused with a hint', async () => {
    assert.equal(await history.audit({ database: history.database }), 'right');
    const { length } = history.database;
    const half = Math.floor(length / 2 / pageBytes) * pageBytes;
    const lengths = [16, 100, 1000, pageBytes, 2 * pageBytes, half, half + 100, length - pageBytes, length - 1];
    const faults: Record<string, DatabaseFiles> = {
      'nothing at all': { database: Buffer.alloc(0) },
      'other letters': overwritten(0, Buffer.from('SQLite format 4\0')),
      zeros: overwritten(0, Buffer.alloc(100)),
      garbage: overwritten(0, garbage(100)),
      'another page size': overwritten(16, Buffer.from([2, 0])),
      'no first page': overwritten(0, garbage(pageBytes)),
    };
    for (const end of lengths) faults[`cut off after ${end} bytes`] = { database: history.database.subarray(0, end) };
    assert.deepEqual(await wrongAfter(faults), {});
  });

  test('with a page overwritten reports the changes or is refused', async () => {
    const faults: Record<string, DatabaseFiles> = {};
    const step = isFull ? 1 : 6;
    for (let page = 1; page < history.database.length / pageBytes; page += step) {
      faults[`garbage in page ${page + 1}`] = overwritten(page * pageBytes, garbage(pageBytes));
      faults[`zeros in page ${page + 1}`] = overwritten(page * pageBytes, Buffer.alloc(pageBytes));
    }
    assert.deepEqual(await wrongAfter(faults), {});
  });

  // SQLite has no checksums for rows, so the program believes a value with a flipped bit. See docs/reliability.md.
  test('with one flipped bit reports what it reads, or fails and reports nothing', async () => {
    const places = fc.record({ offset: fc.nat(history.database.length - 1), bit: fc.nat(7) });
    const faults: Record<string, DatabaseFiles> = {};
    for (const { offset, bit } of fc.sample(places, { seed, numRuns: isFull ? 200 : 12 })) {
      const was = history.database[offset] ?? 0;
      faults[`bit ${bit} of byte ${offset}`] = overwritten(offset, Buffer.from([was ^ (1 << bit)]));
    }
    const worse = Object.entries(await wrongAfter(faults)).filter(([, verdict]) => !isExcused(verdict));
    assert.deepEqual(worse, [], `PROOF_SEED=${seed}`);
  });

  test('with a foreign or damaged write-ahead log reports the changes or is refused', async () => {
    const { database } = history;
    const own = logOf(history);
    await using other = await createHistory();
    const cut = own.subarray(0, own.length - 2000);
    const flipped = Buffer.from(own);
    flipped[5000] = (flipped[5000] ?? 0) ^ 1;
    const faults = {
      empty: { database, log: Buffer.alloc(0) },
      garbage: { database, log: garbage(3 * pageBytes) },
      zeros: { database, log: Buffer.alloc(3 * pageBytes) },
      'its own': { database, log: own },
      'its own, cut off': { database, log: cut },
      'its own, with a flipped bit': { database, log: flipped },
      'of another database': { database, log: logOf(other) },
    };
    assert.deepEqual(await wrongAfter(faults), {});
  });
});

/** Returns whether the audit believed a damaged value, or failed without naming the damage, as if it had a defect. */
function isExcused(verdict: Verdict): boolean {
  return typeof verdict === 'object' && /^it (reported|said) /.test(verdict.wrong);
}

/** Returns the write-ahead log of a database in which rows were rewritten unchanged. */
function logOf({ unattended, database }: History): Buffer {
  const path = `${unattended.world.folder}/with-log.db`;
  writeFileSync(path, database);
  const db = new BetterSqlite3(path);
  try {
    db.pragma('journal_mode = WAL');
    db.exec('UPDATE token_versions SET enabled = enabled; UPDATE runs SET locked_by = locked_by');
    cpSync(`${path}-wal`, `${path}-copy`);
    return readFileSync(`${path}-copy`);
  } finally {
    db.close();
  }
}
