import type { FindingOwner, HeldToken } from '../rules/finding.ts';
import type { Holding, OwnerState } from '../rules/owner.ts';
import { inChunks } from './chunks.ts';
import type { Database } from './database.ts';
import { type TokenRow, tokenColumns, toToken } from './token-row.ts';

export type Owners = ReturnType<typeof createOwners>;

/** More of an owner's tokens would not be read; the count stays exact. */
const heldRows = 50;

interface OwnerRow {
  state: OwnerState | null;
  userName: string | null;
  displayName: string | null;
  lastLogin: string | null;
}

interface HoldingRow extends OwnerRow {
  membershipId: string;
  tokenCount: number;
}

/** Owners as intervals, like tokens: a row for as long as name and state stay the same. */
export function createOwners(db: Database) {
  // A former owner's interval ends as well: what becomes of an account that holds no token is not this program's to know.
  const closeChanged = db.prepare<[number]>(
    `UPDATE owner_versions
        SET last_run_id = ?
      WHERE last_run_id IS NULL
        AND (membership_id NOT IN (SELECT membership_id FROM temp.wanted_owners)
             OR EXISTS (SELECT 1
                          FROM temp.wanted_owners AS w
                         WHERE w.membership_id = owner_versions.membership_id
                           AND w.state IS NOT NULL
                           AND (w.state <> owner_versions.state
                                OR (w.state <> 'missing'
                                    AND (w.user_name IS NOT owner_versions.user_name
                                         OR w.display_name IS NOT owner_versions.display_name)))))`,
  );
  // Of one that is missing, the name stays that it had.
  const openNew = db.prepare<[number]>(
    `INSERT INTO owner_versions (membership_id, first_run_id, state, user_name, display_name, last_login)
     SELECT w.membership_id, ?, w.state, coalesce(w.user_name, before.user_name),
            coalesce(w.display_name, before.display_name), coalesce(w.last_login, before.last_login)
       FROM temp.wanted_owners AS w
       LEFT JOIN owner_versions AS before
         ON w.state = 'missing'
        AND before.membership_id = w.membership_id
        AND before.first_run_id = (SELECT max(v.first_run_id) FROM owner_versions AS v WHERE v.membership_id = w.membership_id)
      WHERE w.state IS NOT NULL
        AND NOT EXISTS (SELECT 1
                          FROM owner_versions AS v
                         WHERE v.membership_id = w.membership_id
                           AND v.last_run_id IS NULL)`,
  );
  // A log-in is no new interval: active people would fill the history with them.
  const noteLogins = db.prepare(
    `UPDATE owner_versions
        SET last_login = w.last_login
       FROM temp.wanted_owners AS w
      WHERE w.membership_id = owner_versions.membership_id
        AND owner_versions.last_run_id IS NULL
        AND w.state IN ('active', 'deactivated')
        AND w.last_login IS NOT owner_versions.last_login`,
  );
  const nextHoldings = db.prepare<[string, number], HoldingRow>(
    `SELECT w.membership_id AS membershipId, w.state, w.user_name AS userName, w.display_name AS displayName,
            w.last_login AS lastLogin,
            (SELECT count(*)
               FROM token_versions AS v
              WHERE v.membership_id = w.membership_id
                AND v.last_run_id IS NULL) AS tokenCount
       FROM temp.wanted_owners AS w
      WHERE w.membership_id > ?
      ORDER BY w.membership_id
      LIMIT ?`,
  );
  return {
    /** Makes what was learned the state of the owners as of `runId`; `previousRunId` saw the old state last. */
    apply(runId: number, previousRunId: number | null): void {
      if (previousRunId !== null) closeChanged.run(previousRunId);
      openNew.run(runId);
      noteLogins.run();
    },
    /** Every owner of a current token, with what this run learned of it. Read in chunks, so that the caller may write meanwhile. */
    *holdings(): Generator<Holding> {
      yield* inChunks(
        (after, limit) => nextHoldings.all(after, limit),
        '',
        (row) => row.membershipId,
        ({ membershipId, tokenCount, state, ...known }) => ({
          membershipId,
          tokenCount,
          owner: state === null ? null : { state, ...known },
        }),
      );
    },
    ...createOwnerReader(db),
  };
}

export type OwnerReader = ReturnType<typeof createOwnerReader>;

/** Reading what the history knows of owners. */
export function createOwnerReader(db: Database) {
  const asOf = db.prepare<[{ membershipId: string; runId: number }], OwnerRow>(
    `SELECT v.state, v.user_name AS userName, v.display_name AS displayName,
            CASE WHEN v.last_login <= r.started_at THEN v.last_login END AS lastLogin
       FROM owner_versions AS v
       JOIN runs AS r ON r.id = @runId
      WHERE v.membership_id = @membershipId
        AND v.first_run_id <= @runId
      ORDER BY v.first_run_id DESC
      LIMIT 1`,
  );
  const newest = db.prepare<[string], OwnerRow>(
    `SELECT state, user_name AS userName, display_name AS displayName, last_login AS lastLogin
       FROM owner_versions
      WHERE membership_id = ?
      ORDER BY first_run_id DESC
      LIMIT 1`,
  );
  const held = db.prepare<[string, number], TokenRow & { tokenCount: number }>(
    `SELECT ${tokenColumns('v')}, count(*) OVER () AS tokenCount
       FROM token_versions AS v
      WHERE v.membership_id = ?
        AND v.last_run_id IS NULL
      ORDER BY v.created_at, v.token_id
      LIMIT ?`,
  );
  return {
    /** The owner as it was last known by a run, also one whose last token went with that run; null: nothing was, or there is none. */
    asOf: (membershipId: string | null, runId: number): FindingOwner | null =>
      membershipId === null ? null : (asOf.get({ membershipId, runId }) ?? null),
    /** What was last known of an owner; null: nothing ever was, or there is none. */
    lastKnown: (membershipId: string | null): FindingOwner | null =>
      membershipId === null ? null : (newest.get(membershipId) ?? null),
    /** What was last known of an owner, and the tokens that it holds now, oldest first. */
    withTokens(membershipId: string): { owner: FindingOwner; tokenCount: number; tokens: HeldToken[] } {
      const rows = held.all(membershipId, heldRows);
      return {
        owner: newest.get(membershipId) ?? { state: null, userName: null, displayName: null, lastLogin: null },
        tokenCount: rows[0]?.tokenCount ?? 0,
        tokens: rows.map((row) => {
          const { id, name, type, enabled, createdAt } = toToken(row);
          return { id, name, type, enabled, createdAt };
        }),
      };
    },
  };
}
