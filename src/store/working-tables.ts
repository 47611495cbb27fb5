import type { Database } from './database.ts';

/**
 * The temporary tables of an audit, and proof that they exist. Code that uses them takes this value instead
 * of a database, so that the tables are created before any of their statements is prepared.
 *
 * The tables belong to one connection and vanish when it closes, so a failed walk leaves nothing behind. They
 * spill to disk, so memory does not grow with the organisation.
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
   * Runs many writes to these tables in one transaction, which is many times faster. Inside an open
   * transaction it only calls `work`. Other connections are not blocked.
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
-- Tokens of this walk that could not be paired with an equal token of the current snapshot: new and changed
-- ones, and those in an unexpected order. An id that was listed twice can be here twice; the walk is then invalid.
CREATE TEMP TABLE staged_tokens (
  token_id      TEXT NOT NULL,
  name          TEXT NOT NULL,
  type          TEXT NOT NULL,
  enabled       INTEGER NOT NULL,
  created_at    TEXT NOT NULL,
  membership_id TEXT
) STRICT;

-- The other side: rows of the current snapshot that could not be paired, by token_versions.id. The token of
-- every other row was listed unchanged.
CREATE TEMP TABLE unpaired_versions (version_id INTEGER PRIMARY KEY) STRICT;

-- The owners of the listed tokens, and what this run learned about each.
CREATE TEMP TABLE wanted_owners (
  membership_id TEXT PRIMARY KEY,
  -- 'active', 'deactivated' or 'missing'. NULL: this run has not learned anything about the owner yet.
  state         TEXT,
  user_name     TEXT,
  display_name  TEXT,
  last_login    TEXT,
  -- The list of users that has it: 'regular', 'embed' or 'both'. NULL: none, or it was not found in this run. For a
  -- missing owner, and for a remembered state, the last known one.
  found_in      TEXT,
  -- 1: no list shows it, so this run asked for it by id.
  was_asked     INTEGER NOT NULL DEFAULT 0,
  -- 1: the state is the answer of an earlier run.
  is_remembered INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX temp.wanted_owners_unresolved ON wanted_owners (membership_id) WHERE state IS NULL;
`;
