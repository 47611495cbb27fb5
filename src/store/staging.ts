import BetterSqlite3 from 'better-sqlite3';
import type { Token } from '../rules/token.ts';
import { inChunks } from './chunks.ts';
import type { Database } from './database.ts';
import { createPairing, type Pairing, type SnapshotToken } from './snapshot-pairing.ts';
import { type TokenRow, tokenColumns, toToken } from './token-row.ts';

export type Staging = ReturnType<typeof createStaging>;

interface VersionRow extends TokenRow {
  id: number;
}

/** A place between two rows of the snapshot. */
type Place = Pick<VersionRow, 'createdAt' | 'id'>;

const versionColumns = `v.id, ${tokenColumns('v')}`;

/**
 * One walk beside the snapshot before, until it is proved complete: only what differs is kept, in
 * temporary tables. They belong to this connection, spill to disk and vanish with it, so that
 * memory does not grow with the organisation and nothing is left of a walk that failed.
 */
export function createStaging(db: Database) {
  db.exec(`CREATE TEMP TABLE staged_tokens (
             token_id      TEXT NOT NULL,
             name          TEXT NOT NULL,
             type          TEXT NOT NULL,
             enabled       INTEGER NOT NULL,
             created_at    TEXT NOT NULL,
             membership_id TEXT
           ) STRICT;
           -- Rows of the current snapshot that no listed token equals; whatever is not here was listed as it was.
           CREATE TEMP TABLE unpaired_versions (version_id INTEGER PRIMARY KEY) STRICT`);
  const stage = db.prepare<[string, string, string, number, string, string | null]>(
    'INSERT INTO temp.staged_tokens (token_id, name, type, enabled, created_at, membership_id) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const leave = db.prepare<[number]>('INSERT INTO temp.unpaired_versions (version_id) VALUES (?)');
  const nextVersions = db.prepare<[Place & { limit: number }], VersionRow>(
    // Two ranges: of a comparison of both columns SQLite would use the first alone, and read many
    // tokens of one instant again for each chunk.
    `SELECT *
       FROM (SELECT ${versionColumns} FROM token_versions AS v
              WHERE last_run_id IS NULL AND created_at = @createdAt AND id > @id
              ORDER BY id LIMIT @limit)
      UNION ALL
     SELECT *
       FROM (SELECT ${versionColumns} FROM token_versions AS v
              WHERE last_run_id IS NULL AND created_at > @createdAt
              ORDER BY created_at, id LIMIT @limit)
      LIMIT @limit`,
  );
  // A staged token that the snapshot has, and that was paired, was listed a second time.
  const countStaged = db.prepare<[], { count: number }>(
    `SELECT count(DISTINCT s.token_id) AS count
       FROM temp.staged_tokens AS s
      WHERE NOT EXISTS (SELECT 1
                          FROM token_versions AS v
                         WHERE v.token_id = s.token_id
                           AND v.last_run_id IS NULL
                           AND v.id NOT IN (SELECT version_id FROM temp.unpaired_versions))`,
  );
  const keep = db.transaction((tokens: readonly Token[], versionIds: Iterable<number>) => {
    for (const token of tokens) {
      stage.run(token.id, token.name, token.type, Number(token.enabled), token.createdAt, token.membershipId);
    }
    for (const versionId of versionIds) leave.run(versionId);
  });

  function* snapshot(): Generator<SnapshotToken> {
    const start: Place = { createdAt: '', id: 0 };
    yield* inChunks(
      (after, limit) => nextVersions.all({ ...after, limit }),
      start,
      ({ createdAt, id }) => ({ createdAt, id }),
      (row) => ({ versionId: row.id, token: toToken(row) }),
    );
  }

  let pairing: Pairing | null = null;

  return {
    /** Forgets what was staged, and begins with the current snapshot anew. */
    reset(): void {
      db.exec(`DROP INDEX IF EXISTS temp.staged_tokens_by_id;
               DELETE FROM temp.staged_tokens;
               DELETE FROM temp.unpaired_versions`);
      pairing = null;
    },
    /** Keeps of one page what the snapshot has not. */
    add(page: readonly Token[]): void {
      pairing ??= createPairing(snapshot());
      const { listed, versionIds } = pairing.add(page);
      if (listed.length > 0 || versionIds.length > 0) keep(listed, versionIds);
    },
    /**
     * Ends the walk and answers how many different ids were listed. The index that the comparison
     * needs is built only now, which is faster.
     */
    seal(): number {
      pairing ??= createPairing(snapshot());
      keep([], pairing.rest());
      try {
        db.exec('CREATE UNIQUE INDEX temp.staged_tokens_by_id ON staged_tokens (token_id)');
      } catch (error) {
        // An id came twice: the count tells it, and nothing is compared.
        if (!(error instanceof BetterSqlite3.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT'))) throw error;
      }
      return pairing.pairedCount + (countStaged.get()?.count ?? 0);
    },
  };
}
