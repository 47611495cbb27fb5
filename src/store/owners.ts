import type { FindingOwner, Holding, OwnerState, UserList } from '../rules/owner.ts';
import type { KnownRole } from '../rules/role.ts';
import type { OwnersToken } from '../rules/token.ts';
import type { Database } from './database.ts';
import { boolean, columnsOf, integer, jsonOf, nullable, prepare, type RowOf, text, textOf } from './statement.ts';
import { tokenColumns, tokenRow, toToken } from './token-row.ts';
import type { Transaction } from './transaction.ts';
import type { WorkingTables } from './working-tables.ts';

/** Reads what the history knows about owners. */
export interface OwnerReader {
  /** Returns what was known as of a run; null if the id is null or nothing was known by then. */
  asOf(membershipId: string | null, runId: number): FindingOwner | null;
  /** Returns what was last known; null if the id is null or nothing was ever known. */
  lastKnown(membershipId: string | null): FindingOwner | null;
  /** Returns what was last known, the number of the owner's current tokens, and the oldest fifty of them. */
  withTokens(membershipId: string): OwnerWithTokens;
}

/** Stores owners as intervals, like tokens: one row for as long as names and state stay the same. */
export interface Owners extends OwnerReader {
  /**
   * Stores what this run learned as the state of the owners.
   *
   * @param previousRunId the complete run before; null: there is none
   */
  apply(tx: Transaction, runId: number, previousRunId: number | null): void;
  /** Returns the owners of current tokens that this run learned something about. The caller may write while it iterates. */
  holdings(): Generator<Holding & { hasOpenConditions: boolean }>;
}

export interface OwnerWithTokens {
  owner: FindingOwner;
  tokenCount: number;
  tokens: OwnersToken[];
}

/** The maximum number of an owner's tokens to read. Nobody would look through more in a mail. */
const maxTokens = 50;
/** Owners are read in chunks of this size, so that memory stays bounded. */
const chunkSize = 500;

const ownerRow = {
  state: textOf<OwnerState>(),
  userName: nullable(text),
  displayName: nullable(text),
  lastLogin: nullable(text),
  list: nullable(textOf<UserList>()),
};

/** The columns of a role that say what it is. */
export const roleRow = {
  baseRole: text,
  name: text,
  connections: integer,
  unknownRoles: jsonOf<string[]>(),
  measureBaseRole: nullable(text),
};

export function createOwnerReader(db: Database): OwnerReader {
  const stmts = {
    asOf: prepare<[{ membershipId: string; runId: number }]>(
      db,
      `SELECT v.state, v.user_name AS userName, v.display_name AS displayName,
              CASE WHEN v.last_login <= r.started_at THEN v.last_login END AS lastLogin, v.list
         FROM owner_versions AS v
         JOIN runs AS r ON r.id = @runId
        WHERE v.membership_id = @membershipId
          AND v.first_run_id <= @runId
        ORDER BY v.first_run_id DESC
        LIMIT 1`,
    ).returning(ownerRow),
    lastKnown: prepare<[string]>(
      db,
      `SELECT ${columnsOf('v', ownerRow)}
         FROM owner_versions AS v
        WHERE v.membership_id = ?
        ORDER BY v.first_run_id DESC
        LIMIT 1`,
    ).returning(ownerRow),
    // Every run from the first to the last that confirmed the role confirmed it.
    roleAsOf: prepare<[{ membershipId: string; runId: number }]>(
      db,
      `SELECT ${columnsOf('v', roleRow)}, r.started_at AS asOf
         FROM role_versions AS v
         JOIN runs AS r ON r.id = min(v.confirmed_run_id, @runId)
        WHERE v.membership_id = @membershipId
          AND v.first_run_id <= @runId
        ORDER BY v.first_run_id DESC
        LIMIT 1`,
    ).returning({ ...roleRow, asOf: text }),
    tokens: prepare<[string, number]>(
      db,
      `SELECT ${tokenColumns('v')}, count(*) OVER () AS tokenCount
         FROM token_versions AS v
        WHERE v.membership_id = ?
          AND v.last_run_id IS NULL
        ORDER BY v.created_at, v.token_id
        LIMIT ?`,
    ).returning({ ...tokenRow, tokenCount: integer }),
  };

  const roleAsOf = (membershipId: string, runId: number) => stmts.roleAsOf.get({ membershipId, runId });
  const lastKnown = (membershipId: string) =>
    combine(stmts.lastKnown.get(membershipId), roleAsOf(membershipId, Number.MAX_SAFE_INTEGER));

  return {
    asOf: (membershipId, runId) =>
      membershipId === null ? null : combine(stmts.asOf.get({ membershipId, runId }), roleAsOf(membershipId, runId)),
    lastKnown: (membershipId) => (membershipId === null ? null : lastKnown(membershipId)),
    withTokens(membershipId) {
      const rows = stmts.tokens.all(membershipId, maxTokens);
      return {
        owner: lastKnown(membershipId) ?? { ...unknownOwner, role: null },
        tokenCount: rows[0]?.tokenCount ?? 0,
        tokens: rows.map((row) => {
          const { membershipId: _, ...held } = toToken(row);
          return held;
        }),
      };
    },
  };
}

const unknownOwner = { state: null, userName: null, displayName: null, lastLogin: null, list: null };

/** The role can be known although the account is not, because Omni has them at different endpoints. */
function combine(owner: RowOf<typeof ownerRow> | null, role: KnownRole | null): FindingOwner | null {
  return owner === null && role === null ? null : { ...(owner ?? unknownOwner), role };
}

export function createOwners({ db }: WorkingTables): Owners {
  const stmts = {
    // Also ends the intervals of owners without tokens, because audits no longer ask about those accounts.
    closeChanged: prepare<[number]>(
      db,
      `UPDATE owner_versions
          SET last_run_id = ?
        WHERE last_run_id IS NULL
          AND (membership_id NOT IN (SELECT membership_id FROM temp.wanted_owners)
               OR EXISTS (SELECT 1
                            FROM temp.wanted_owners AS w
                           WHERE w.membership_id = owner_versions.membership_id
                             AND w.state IS NOT NULL
                             AND (w.state, w.user_name, w.display_name, nullif(w.found_in, 'both'))
                          IS NOT (owner_versions.state, owner_versions.user_name, owner_versions.display_name,
                                  owner_versions.list)))`,
    ),
    openNew: prepare<[number]>(
      db,
      `INSERT INTO owner_versions (membership_id, first_run_id, state, user_name, display_name, last_login, list)
       SELECT w.membership_id, ?, w.state, w.user_name, w.display_name, w.last_login, nullif(w.found_in, 'both')
         FROM temp.wanted_owners AS w
        WHERE w.state IS NOT NULL
          AND NOT EXISTS (SELECT 1
                            FROM owner_versions AS v
                           WHERE v.membership_id = w.membership_id
                             AND v.last_run_id IS NULL)`,
    ),
    // A login does not begin a new interval. Otherwise, active users would fill the history.
    noteLogins: prepare(
      db,
      `UPDATE owner_versions
          SET last_login = w.last_login
         FROM temp.wanted_owners AS w
        WHERE w.membership_id = owner_versions.membership_id
          AND owner_versions.last_run_id IS NULL
          AND w.state IS NOT NULL
          AND w.last_login IS NOT owner_versions.last_login`,
    ),
    noteLookups: prepare<[{ runId: number }]>(
      db,
      `INSERT INTO owner_lookups (membership_id, asked_run_id, answered_run_id)
       SELECT membership_id, @runId, iif(state IS NOT NULL AND is_remembered = 0, @runId, NULL)
         FROM temp.wanted_owners
        WHERE was_asked = 1
           ON CONFLICT (membership_id) DO UPDATE
          SET asked_run_id = @runId, answered_run_id = coalesce(excluded.answered_run_id, answered_run_id)`,
    ),
    // Drops the owners that a list now shows, and those that no longer own a token.
    dropLookups: prepare(
      db,
      `DELETE FROM owner_lookups
        WHERE membership_id NOT IN (SELECT membership_id
                                      FROM temp.wanted_owners
                                     WHERE state IS NULL OR was_asked = 1 OR is_remembered = 1)`,
    ),
    nextHoldings: prepare<[string, number]>(
      db,
      `SELECT w.membership_id AS membershipId, w.state, w.user_name AS userName, w.display_name AS displayName,
              w.last_login AS lastLogin, nullif(w.found_in, 'both') AS list,
              (SELECT count(*)
                 FROM token_versions AS v
                WHERE v.membership_id = w.membership_id
                  AND v.last_run_id IS NULL) AS tokenCount,
              EXISTS (SELECT 1
                        FROM conditions AS c
                       WHERE c.subject_type = 'owner'
                         AND c.subject = w.membership_id
                         AND c.resolved_run_id IS NULL) AS hasOpenConditions
         FROM temp.wanted_owners AS w
        WHERE w.membership_id > ?
          AND w.state IS NOT NULL
        ORDER BY w.membership_id
        LIMIT ?`,
    ).returning({ membershipId: text, ...ownerRow, tokenCount: integer, hasOpenConditions: boolean }),
  };

  return {
    ...createOwnerReader(db),
    apply(tx, runId, previousRunId) {
      tx.requireOpen();
      if (previousRunId !== null) stmts.closeChanged.run(previousRunId);
      stmts.openNew.run(runId);
      stmts.noteLogins.run();
      stmts.noteLookups.run({ runId });
      stmts.dropLookups.run();
    },
    *holdings() {
      let last = '';
      const next = () => stmts.nextHoldings.all(last, chunkSize);
      for (let rows = next(); rows.length > 0; rows = next()) {
        for (const { membershipId, tokenCount, hasOpenConditions, ...owner } of rows) {
          last = membershipId;
          yield { membershipId, tokenCount, hasOpenConditions, owner };
        }
      }
    },
  };
}
