import type { Owner, UserList } from '../rules/owner.ts';
import { integer, type NamedValues, prepare, text } from './statement.ts';
import type { WorkingTables } from './working-tables.ts';

/** The owners of the listed tokens, and what this run learns about them. */
export interface WantedOwners {
  /** Starts over with the owners of the listed tokens. Call it once the listing has been proved complete. */
  collect(): void;
  /** Forgets what was learned from one list. Without a list, forgets everything, so that this run resolves no owners. */
  forget(list?: UserList): void;
  /** Stores what a list says about wanted owners. Ignores all others. If two lists contradict each other, the owner is unknown. */
  found(list: UserList, owners: readonly Owner[]): void;
  /** Stores that both lists answered 404 for this id. */
  missing(membershipId: string): void;
  /** Stores that no list shows this owner, and that this run asks for it by id. */
  asked(membershipId: string): void;
  /** Gives the owners that are still unknown their last answer, unless it is older than `since`. */
  remember(since: Date): void;
  /** Counts the owners that are still unknown. */
  openCount(): number;
  /** Returns the ids of the owners that are still unknown. Those never asked for by id come first, then those asked for longest ago. */
  openByAge(): string[];
}

const forgetAll = `UPDATE temp.wanted_owners
   SET (state, user_name, display_name, last_login, found_in, was_asked) = (NULL, NULL, NULL, NULL, NULL, 0)`;

export function createWantedOwners(tables: WorkingTables): WantedOwners {
  const { db } = tables;
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
          SET state = iif(found_in IS NULL OR found_in = @list OR state IS @state, @state, NULL),
              user_name = @userName, display_name = @displayName, last_login = @lastLogin,
              found_in = iif(found_in IS NULL OR found_in = @list, @list, 'both')
        WHERE membership_id = @membershipId`,
    ),
    // A missing owner keeps its last known names and login.
    missing: prepare<[string]>(
      db,
      `UPDATE temp.wanted_owners
          SET state = 'missing',
              (user_name, display_name, last_login, found_in) = (SELECT v.user_name, v.display_name, v.last_login, v.list
                                                         FROM owner_versions AS v
                                                        WHERE v.membership_id = wanted_owners.membership_id
                                                        ORDER BY v.first_run_id DESC
                                                        LIMIT 1)
        WHERE membership_id = ?`,
    ),
    asked: prepare<[string]>(db, 'UPDATE temp.wanted_owners SET was_asked = 1 WHERE membership_id = ?'),
    remember: prepare<[string]>(
      db,
      `UPDATE temp.wanted_owners
          SET (state, user_name, display_name, last_login, found_in)
            = (v.state, v.user_name, v.display_name, v.last_login, v.list),
              is_remembered = 1
         FROM owner_versions AS v
         JOIN owner_lookups AS l ON l.membership_id = v.membership_id
         JOIN runs AS r ON r.id = l.answered_run_id
        WHERE v.membership_id = wanted_owners.membership_id
          AND v.last_run_id IS NULL
          AND wanted_owners.state IS NULL
          AND r.started_at >= ?`,
    ),
    forget: prepare<[UserList]>(db, `${forgetAll} WHERE found_in = ?`),
    openCount: prepare(db, 'SELECT count(*) FROM temp.wanted_owners WHERE state IS NULL').returningOne(integer),
    openByAge: prepare(
      db,
      `SELECT w.membership_id
         FROM temp.wanted_owners AS w
         LEFT JOIN owner_lookups AS l ON l.membership_id = w.membership_id
        WHERE w.state IS NULL
          AND w.found_in IS NOT 'both'
        ORDER BY l.asked_run_id NULLS FIRST, w.membership_id`,
    ).returningOne(text),
  };

  return {
    collect() {
      db.exec('DELETE FROM temp.wanted_owners');
      stmts.collect.run();
    },
    forget(list) {
      if (list === undefined) db.exec(forgetAll);
      else stmts.forget.run(list);
    },
    found(list, owners) {
      tables.batch(() => {
        for (const { active, ...owner } of owners) {
          stmts.found.run({ ...owner, list, state: active ? 'active' : 'deactivated' });
        }
      });
    },
    missing(membershipId) {
      stmts.missing.run(membershipId);
    },
    asked(membershipId) {
      stmts.asked.run(membershipId);
    },
    remember(since) {
      stmts.remember.run(since.toISOString());
    },
    openCount: () => stmts.openCount.get() ?? 0,
    openByAge: () => stmts.openByAge.all(),
  };
}
