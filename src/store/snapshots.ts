import type { VanishedFacts } from '../rules/removal-policy.ts';
import type { TokenChange } from '../rules/token-events.ts';
import { inChunks } from './chunks.ts';
import type { Database } from './database.ts';
import { toToken } from './token-row.ts';

export type Snapshots = ReturnType<typeof createSnapshots>;

interface ChangeRow {
  position: number;
  kind: TokenChange['kind'];
  tokenId: string;
  seenBefore: number;
  nameBefore: string;
  typeBefore: string;
  enabledBefore: number;
  createdAtBefore: string;
  membershipIdBefore: string | null;
  nameAfter: string;
  typeAfter: string;
  enabledAfter: number;
  createdAtAfter: string;
  membershipIdAfter: string | null;
}

/**
 * Snapshots as intervals: a token's state is one row for as long as it stays the same, so that a
 * quiet audit writes nothing however large the organisation is. Snapshots are compared in SQL: a
 * lone surrogate in a name does not survive SQLite and would be a rename for ever in JavaScript.
 */
export function createSnapshots(db: Database) {
  // SQLite is told the way (CROSS JOIN, +) where it would take one that is long for many tokens.
  db.exec(`CREATE TEMP TABLE token_changes (
             position             INTEGER PRIMARY KEY,
             kind                 TEXT NOT NULL,
             token_id             TEXT NOT NULL,
             seen_before          INTEGER NOT NULL DEFAULT 0,
             name_before          TEXT,
             type_before          TEXT,
             enabled_before       INTEGER,
             created_at_before    TEXT,
             membership_id_before TEXT,
             name_after           TEXT,
             type_after           TEXT,
             enabled_after        INTEGER,
             created_at_after     TEXT,
             membership_id_after  TEXT
           ) STRICT`);
  const forget = db.prepare('DELETE FROM temp.token_changes');
  const findAppeared = db.prepare(
    `INSERT INTO temp.token_changes
            (kind, token_id, seen_before, name_after, type_after, enabled_after, created_at_after, membership_id_after)
     SELECT 'appeared', s.token_id, EXISTS (SELECT 1 FROM token_versions AS old WHERE old.token_id = s.token_id),
            s.name, s.type, s.enabled, s.created_at, s.membership_id
       FROM temp.staged_tokens AS s
       LEFT JOIN token_versions AS v ON v.token_id = s.token_id AND v.last_run_id IS NULL
      WHERE v.token_id IS NULL
      ORDER BY s.created_at, s.token_id`,
  );
  const findAltered = db.prepare(
    `INSERT INTO temp.token_changes
            (kind, token_id, name_before, type_before, enabled_before, created_at_before, membership_id_before,
             name_after, type_after, enabled_after, created_at_after, membership_id_after)
     SELECT 'altered', s.token_id, v.name, v.type, v.enabled, v.created_at, v.membership_id,
            s.name, s.type, s.enabled, s.created_at, s.membership_id
       FROM temp.staged_tokens AS s
       JOIN token_versions AS v ON v.token_id = s.token_id AND v.last_run_id IS NULL
      WHERE s.name <> v.name
         OR s.type <> v.type
         OR s.enabled <> v.enabled
         OR s.created_at <> v.created_at
         OR s.membership_id IS NOT v.membership_id
      ORDER BY s.created_at, s.token_id`,
  );
  const findVanished = db.prepare(
    `INSERT INTO temp.token_changes
            (kind, token_id, name_before, type_before, enabled_before, created_at_before, membership_id_before)
     SELECT 'vanished', v.token_id, v.name, v.type, v.enabled, v.created_at, v.membership_id
       FROM temp.unpaired_versions AS u
      CROSS JOIN token_versions AS v ON v.id = u.version_id
       LEFT JOIN temp.staged_tokens AS s ON s.token_id = v.token_id
      WHERE s.token_id IS NULL
      ORDER BY v.created_at, v.token_id`,
  );
  const hasSnapshot = db.prepare<[], number>("SELECT EXISTS (SELECT 1 FROM runs WHERE status = 'complete')").pluck();
  const countCurrent = db.prepare<[], number>('SELECT count(*) FROM token_versions WHERE last_run_id IS NULL').pluck();
  const vanishedIds = db.prepare<[], { id: string }>(
    "SELECT token_id AS id FROM temp.token_changes WHERE kind = 'vanished' ORDER BY position",
  );
  const close = db.prepare<[number]>(
    `UPDATE token_versions
        SET last_run_id = ?
      WHERE last_run_id IS NULL
        AND token_id IN (SELECT token_id FROM temp.token_changes WHERE kind <> 'appeared')`,
  );
  // One that was disabled before, without a break, is disabled since the same run as before.
  const open = db.prepare<[{ runId: number; previousRunId: number }]>(
    `INSERT INTO token_versions (token_id, first_run_id, name, type, enabled, created_at, membership_id, disabled_since_run_id)
     SELECT c.token_id, @runId, c.name_after, c.type_after, c.enabled_after, c.created_at_after, c.membership_id_after,
            CASE c.enabled_after WHEN 0 THEN coalesce(before.disabled_since_run_id, @runId) END
       FROM temp.token_changes AS c
       LEFT JOIN token_versions AS before
         ON before.token_id = c.token_id
        AND +before.last_run_id = @previousRunId
      WHERE c.kind <> 'vanished'`,
  );
  const openAll = db.prepare<[{ runId: number }]>(
    `INSERT INTO token_versions (token_id, first_run_id, name, type, enabled, created_at, membership_id, disabled_since_run_id)
     SELECT token_id, @runId, name, type, enabled, created_at, membership_id, CASE enabled WHEN 0 THEN @runId END
       FROM temp.staged_tokens
      ORDER BY created_at, token_id`,
  );
  const nextChanges = db.prepare<[number, number], ChangeRow>(
    `SELECT position, kind, token_id AS tokenId, seen_before AS seenBefore,
            name_before AS nameBefore, type_before AS typeBefore, enabled_before AS enabledBefore,
            created_at_before AS createdAtBefore, membership_id_before AS membershipIdBefore,
            name_after AS nameAfter, type_after AS typeAfter, enabled_after AS enabledAfter,
            created_at_after AS createdAtAfter, membership_id_after AS membershipIdAfter
       FROM temp.token_changes
      WHERE position > ?
      ORDER BY position
      LIMIT ?`,
  );
  const newTypes = db.prepare<[{ runId: number }], { type: string }>(
    `SELECT type
       FROM (SELECT DISTINCT type FROM token_versions WHERE first_run_id = @runId) AS seen
      WHERE NOT EXISTS (SELECT 1
                          FROM token_versions AS earlier
                         WHERE earlier.type = seen.type
                           AND +earlier.first_run_id < @runId)
      ORDER BY type`,
  );

  return {
    /** Takes the staged tokens as the first snapshot. */
    openBaseline(runId: number): void {
      openAll.run({ runId });
    },
    /**
     * Compares the staged tokens with the current snapshot, which it leaves as it is; the changes are
     * kept for `changes`. Of a first snapshot there are none.
     */
    compare(): VanishedFacts {
      forget.run();
      if (hasSnapshot.get() === 0) return { previousCount: 0, vanishedCount: 0 };
      const previousCount = countCurrent.get() ?? 0;
      findAppeared.run();
      findAltered.run();
      return { previousCount, vanishedCount: findVanished.run().changes };
    },
    /** Ids of the tokens that `compare` found gone, oldest first. */
    vanishedIds: (): string[] => vanishedIds.all().map(({ id }) => id),
    /** Makes the compared changes the snapshot of `runId`; `previousRunId` saw the old state last. */
    apply(runId: number, previousRunId: number): void {
      close.run(previousRunId);
      open.run({ runId, previousRunId });
    },
    /** The compared changes: appeared, altered, vanished, each oldest token first. Read in chunks, so that the caller may write meanwhile. */
    *changes(): Generator<TokenChange> {
      yield* inChunks(
        (after, limit) => nextChanges.all(after, limit),
        0,
        (row) => row.position,
        toChange,
      );
    },
    /** Types that no snapshot before `runId` had. */
    firstSeenTypes(runId: number): string[] {
      return newTypes.all({ runId }).map(({ type }) => type);
    },
  };
}

function toChange(row: ChangeRow): TokenChange {
  const before = {
    tokenId: row.tokenId,
    name: row.nameBefore,
    type: row.typeBefore,
    enabled: row.enabledBefore,
    createdAt: row.createdAtBefore,
    membershipId: row.membershipIdBefore,
  };
  const after = {
    tokenId: row.tokenId,
    name: row.nameAfter,
    type: row.typeAfter,
    enabled: row.enabledAfter,
    createdAt: row.createdAtAfter,
    membershipId: row.membershipIdAfter,
  };
  switch (row.kind) {
    case 'appeared':
      return { kind: 'appeared', after: toToken(after), seenBefore: row.seenBefore === 1 };
    case 'altered':
      return { kind: 'altered', before: toToken(before), after: toToken(after) };
    case 'vanished':
      return { kind: 'vanished', before: toToken(before) };
    default:
      return row.kind satisfies never;
  }
}
