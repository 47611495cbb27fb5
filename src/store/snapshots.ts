import type { TokenFacts } from '../rules/condition-rule.ts';
import type { VanishedFacts } from '../rules/removal-policy.ts';
import type { TokenChange } from '../rules/token-events.ts';
import { inChunks } from './chunks.ts';
import { integer, nullable, prepare, type RowOf, text } from './statement.ts';
import { tokenColumns, tokenRow, toToken } from './token-row.ts';
import type { Transaction } from './transaction.ts';
import type { WorkingTables } from './working-tables.ts';

/**
 * Snapshots as intervals: a token's state is one row for as long as it stays the same, so that a quiet
 * audit writes nothing, however large the organisation is.
 *
 * The staged listing and the current snapshot are compared in SQL: a lone surrogate in a name does not
 * survive SQLite, and would be a rename for ever in JavaScript.
 */
export interface Snapshots {
  /** Counts the tokens that the staged listing no longer has. None before the first snapshot. */
  compare(): VanishedFacts;
  /** The ids of those tokens, oldest token first. */
  vanishedIds(): string[];
  /**
   * How the staged listing differs from the current snapshot: what appeared or altered, then what
   * vanished, each by id. Read it before `apply`. The caller may write while it reads.
   */
  changes(): Generator<TokenChange>;
  /** The types of staged tokens that no snapshot ever had. Read it before `apply`. */
  firstSeenTypes(): string[];
  /**
   * Makes the staged listing the snapshot of a run.
   *
   * @param previousRunId the complete run that saw the current snapshot last; null: there is none
   */
  apply(tx: Transaction, run: { id: number; startedAt: Date }, previousRunId: number | null): void;
  /** All tokens of the current snapshot, by id. The caller may write while it reads. */
  current(): Generator<CurrentToken>;
  /**
   * The tokens of the current snapshot whose verdict can have changed by `now`. Give each a later due time
   * before you ask for the next.
   */
  due(now: Date): Generator<CurrentToken>;
  /** Sets when the verdict of a token can next change; null: not by time alone. */
  setDue(tx: Transaction, token: CurrentToken, dueAt: Date | null): void;
}

/** A token of the current snapshot. */
export interface CurrentToken extends TokenFacts {
  versionId: number;
  dueAt: string | null;
}

const dueRows = 500;

const currentRow = { versionId: integer, ...tokenRow, disabledSince: nullable(text), dueAt: nullable(text) };
const currentColumns = `v.id AS versionId, ${tokenColumns('v')}, v.disabled_since AS disabledSince, v.due_at AS dueAt`;

/** Whether a staged token is not what the snapshot has. */
const differs = `(s.name, s.type, s.enabled, s.created_at, s.membership_id)
          IS NOT (v.name, v.type, v.enabled, v.created_at, v.membership_id)`;
// CROSS JOIN and unary + keep SQLite from plans that are slow for many tokens.
const unlisted = `FROM temp.unpaired_versions AS u
      CROSS JOIN token_versions AS v ON v.id = u.version_id
       LEFT JOIN temp.staged_tokens AS s ON s.token_id = v.token_id`;

export function createSnapshots({ db }: WorkingTables): Snapshots {
  const stmts = {
    hasSnapshot: prepare(db, "SELECT EXISTS (SELECT 1 FROM runs WHERE status = 'complete')").returningOne(integer),
    countCurrent: prepare(db, 'SELECT count(*) FROM token_versions WHERE last_run_id IS NULL').returningOne(integer),
    countVanished: prepare(db, `SELECT count(*) ${unlisted} WHERE s.token_id IS NULL`).returningOne(integer),
    vanishedIds: prepare(
      db,
      `SELECT v.token_id ${unlisted} WHERE s.token_id IS NULL ORDER BY v.created_at, v.token_id`,
    ).returningOne(text),
    nextListed: prepare<[string, number]>(
      db,
      `SELECT s.token_id
         FROM temp.staged_tokens AS s
         LEFT JOIN token_versions AS v ON v.token_id = s.token_id AND v.last_run_id IS NULL
        WHERE s.token_id > ?
          AND (v.token_id IS NULL OR ${differs})
        ORDER BY s.token_id
        LIMIT ?`,
    ).returningOne(text),
    nextVanished: prepare<[number, number]>(
      db,
      `SELECT v.id, ${tokenColumns('v')}
         ${unlisted}
        WHERE u.version_id > ?
          AND s.token_id IS NULL
        ORDER BY u.version_id
        LIMIT ?`,
    ).returning({ id: integer, ...tokenRow }),
    staged: prepare<[string]>(
      db,
      `SELECT ${tokenColumns('s')} FROM temp.staged_tokens AS s WHERE s.token_id = ?`,
    ).returning(tokenRow),
    current: prepare<[string]>(
      db,
      `SELECT ${tokenColumns('v')} FROM token_versions AS v WHERE v.token_id = ? AND v.last_run_id IS NULL`,
    ).returning(tokenRow),
    isKnown: prepare<[string]>(db, 'SELECT EXISTS (SELECT 1 FROM token_versions WHERE token_id = ?)').returningOne(
      integer,
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
    // One that was disabled in the run before is disabled since the same instant as then.
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
    nextCurrent: prepare<[string, number]>(
      db,
      `SELECT ${currentColumns}
         FROM token_versions AS v
        WHERE v.last_run_id IS NULL
          AND v.token_id > ?
        ORDER BY v.token_id
        LIMIT ?`,
    ).returning(currentRow),
    due: prepare<[string, number]>(
      db,
      `SELECT ${currentColumns}
         FROM token_versions AS v
        WHERE v.last_run_id IS NULL
          AND v.due_at <= ?
        ORDER BY v.due_at, v.id
        LIMIT ?`,
    ).returning(currentRow),
    setDue: prepare<[string | null, number]>(db, 'UPDATE token_versions SET due_at = ? WHERE id = ?'),
  };

  function toChange(tokenId: string): TokenChange {
    const staged = stmts.staged.get(tokenId);
    if (staged === null) throw new Error(`token ${tokenId} is not staged any more`);
    const [before, after] = [stmts.current.get(tokenId), toToken(staged)];
    if (before !== null) return { kind: 'altered', before: toToken(before), after };
    return { kind: 'appeared', after, seenBefore: stmts.isKnown.get(tokenId) === 1 };
  }

  return {
    compare() {
      if (stmts.hasSnapshot.get() === 0) return { previousCount: 0, vanishedCount: 0 };
      return { previousCount: stmts.countCurrent.get() ?? 0, vanishedCount: stmts.countVanished.get() ?? 0 };
    },
    vanishedIds: () => stmts.vanishedIds.all(),
    *changes() {
      yield* inChunks(
        (after, limit) => stmts.nextListed.all(after, limit),
        '',
        (id) => id,
        toChange,
      );
      yield* inChunks(
        (after, limit) => stmts.nextVanished.all(after, limit),
        0,
        ({ id }) => id,
        (row) => ({ kind: 'vanished', before: toToken(row) }),
      );
    },
    firstSeenTypes: () => stmts.firstSeenTypes.all(),
    apply(tx, { id: runId, startedAt }, previousRunId) {
      tx.requireOpen();
      if (previousRunId !== null) stmts.close.run(previousRunId);
      stmts.open.run({ runId, startedAt: startedAt.toISOString(), previousRunId });
    },
    *current() {
      yield* inChunks(
        (after, limit) => stmts.nextCurrent.all(after, limit),
        '',
        (row) => row.tokenId,
        toCurrentToken,
      );
    },
    *due(now) {
      const due = () => stmts.due.all(now.toISOString(), dueRows);
      let first: number | undefined;
      for (let rows = due(); rows.length > 0; rows = due()) {
        if (rows[0]?.versionId === first) throw new Error(`token version ${first} was given no later due time`);
        first = rows[0]?.versionId;
        for (const row of rows) yield toCurrentToken(row);
      }
    },
    setDue(tx, { versionId, dueAt: before }, due) {
      tx.requireOpen();
      // Later years have more digits, and would compare as earlier text.
      const isFar = due === null || !(due.getUTCFullYear() <= 9999);
      const dueAt = isFar ? null : due.toISOString();
      if (dueAt !== before) stmts.setDue.run(dueAt, versionId);
    },
  };
}

function toCurrentToken(row: RowOf<typeof currentRow>): CurrentToken {
  const { versionId, disabledSince, dueAt } = row;
  return { token: toToken(row), disabledSince, versionId, dueAt };
}
