import type { Owner } from '../rules/owner.ts';
import { integer, type NamedValues, prepare, text } from './statement.ts';
import type { WorkingTables } from './working-tables.ts';

/** The owners of the listed tokens, and what this run learns about them. */
export interface WantedOwners {
  /** Starts over with the owners of the listed tokens. Call it once the listing has been proved complete. */
  collect(): void;
  /** Forgets what was learned, because this run cannot resolve owners. */
  forget(): void;
  /** Stores what was learned about wanted owners. Ignores all others. */
  found(owners: readonly Owner[]): void;
  /** Stores that both endpoints answered 404 for this id. */
  missing(membershipId: string): void;
  /** Marks those as missing that were confirmed missing before and are still unknown. */
  keepMissing(): void;
  /** Counts those that are still unknown. */
  openCount(): number;
  /** Returns the ids of those that are still unknown. */
  open(): string[];
}

export function createWantedOwners(tables: WorkingTables): WantedOwners {
  const { db } = tables;
  // A missing owner keeps its last known names and log-in.
  const markMissing = <Parameters extends unknown[] = []>(which: string) =>
    prepare<Parameters>(
      db,
      `UPDATE temp.wanted_owners
          SET state = 'missing',
              (user_name, display_name, last_login) = (SELECT v.user_name, v.display_name, v.last_login
                                                         FROM owner_versions AS v
                                                        WHERE v.membership_id = wanted_owners.membership_id
                                                        ORDER BY v.first_run_id DESC
                                                        LIMIT 1)
        WHERE ${which}`,
    );
  const stmts = {
    collect: prepare(
      db,
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
    ),
    found: prepare<[NamedValues]>(
      db,
      `UPDATE temp.wanted_owners
          SET state = @state, user_name = @userName, display_name = @displayName, last_login = @lastLogin
        WHERE membership_id = @membershipId`,
    ),
    missing: markMissing<[string]>('membership_id = ?'),
    keepMissing: markMissing(
      `state IS NULL
          AND membership_id IN (SELECT membership_id
                                  FROM owner_versions
                                 WHERE last_run_id IS NULL
                                   AND state = 'missing')`,
    ),
    openCount: prepare(db, 'SELECT count(*) FROM temp.wanted_owners WHERE state IS NULL').returningOne(integer),
    open: prepare(
      db,
      'SELECT membership_id FROM temp.wanted_owners WHERE state IS NULL ORDER BY membership_id',
    ).returningOne(text),
  };

  return {
    collect() {
      db.exec('DELETE FROM temp.wanted_owners');
      stmts.collect.run();
    },
    forget() {
      db.exec('UPDATE temp.wanted_owners SET state = NULL, user_name = NULL, display_name = NULL, last_login = NULL');
    },
    found(owners) {
      tables.batch(() => {
        for (const { active, ...owner } of owners) {
          stmts.found.run({ ...owner, state: active ? 'active' : 'deactivated' });
        }
      });
    },
    missing(membershipId) {
      stmts.missing.run(membershipId);
    },
    keepMissing() {
      stmts.keepMissing.run();
    },
    openCount: () => stmts.openCount.get() ?? 0,
    open: () => stmts.open.all(),
  };
}
