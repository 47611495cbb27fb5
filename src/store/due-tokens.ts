import type { TokenFacts } from '../rules/condition-rule.ts';
import type { AgeWindow } from '../rules/judge.ts';
import { inChunks } from './chunks.ts';
import type { Database } from './database.ts';
import { type TokenRow, tokenColumns, toToken } from './token-row.ts';

/** The tokens that a run has to judge. A temporary table: at a baseline that is all of them. */
export function createDueTokens(db: Database) {
  db.exec('CREATE TEMP TABLE due_tokens (token_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID');
  const forget = db.prepare('DELETE FROM temp.due_tokens');
  const addCurrent = db.prepare(
    'INSERT OR IGNORE INTO temp.due_tokens SELECT token_id FROM token_versions WHERE last_run_id IS NULL',
  );
  // Those that are gone, too: what stood about them ends.
  const addChanged = db.prepare('INSERT OR IGNORE INTO temp.due_tokens SELECT token_id FROM temp.token_changes');
  const addHeldBack = db.prepare(
    "INSERT OR IGNORE INTO temp.due_tokens SELECT subject FROM conditions WHERE is_unreported = 1 AND subject_type = 'token'",
  );
  const addAged = {
    createdAt: db.prepare<[Pick<AgeWindow, 'after' | 'until'>]>(
      `INSERT OR IGNORE INTO temp.due_tokens
       SELECT token_id
         FROM token_versions
        WHERE last_run_id IS NULL
          AND created_at > @after
          AND created_at <= @until`,
    ),
    disabledSince: db.prepare<[Pick<AgeWindow, 'after' | 'until'>]>(
      `INSERT OR IGNORE INTO temp.due_tokens
       SELECT v.token_id
         FROM runs AS since
         JOIN token_versions AS v ON v.disabled_since_run_id = since.id
        WHERE v.last_run_id IS NULL
          AND since.started_at > @after
          AND since.started_at <= @until`,
    ),
  };
  const next = db.prepare<[string, number], TokenRow & { disabledSince: string | null }>(
    `SELECT ${tokenColumns('v')},
            since.started_at AS disabledSince
       FROM temp.due_tokens AS d
       JOIN token_versions AS v ON v.token_id = d.token_id AND v.last_run_id IS NULL
       LEFT JOIN runs AS since ON since.id = v.disabled_since_run_id
      WHERE d.token_id > ?
      ORDER BY d.token_id
      LIMIT ?`,
  );

  return {
    /**
     * Chooses what changed with this run, what is held back, and what came into another age.
     *
     * @param aging null: everything is due.
     */
    choose(aging: readonly AgeWindow[] | null): void {
      forget.run();
      addChanged.run();
      addHeldBack.run();
      if (aging === null) addCurrent.run();
      else for (const { from, after, until } of aging) addAged[from].run({ after, until });
    },
    /** Those of them that still exist, as they are now. Read in chunks, so that the caller may write meanwhile. */
    *facts(): Generator<TokenFacts> {
      yield* inChunks(
        (after, limit) => next.all(after, limit),
        '',
        (row) => row.tokenId,
        (row) => ({ token: toToken(row), disabledSince: row.disabledSince }),
      );
    },
  };
}
