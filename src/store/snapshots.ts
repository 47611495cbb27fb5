import type { TokenFacts } from '../rules/condition-rule.ts';
import type { TokenChange } from '../rules/token-events.ts';
import { boolean, integer, nullable, prepare, text } from './statement.ts';
import { tokenColumns, tokenRow, toToken } from './token-row.ts';
import type { Transaction } from './transaction.ts';
import type { WorkingTables } from './working-tables.ts';

/**
 * Stores snapshots as intervals: one row for as long as a token's state stays the same. An audit without
 * changes writes no rows here, however large the organisation is.
 *
 * SQL compares the staged listing with the current snapshot. SQLite cannot store a lone surrogate in a name, so
 * a comparison in JavaScript would report a rename in every run.
 */
export interface Snapshots {
  /** Counts the tokens of the current snapshot. */
  count(): number;
  /** Returns the ids of the tokens that the staged listing no longer has, oldest token first. */
  vanishedIds(): string[];
  /** Returns the ids of up to `count` tokens of the staged listing, chosen at random. */
  listedIds(count: number): string[];
  /**
   * Returns how the staged listing differs from the current snapshot: first what appeared or was altered,
   * then what vanished. Call it before `apply`. The caller may write while it iterates.
   */
  changes(): Generator<TokenChange>;
  /** Returns the types of staged tokens that no snapshot has ever had. Call it before `apply`. */
  firstSeenTypes(): string[];
  /**
   * Stores the staged listing as the snapshot of a run.
   *
   * @param previousRunId the complete run before; null: there is none
   */
  apply(tx: Transaction, run: { id: number; startedAt: Date }, previousRunId: number | null): void;
  /** Makes every token of the current snapshot due, because the rules have changed. */
  makeAllDue(tx: Transaction): void;
  /**
   * Returns the tokens of the current snapshot whose verdict may have changed by `now`, including those that
   * appeared or were altered. The caller must give each token a later due time before it takes the next.
   */
  due(now: Date): Generator<DueToken>;
  /** Sets when the verdict on a token can next change; null: time alone cannot change it. */
  setDue(tx: Transaction, token: DueToken, dueAt: Date | null): void;
}

/** A token of the current snapshot that the rules have to judge. */
export interface DueToken extends Omit<TokenFacts, 'register'> {
  versionId: number;
}

const dueRows = 500;

/** The SQL condition that a staged token differs from the same token in the snapshot. */
export const differs = `(s.name, s.type, s.enabled, s.created_at, s.membership_id)
          IS NOT (v.name, v.type, v.enabled, v.created_at, v.membership_id)`;
// CROSS JOIN and unary + prevent query plans that are slow for many tokens.
const unlisted = `FROM temp.unpaired_versions AS u
      CROSS JOIN token_versions AS v ON v.id = u.version_id
       LEFT JOIN temp.staged_tokens AS s ON s.token_id = v.token_id`;

export function createSnapshots({ db }: WorkingTables): Snapshots {
  const stmts = {
    count: prepare(db, 'SELECT count(*) FROM token_versions WHERE last_run_id IS NULL').returningOne(integer),
    vanishedIds: prepare(
      db,
      `SELECT v.token_id ${unlisted} WHERE s.token_id IS NULL ORDER BY v.created_at, v.token_id`,
    ).returningOne(text),
    changedIds: prepare(
      db,
      `SELECT token_id
         FROM (SELECT s.token_id
                 FROM temp.staged_tokens AS s
                 LEFT JOIN token_versions AS v ON v.token_id = s.token_id AND v.last_run_id IS NULL
                WHERE v.token_id IS NULL OR ${differs}
                ORDER BY s.token_id)
        UNION ALL
       SELECT token_id
         FROM (SELECT v.token_id ${unlisted} WHERE s.token_id IS NULL ORDER BY v.id)`,
    ).returningOne(text),
    staged: prepare<[string]>(
      db,
      `SELECT ${tokenColumns('s')} FROM temp.staged_tokens AS s WHERE s.token_id = ?`,
    ).returning(tokenRow),
    current: prepare<[string]>(
      db,
      `SELECT ${tokenColumns('v')} FROM token_versions AS v WHERE v.token_id = ? AND v.last_run_id IS NULL`,
    ).returning(tokenRow),
    listedIds: prepare<[number]>(
      db,
      `SELECT token_id
         FROM (SELECT token_id FROM temp.staged_tokens
                UNION ALL
               SELECT token_id
                 FROM token_versions
                WHERE last_run_id IS NULL
                  AND id NOT IN (SELECT version_id FROM temp.unpaired_versions))
        ORDER BY random()
        LIMIT ?`,
    ).returningOne(text),
    isKnown: prepare<[string]>(db, 'SELECT EXISTS (SELECT 1 FROM token_versions WHERE token_id = ?)').returningOne(
      boolean,
    ),
    firstSeenTypes: prepare(
      db,
      `SELECT type
         FROM (SELECT DISTINCT type FROM temp.staged_tokens) AS seen
        WHERE NOT EXISTS (SELECT 1 FROM token_versions AS v WHERE v.type = seen.type)
        ORDER BY type`,
    ).returningOne(text),
    close: prepare<[number]>(
      db,
      `UPDATE token_versions
          SET last_run_id = ?
        WHERE id IN (SELECT v.id ${unlisted} WHERE s.token_id IS NULL OR ${differs})`,
    ),
    // A token that was already disabled in the previous run keeps its `disabled_since`.
    open: prepare<[{ runId: number; startedAt: string; previousRunId: number | null }]>(
      db,
      `INSERT INTO token_versions (token_id, first_run_id, name, type, enabled, created_at, membership_id, disabled_since)
       SELECT s.token_id, @runId, s.name, s.type, s.enabled, s.created_at, s.membership_id,
              CASE s.enabled WHEN 0 THEN coalesce(before.disabled_since, @startedAt) END
         FROM temp.staged_tokens AS s
         LEFT JOIN token_versions AS before
           ON before.token_id = s.token_id
          AND +before.last_run_id = @previousRunId
        WHERE NOT EXISTS (SELECT 1
                            FROM token_versions AS v
                           WHERE v.token_id = s.token_id
                             AND v.last_run_id IS NULL)
        ORDER BY s.created_at, s.token_id`,
    ),
    makeAllDue: prepare(db, "UPDATE token_versions SET due_at = '0000-01-01T00:00:00.000Z' WHERE last_run_id IS NULL"),
    due: prepare<[string, number]>(
      db,
      `SELECT v.id AS versionId, ${tokenColumns('v')}, v.disabled_since AS disabledSince
         FROM token_versions AS v
        WHERE v.last_run_id IS NULL
          AND v.due_at <= ?
        ORDER BY v.due_at, v.id
        LIMIT ?`,
    ).returning({ versionId: integer, ...tokenRow, disabledSince: nullable(text) }),
    setDue: prepare<[string | null, number]>(db, 'UPDATE token_versions SET due_at = ? WHERE id = ?'),
  };

  function toChange(tokenId: string): TokenChange {
    const [before, after] = [stmts.current.get(tokenId), stmts.staged.get(tokenId)];
    if (before !== null && after !== null) return { kind: 'altered', before: toToken(before), after: toToken(after) };
    if (before !== null) return { kind: 'vanished', before: toToken(before) };
    if (after === null) throw new Error(`token ${tokenId} is neither listed nor in the snapshot`);
    return { kind: 'appeared', after: toToken(after), seenBefore: stmts.isKnown.get(tokenId) ?? false };
  }

  return {
    count: () => stmts.count.get() ?? 0,
    vanishedIds: () => stmts.vanishedIds.all(),
    listedIds: (count) => stmts.listedIds.all(count),
    *changes() {
      for (const tokenId of stmts.changedIds.all()) yield toChange(tokenId);
    },
    firstSeenTypes: () => stmts.firstSeenTypes.all(),
    apply(tx, { id: runId, startedAt }, previousRunId) {
      tx.requireOpen();
      if (previousRunId !== null) stmts.close.run(previousRunId);
      stmts.open.run({ runId, startedAt: startedAt.toISOString(), previousRunId });
    },
    makeAllDue(tx) {
      tx.requireOpen();
      stmts.makeAllDue.run();
    },
    *due(now) {
      const due = () => stmts.due.all(now.toISOString(), dueRows);
      let first: number | undefined;
      for (let rows = due(); rows.length > 0; rows = due()) {
        if (rows[0]?.versionId === first) throw new Error(`token version ${first} did not get a later due time`);
        first = rows[0]?.versionId;
        for (const { versionId, disabledSince, ...row } of rows) {
          yield { token: toToken(row), disabledSince, versionId };
        }
      }
    },
    setDue(tx, { versionId }, dueAt) {
      tx.requireOpen();
      // Years after 9999 have more digits, so their text would sort before all others.
      const isFar = dueAt === null || !(dueAt.getUTCFullYear() <= 9999);
      stmts.setDue.run(isFar ? null : dueAt.toISOString(), versionId);
    },
  };
}
