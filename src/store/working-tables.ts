import type { Database } from './database.ts';

/**
 * The temporary tables of an audit, and proof that they exist: what reads them takes this value in the
 * place of a database, so that they are created before any statement that needs them is prepared.
 *
 * They belong to one connection, spill to disk, and vanish with it. So memory does not grow with the
 * organisation, and a walk that failed leaves nothing behind.
 */
export class WorkingTables {
  readonly #db: Database;

  constructor(db: Database) {
    db.exec(createTables);
    this.#db = db;
  }

  get db(): Database {
    return this.#db;
  }

  /**
   * Runs many writes to these tables as one, which is many times faster. It locks nothing that other
   * connections use; inside a transaction it changes nothing.
   */
  batch(work: () => void): void {
    if (this.#db.inTransaction) {
      work();
      return;
    }
    this.#db.exec('BEGIN');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

const createTables = `
-- The tokens of the present walk that the current snapshot does not hold exactly so: new ones, changed ones,
-- and those that came in an unexpected order. An id that is listed twice is here twice, and spoils the walk.
CREATE TEMP TABLE staged_tokens (
  token_id      TEXT NOT NULL,
  name          TEXT NOT NULL,
  type          TEXT NOT NULL,
  enabled       INTEGER NOT NULL,
  created_at    TEXT NOT NULL,
  membership_id TEXT
) STRICT;

-- The other side: rows of the current snapshot for which no equal token was listed, by token_versions.id.
-- A version that is not here was listed unchanged.
CREATE TEMP TABLE unpaired_versions (version_id INTEGER PRIMARY KEY) STRICT;

-- The owners of the listed tokens, and what this run learned of each.
CREATE TEMP TABLE wanted_owners (
  membership_id TEXT PRIMARY KEY,
  -- 'active', 'deactivated' or 'missing'. NULL: nothing is known of the owner in this run.
  state         TEXT,
  user_name     TEXT,
  display_name  TEXT,
  last_login    TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX temp.wanted_owners_unresolved ON wanted_owners (membership_id) WHERE state IS NULL;
`;
