import BetterSqlite3 from 'better-sqlite3';
import type { Token } from '../rules/token.ts';
import { integer, prepare, type RowOf } from './statement.ts';
import { tokenColumns, tokenRow } from './token-row.ts';
import type { WorkingTables } from './working-tables.ts';

/**
 * One walk over the list, paired with the current snapshot page by page. Only what differs is kept, in
 * `staged_tokens` and `unpaired_versions`.
 *
 * Pairing expects both sides oldest first, in any order within one instant. A different order is not an error:
 * it leaves more tokens unpaired, and `Snapshots` compares those by id. Memory is bounded in any case.
 */
export interface Staging {
  /** Forgets the previous walk. Call it at the start of each walk. */
  reset(): void;
  /** Adds the next page of the list. */
  add(page: readonly Token[]): void;
  /** Ends the walk. Returns the number of distinct ids. */
  seal(): number;
  /** Treats these tokens of the current snapshot as listed, because Omni still knows them by id. Call it after `seal`. */
  keepUnlisted(ids: readonly string[]): void;
}

/** The maximum number of rows that wait for their token: a few megabytes. Beyond that, the oldest stay unpaired. */
const maxWaiting = 5000;
/** Sorts after every date. */
const endOfTime = '~';

/** A token of the snapshot as SQLite returns it. Converting each row would take longer than comparing it. */
const waitingRow = { ...tokenRow, versionId: integer, enabled: integer };
type WaitingRow = RowOf<typeof waitingRow>;

export function createStaging(tables: WorkingTables): Staging {
  const { db } = tables;
  const stmts = {
    stage: prepare<[string, string, string, number, string, string | null]>(
      db,
      `INSERT INTO temp.staged_tokens (token_id, name, type, enabled, created_at, membership_id)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    keepUnlisted: prepare<[string]>(
      db,
      `DELETE FROM temp.unpaired_versions
        WHERE version_id IN (SELECT id FROM token_versions WHERE token_id = ? AND last_run_id IS NULL)`,
    ),
    // If Omni sends the same instant with less precision than before, nothing has changed.
    keepCreationDates: prepare(
      db,
      `UPDATE temp.staged_tokens
          SET created_at = v.created_at
         FROM token_versions AS v
        WHERE v.token_id = staged_tokens.token_id
          AND v.last_run_id IS NULL
          AND v.created_at <> staged_tokens.created_at
          AND abs(unixepoch(v.created_at, 'subsec') - unixepoch(staged_tokens.created_at, 'subsec')) < 0.9995`,
    ),
    leaveUnpaired: prepare<[number]>(db, 'INSERT INTO temp.unpaired_versions (version_id) VALUES (?)'),
    leaveUnpairedBetween: prepare<[after: string, upTo: string]>(
      db,
      `INSERT INTO temp.unpaired_versions (version_id)
       SELECT id FROM token_versions WHERE last_run_id IS NULL AND created_at > ? AND created_at <= ?`,
    ),
    readBetween: prepare<[after: string, upTo: string, limit: number]>(
      db,
      `SELECT v.id AS versionId, ${tokenColumns('v')}
         FROM token_versions AS v
        WHERE v.last_run_id IS NULL
          AND v.created_at > ?
          AND v.created_at <= ?
        ORDER BY v.created_at
        LIMIT ?`,
    ).returning(waitingRow),
    // Leaves out tokens that were listed twice: paired the first time, staged the second.
    countStaged: prepare(
      db,
      `SELECT count(DISTINCT s.token_id)
         FROM temp.staged_tokens AS s
        WHERE NOT EXISTS (SELECT 1
                            FROM token_versions AS v
                           WHERE v.token_id = s.token_id
                             AND v.last_run_id IS NULL
                             AND v.id NOT IN (SELECT version_id FROM temp.unpaired_versions))`,
    ).returningOne(integer),
  };

  /** Rows that were read from the snapshot and whose token has not been listed yet, oldest first. */
  const waiting = new Map<string, WaitingRow>();
  /** The snapshot has been read up to this creation date. */
  let readUpTo = '';
  let pairedCount = 0;

  /** Reads the snapshot up to a creation date. If that gives too many rows for one page, they stay unpaired. */
  function readSnapshot(upTo: string): void {
    const rows = stmts.readBetween.all(readUpTo, upTo, maxWaiting + 1);
    if (rows.length > maxWaiting) stmts.leaveUnpairedBetween.run(readUpTo, upTo);
    else for (const row of rows) waiting.set(row.tokenId, row);
    readUpTo = upTo;
  }

  function isPaired(listed: Token): boolean {
    const before = waiting.get(listed.id);
    if (before === undefined || !isSame(before, listed)) return false;
    pairedCount += 1;
    return waiting.delete(listed.id);
  }

  /** Removes the oldest waiting rows while the condition holds for the next one. Returns their version ids. */
  function takeWhile(condition: (oldest: WaitingRow) => boolean): number[] {
    const taken: number[] = [];
    for (const row of waiting.values()) {
      if (!condition(row)) break;
      waiting.delete(row.tokenId);
      taken.push(row.versionId);
    }
    return taken;
  }

  function keep(tokens: readonly Token[], versionIds: readonly number[]): void {
    if (tokens.length === 0 && versionIds.length === 0) return;
    tables.batch(() => {
      for (const { id, name, type, enabled, createdAt, membershipId } of tokens) {
        stmts.stage.run(id, name, type, Number(enabled), createdAt, membershipId);
      }
      for (const versionId of versionIds) stmts.leaveUnpaired.run(versionId);
    });
  }

  return {
    reset() {
      db.exec(`DROP INDEX IF EXISTS temp.staged_tokens_by_id;
               DELETE FROM temp.staged_tokens;
               DELETE FROM temp.unpaired_versions`);
      waiting.clear();
      readUpTo = '';
      pairedCount = 0;
    },
    add(page) {
      const last = page.at(-1)?.createdAt ?? '';
      if (last > readUpTo) readSnapshot(last);
      const unpaired = page.filter((token) => !isPaired(token));
      keep(
        unpaired,
        takeWhile(({ createdAt }) => createdAt < last || waiting.size > maxWaiting),
      );
    },
    seal() {
      keep(
        [],
        takeWhile(() => true),
      );
      stmts.leaveUnpairedBetween.run(readUpTo, endOfTime);
      // The comparison needs this index. Building it now is faster than updating it with every page.
      try {
        db.exec('CREATE UNIQUE INDEX temp.staged_tokens_by_id ON staged_tokens (token_id)');
      } catch (error) {
        // An id was listed twice. The count will show it, and the caller will compare nothing.
        if (!(error instanceof BetterSqlite3.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT'))) throw error;
      }
      stmts.keepCreationDates.run();
      return pairedCount + (stmts.countStaged.get() ?? 0);
    },
    keepUnlisted(ids) {
      tables.batch(() => {
        for (const id of ids) stmts.keepUnlisted.run(id);
      });
    },
  };
}

/** A name with a lone surrogate always differs here. SQL then compares it again, as the database stores it. */
function isSame(before: WaitingRow, listed: Token): boolean {
  return (
    before.name === listed.name &&
    before.enabled === Number(listed.enabled) &&
    before.type === listed.type &&
    isSameInstant(before.createdAt, listed.createdAt) &&
    before.membershipId === listed.membershipId
  );
}

/** Returns whether two instants are less than a second apart, because Omni may send one with less precision. */
function isSameInstant(before: string, listed: string): boolean {
  return before === listed || Math.abs(Date.parse(before) - Date.parse(listed)) < 1000;
}
