import BetterSqlite3 from 'better-sqlite3';
import type { Token } from '../rules/token.ts';
import { integer, prepare, type RowOf } from './statement.ts';
import { tokenColumns, tokenRow } from './token-row.ts';
import type { WorkingTables } from './working-tables.ts';

/**
 * One walk over the list, paired with the current snapshot page by page, until it is proved complete. Only
 * what differs is kept, in `staged_tokens` and `unpaired_versions`.
 *
 * Both come oldest first; tokens of one instant in any order. A list in another order is no error: more of
 * it stays unpaired, and is compared by id later. Memory is bounded.
 */
export interface Staging {
  /** Forgets the walk before. Call it at the start of each. */
  reset(): void;
  /** Takes the next page of the list. */
  add(page: readonly Token[]): void;
  /** Ends the walk. Returns how many different ids were listed. */
  seal(): number;
}

/** If more wait, the oldest of them are left unpaired. A few megabytes. */
const maxWaiting = 5000;
/** Sorts after every date. */
const endOfTime = '~';

/** A token of the snapshot, as SQLite has it: to convert each would take longer than to compare it. */
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
    leave: prepare<[number]>(db, 'INSERT INTO temp.unpaired_versions (version_id) VALUES (?)'),
    leaveBetween: prepare<[after: string, upTo: string]>(
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
    // A staged token that the snapshot has, and that was paired, was listed a second time.
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

  /** What was read of the snapshot and not listed yet, oldest first. */
  const waiting = new Map<string, WaitingRow>();
  /** The creation date up to which the snapshot was read. */
  let readUpTo = '';
  let pairedCount = 0;

  /** Reads the snapshot up to a creation date. Too many rows for one page are not worth pairing. */
  function readSnapshot(upTo: string): void {
    const rows = stmts.readBetween.all(readUpTo, upTo, maxWaiting + 1);
    if (rows.length > maxWaiting) stmts.leaveBetween.run(readUpTo, upTo);
    else for (const row of rows) waiting.set(row.tokenId, row);
    readUpTo = upTo;
  }

  function isPaired(listed: Token): boolean {
    const before = waiting.get(listed.id);
    if (before === undefined || !isSame(before, listed)) return false;
    pairedCount += 1;
    return waiting.delete(listed.id);
  }

  /** Takes the oldest that wait, for as long as the condition holds of the next one. Returns their rows. */
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
      for (const versionId of versionIds) stmts.leave.run(versionId);
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
      stmts.leaveBetween.run(readUpTo, endOfTime);
      // The comparison needs this index. To build it now is faster than to keep it up to date.
      try {
        db.exec('CREATE UNIQUE INDEX temp.staged_tokens_by_id ON staged_tokens (token_id)');
      } catch (error) {
        // An id came twice: the count shows it, and nothing is compared.
        if (!(error instanceof BetterSqlite3.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT'))) throw error;
      }
      return pairedCount + (stmts.countStaged.get() ?? 0);
    },
  };
}

/** A database holds no half of a surrogate pair; taken for a difference, it is compared there once more. */
function isSame(before: WaitingRow, listed: Token): boolean {
  return (
    before.name === listed.name &&
    before.enabled === Number(listed.enabled) &&
    before.type === listed.type &&
    before.createdAt === listed.createdAt &&
    before.membershipId === listed.membershipId
  );
}
