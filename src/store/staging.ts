import BetterSqlite3 from 'better-sqlite3';
import type { Token } from '../domain/token.ts';
import type { Database } from './database.ts';

export type Staging = ReturnType<typeof createStaging>;

/**
 * The tokens of one walk, before it is proved complete. A temporary table: it belongs to this
 * connection, spills to disk and vanishes with it, so that memory does not grow with the
 * organisation and nothing is left of a walk that failed.
 */
export function createStaging(db: Database) {
  db.exec(`CREATE TEMP TABLE staged_tokens (
             token_id      TEXT NOT NULL,
             name          TEXT NOT NULL,
             type          TEXT NOT NULL,
             enabled       INTEGER NOT NULL,
             created_at    TEXT NOT NULL,
             membership_id TEXT
           ) STRICT`);
  const insert = db.prepare<[string, string, string, number, string, string | null]>(
    'INSERT INTO temp.staged_tokens (token_id, name, type, enabled, created_at, membership_id) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const countDistinct = db.prepare<[], { count: number }>(
    'SELECT count(DISTINCT token_id) AS count FROM temp.staged_tokens',
  );
  const count = db.prepare<[], { count: number }>('SELECT count(*) AS count FROM temp.staged_tokens');
  const addAll = db.transaction((tokens: readonly Token[]) => {
    for (const token of tokens) {
      insert.run(token.id, token.name, token.type, Number(token.enabled), token.createdAt, token.membershipId);
    }
  });

  return {
    /** Forgets what was staged. */
    reset(): void {
      db.exec('DROP INDEX IF EXISTS temp.staged_tokens_by_id; DELETE FROM temp.staged_tokens');
    },
    /** Keeps one page. */
    add(tokens: readonly Token[]): void {
      addAll(tokens);
    },
    /**
     * Ends the walk and answers how many different ids were staged. The index that the comparison
     * needs is built only now, which is faster, and its failure is the proof of a repeated id.
     */
    seal(): number {
      try {
        db.exec('CREATE UNIQUE INDEX temp.staged_tokens_by_id ON staged_tokens (token_id)');
        return count.get()?.count ?? 0;
      } catch (error) {
        if (!(error instanceof BetterSqlite3.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT'))) throw error;
        return countDistinct.get()?.count ?? 0;
      }
    },
  };
}
