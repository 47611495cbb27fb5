import { type EffectiveRole, isRaised, type LearnedRoles, nextMeasure, type RoleMeasure } from '../rules/role.ts';
import { roleRow } from './owners.ts';
import { differs } from './snapshots.ts';
import { columnsOf, integer, type NamedValues, nullable, prepare, type RowOf, text } from './statement.ts';
import type { Transaction } from './transaction.ts';
import type { WorkingTables } from './working-tables.ts';

/** Stores what owners may do, as intervals: one row for as long as a role stays the same. `createOwnerReader` reads it. */
export interface Roles {
  /**
   * Returns the owners to ask about: first those of new and changed tokens, then those never asked about, then those
   * asked about longest ago. Leaves out missing accounts. Call it once the owners have been resolved.
   */
  toAsk(limit: number): string[];
  /** Returns owners whose role is known and was usable when they were last asked about, the latest first. */
  known(limit: number): string[];
  /**
   * Stores what this run learned, and forgets owners without tokens.
   *
   * @param previousRunId the complete run before; null: there is none
   * @returns the owners that may do more than before, by membership id
   */
  apply(tx: Transaction, learned: LearnedRoles, runId: number, previousRunId: number | null): RoleRaise[];
}

/** An owner that may do more than before. */
export interface RoleRaise {
  membershipId: string;
  before: RoleMeasure & { name: string };
  after: EffectiveRole;
}

const versionRow = { ...roleRow, measureConnections: nullable(integer), confirmedRunId: integer };

export function createRoles({ db }: WorkingTables): Roles {
  const stmts = {
    // Staged tokens may be unchanged ones. If these came first every time, others would never be asked about.
    toAsk: prepare<[number]>(
      db,
      `SELECT w.membership_id
         FROM temp.wanted_owners AS w
         LEFT JOIN unanswered_roles AS u ON u.membership_id = w.membership_id
         LEFT JOIN role_versions AS v ON v.membership_id = w.membership_id AND v.last_run_id IS NULL
        WHERE w.state IS NOT 'missing'
        ORDER BY w.membership_id IN (SELECT s.membership_id
                                       FROM temp.staged_tokens AS s
                                       LEFT JOIN token_versions AS v ON v.token_id = s.token_id AND v.last_run_id IS NULL
                                      WHERE v.token_id IS NULL OR ${differs}) DESC,
                 coalesce(u.asked_run_id, v.confirmed_run_id) NULLS FIRST, w.membership_id
        LIMIT ?`,
    ).returningOne(text),
    known: prepare<[number]>(
      db,
      `SELECT v.membership_id
         FROM role_versions AS v
         JOIN temp.wanted_owners AS w ON w.membership_id = v.membership_id
        WHERE v.last_run_id IS NULL
          AND w.state IS NOT 'missing'
          AND v.membership_id NOT IN (SELECT membership_id FROM unanswered_roles)
        ORDER BY v.confirmed_run_id DESC, v.membership_id
        LIMIT ?`,
    ).returningOne(text),
    current: prepare<[string]>(
      db,
      `SELECT ${columnsOf('v', versionRow)} FROM role_versions AS v WHERE v.membership_id = ? AND v.last_run_id IS NULL`,
    ).returning(versionRow),
    close: prepare<[number, string]>(
      db,
      'UPDATE role_versions SET last_run_id = ? WHERE membership_id = ? AND last_run_id IS NULL',
    ),
    // Audits no longer ask about accounts without tokens.
    closeFormer: prepare<[number]>(
      db,
      `UPDATE role_versions
          SET last_run_id = ?
        WHERE last_run_id IS NULL
          AND membership_id NOT IN (SELECT membership_id FROM temp.wanted_owners)`,
    ),
    confirm: prepare<[number, string]>(
      db,
      'UPDATE role_versions SET confirmed_run_id = ? WHERE membership_id = ? AND last_run_id IS NULL',
    ),
    open: prepare<[NamedValues]>(
      db,
      `INSERT INTO role_versions (membership_id, first_run_id, confirmed_run_id, base_role, name, connections,
                                  unknown_roles, measure_base_role, measure_connections)
       VALUES (@membershipId, @runId, @runId, @baseRole, @name, @connections, @unknownRoles, @measureBaseRole,
               @measureConnections)`,
    ),
    noteUnanswered: prepare<[string, number]>(
      db,
      `INSERT INTO unanswered_roles (membership_id, asked_run_id) VALUES (?, ?)
           ON CONFLICT (membership_id) DO UPDATE SET asked_run_id = excluded.asked_run_id`,
    ),
    dropAnswered: prepare<[string]>(db, 'DELETE FROM unanswered_roles WHERE membership_id = ?'),
    dropFormer: prepare(
      db,
      'DELETE FROM unanswered_roles WHERE membership_id NOT IN (SELECT membership_id FROM temp.wanted_owners)',
    ),
  };

  /** Stores an answer. Returns the raise if the owner may do more than before; null otherwise. */
  function store(membershipId: string, after: EffectiveRole, runId: number, previousRunId: number): RoleRaise | null {
    const before = stmts.current.get(membershipId);
    // A row covers runs that all confirmed it, so that every run keeps the date that its mail named.
    if (before !== null && isSame(before, after) && before.confirmedRunId === previousRunId) {
      stmts.confirm.run(runId, membershipId);
      return null;
    }
    const measure = before && measureOf(before);
    const next = nextMeasure(measure, after);
    stmts.close.run(previousRunId, membershipId);
    stmts.open.run({
      ...after,
      membershipId,
      runId,
      unknownRoles: JSON.stringify(after.unknownRoles),
      measureBaseRole: next?.baseRole ?? null,
      measureConnections: next?.connections ?? null,
    });
    if (before === null || measure === null || !isRaised(measure, after)) return null;
    const name = before.baseRole === measure.baseRole ? before.name : measure.baseRole;
    return { membershipId, before: { ...measure, name }, after };
  }

  return {
    toAsk: (limit) => stmts.toAsk.all(limit),
    known: (limit) => stmts.known.all(limit),
    apply(tx, { asked, answers }, runId, previousRunId) {
      tx.requireOpen();
      for (const id of asked) {
        if (answers.has(id)) stmts.dropAnswered.run(id);
        else stmts.noteUnanswered.run(id, runId);
      }
      stmts.dropFormer.run();
      if (previousRunId !== null) stmts.closeFormer.run(previousRunId);
      return [...answers]
        .map(([id, role]) => store(id, role, runId, previousRunId ?? runId))
        .filter((raise) => raise !== null);
    },
  };
}

function measureOf({ measureBaseRole, measureConnections }: RowOf<typeof versionRow>): RoleMeasure | null {
  if (measureBaseRole === null || measureConnections === null) return null;
  return { baseRole: measureBaseRole, connections: measureConnections };
}

function isSame(a: EffectiveRole, b: EffectiveRole): boolean {
  return (
    a.baseRole === b.baseRole &&
    a.name === b.name &&
    a.connections === b.connections &&
    JSON.stringify(a.unknownRoles) === JSON.stringify(b.unknownRoles)
  );
}
