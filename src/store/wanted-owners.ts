import type { Owner } from '../rules/owner.ts';
import { inChunks } from './chunks.ts';
import type { Database } from './database.ts';

export type WantedOwners = ReturnType<typeof createWantedOwners>;

/**
 * The owners of the listed tokens, and what was learned of them in this run. A temporary table,
 * like the staging: memory does not grow with the organisation.
 */
export function createWantedOwners(db: Database) {
  // state NULL: nothing is known of the owner in this run.
  db.exec(`CREATE TEMP TABLE wanted_owners (
             membership_id TEXT PRIMARY KEY,
             state         TEXT,
             user_name     TEXT,
             display_name  TEXT,
             last_login    TEXT
           ) STRICT, WITHOUT ROWID;
           CREATE INDEX temp.wanted_owners_open ON wanted_owners (membership_id) WHERE state IS NULL`);
  const collect = db.prepare(
    `INSERT INTO temp.wanted_owners (membership_id)
     SELECT membership_id
       FROM token_versions
      WHERE last_run_id IS NULL
        AND membership_id IS NOT NULL
        AND id NOT IN (SELECT version_id FROM temp.unpaired_versions)
      UNION
     SELECT membership_id
       FROM temp.staged_tokens
      WHERE membership_id IS NOT NULL`,
  );
  const found = db.prepare<[{ state: string } & Omit<Owner, 'active'>]>(
    `UPDATE temp.wanted_owners
        SET state = @state, user_name = @userName, display_name = @displayName, last_login = @lastLogin
      WHERE membership_id = @membershipId`,
  );
  const missing = db.prepare<[string]>("UPDATE temp.wanted_owners SET state = 'missing' WHERE membership_id = ?");
  const keepMissing = db.prepare(
    `UPDATE temp.wanted_owners
        SET state = 'missing'
      WHERE state IS NULL
        AND EXISTS (SELECT 1
                      FROM owner_versions AS v
                     WHERE v.membership_id = wanted_owners.membership_id
                       AND v.last_run_id IS NULL
                       AND v.state = 'missing')`,
  );
  const countOpen = db.prepare<[], { count: number }>(
    'SELECT count(*) AS count FROM temp.wanted_owners WHERE state IS NULL',
  );
  const nextOpen = db.prepare<[string, number], { id: string }>(
    `SELECT membership_id AS id
       FROM temp.wanted_owners
      WHERE state IS NULL
        AND membership_id > ?
      ORDER BY membership_id
      LIMIT ?`,
  );
  const keepAll = db.transaction((owners: readonly Owner[]) => {
    for (const { active, ...owner } of owners) found.run({ ...owner, state: active ? 'active' : 'deactivated' });
  });

  return {
    /** Starts anew with the owners of the listed tokens. */
    collect(): void {
      db.exec('DELETE FROM temp.wanted_owners');
      collect.run();
    },
    /** Forgets what was learned: the owners are unknown in this run. */
    forget(): void {
      db.exec('UPDATE temp.wanted_owners SET state = NULL, user_name = NULL, display_name = NULL, last_login = NULL');
    },
    /** Keeps what was learned of those that are wanted; others are passed over. */
    found(owners: readonly Owner[]): void {
      keepAll(owners);
    },
    /** Both endpoints said that there is no such user. */
    missing(membershipId: string): void {
      missing.run(membershipId);
    },
    /** Those who were proved missing before and are still in no list stay so. */
    keepMissing(): void {
      keepMissing.run();
    },
    /** How many are still unknown. */
    openCount: (): number => countOpen.get()?.count ?? 0,
    /** Ids of those that are still unknown, read in chunks, so that the caller may write meanwhile. */
    *open(): Generator<string> {
      yield* inChunks(
        (after, limit) => nextOpen.all(after, limit),
        '',
        (row) => row.id,
        (row) => row.id,
      );
    },
  };
}
