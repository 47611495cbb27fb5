import BetterSqlite3 from 'better-sqlite3';
import type { Token } from '../rules/token.ts';
import { inChunks } from './chunks.ts';
import { createPairing, type Pairing, type SnapshotToken } from './snapshot-pairing.ts';
import { integer, prepare } from './statement.ts';
import { tokenColumns, tokenRow, toToken } from './token-row.ts';
import type { WorkingTables } from './working-tables.ts';

/**
 * One walk over the list, compared with the current snapshot as it arrives, until it is proved
 * complete. Only what differs is kept, in `staged_tokens` and `unpaired_versions`.
 */
export interface Staging {
  /** Forgets the walk before. Call it at the start of each. */
  reset(): void;
  /** Takes the next page of the list. */
  add(page: readonly Token[]): void;
  /** Ends the walk. Returns how many different ids were listed. */
  seal(): number;
}

/** A place between two rows of the snapshot. */
interface Place {
  createdAt: string;
  id: number;
}

const versionRow = { id: integer, ...tokenRow };
const versionColumns = `v.id, ${tokenColumns('v')}`;

export function createStaging(tables: WorkingTables): Staging {
  const { db } = tables;
  const stmts = {
    stage: prepare<[string, string, string, number, string, string | null]>(
      db,
      `INSERT INTO temp.staged_tokens (token_id, name, type, enabled, created_at, membership_id)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    leave: prepare<[number]>(db, 'INSERT INTO temp.unpaired_versions (version_id) VALUES (?)'),
    nextVersions: prepare<[Place & { limit: number }]>(
      db,
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
    ).returning(versionRow),
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

  function* snapshot(): Generator<SnapshotToken> {
    const start: Place = { createdAt: '', id: 0 };
    const rows = inChunks(
      (after, limit) => stmts.nextVersions.all({ createdAt: after.createdAt, id: after.id, limit }),
      start,
      (row) => row,
    );
    for (const row of rows) yield { versionId: row.id, token: toToken(row) };
  }

  function keep(tokens: readonly Token[], versionIds: Iterable<number>): void {
    tables.batch(() => {
      for (const { id, name, type, enabled, createdAt, membershipId } of tokens) {
        stmts.stage.run(id, name, type, Number(enabled), createdAt, membershipId);
      }
      for (const versionId of versionIds) stmts.leave.run(versionId);
    });
  }

  let pairing: Pairing | null = null;

  return {
    reset() {
      db.exec(`DROP INDEX IF EXISTS temp.staged_tokens_by_id;
               DELETE FROM temp.staged_tokens;
               DELETE FROM temp.unpaired_versions`);
      pairing = null;
    },
    add(page) {
      pairing ??= createPairing(snapshot());
      const { listed, versionIds } = pairing.add(page);
      if (listed.length > 0 || versionIds.length > 0) keep(listed, versionIds);
    },
    seal() {
      pairing ??= createPairing(snapshot());
      keep([], pairing.rest());
      // The comparison needs this index. To build it now is faster than to keep it up to date.
      try {
        db.exec('CREATE UNIQUE INDEX temp.staged_tokens_by_id ON staged_tokens (token_id)');
      } catch (error) {
        // An id came twice: the count shows it, and nothing is compared.
        if (!(error instanceof BetterSqlite3.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT'))) throw error;
      }
      return pairing.pairedCount + (stmts.countStaged.get() ?? 0);
    },
  };
}
