import { isStillRevoked, type RegisterDecision, type RegisterEntry, type RegisterFacts } from '../rules/register.ts';
import type { Token } from '../rules/token.ts';
import type { Database } from './database.ts';
import type { OwnerReader } from './owners.ts';
import { boolean, columnsOf, integer, type NamedValues, nullable, prepare, text, textOf } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** Reads what the register said. */
export interface RegisterReader {
  /** Returns the row of a token as of a run; null if there was none, or no register. */
  entryAsOf(tokenId: string, runId: number): RegisterEntry | null;
  /** Returns the row that counts for a token now; null if there is none, or no register. */
  entryOf(tokenId: string): RegisterEntry | null;
  /** Returns what the register says now about a token; null if no register is in effect. */
  factsOf(token: Pick<Token, 'id' | 'membershipId'>): RegisterFacts | null;
  /** How the newest run that completed, or is being recorded, got its register. */
  state(): RegisterState;
}

/**
 * How a run got its register: no file is configured; it read the file; the file was wrong, so the last good state
 * counts; the file was wrong and no good state counts.
 */
export type RegisterState = 'none' | 'read' | 'kept' | 'unread';

/** What a run read: no file is configured, the rows by the id of their token, or why the file is wrong. */
export type ReadRegister =
  | { kind: 'none' }
  | { kind: 'read'; rows: ReadonlyMap<string, RegisterRow> }
  | { kind: 'broken'; problem: string; hint: string };

/** A row of the file. */
export interface RegisterRow extends RegisterEntry {
  /** When the day of `reviewBy` ends in the time zone of the audit, in UTC as ISO 8601. */
  overdueAt: string | null;
}

interface RecordedAt {
  id: number;
  startedAt: Date;
}

/** Stores the register as intervals, like tokens: one row for as long as a row of the file stays the same. */
export interface Register extends RegisterReader {
  /**
   * Stores what this run read. A wrong file changes no row. A row that vanished while it said `revoke` stays. The
   * owners of this run must have been stored.
   *
   * @param previousRunId the complete run before; null: there is none
   * @returns whether a register came into effect or ceased to be; false if there is no run before that could differ
   */
  apply(tx: Transaction, read: ReadRegister, run: RecordedAt, previousRunId: number | null): boolean;
}

const entryRow = {
  responsible: text,
  purpose: text,
  ticket: text,
  reviewBy: nullable(text),
  decision: nullable(textOf<RegisterDecision>()),
  decidedBy: text,
  decidedOn: nullable(text),
  isVanished: boolean,
};
const versionRow = { ...entryRow, overdueAt: nullable(text), revokeSince: nullable(text) };

function prepareCurrent(db: Database) {
  return prepare<[string]>(
    db,
    `SELECT ${columnsOf('v', versionRow)} FROM register_versions AS v WHERE v.token_id = ? AND v.last_run_id IS NULL`,
  ).returning(versionRow);
}

export function createRegisterReader(db: Database, owners: Pick<OwnerReader, 'lastKnown'>): RegisterReader {
  const stmts = {
    asOf: prepare<[{ tokenId: string; runId: number }]>(
      db,
      `SELECT ${columnsOf('v', entryRow)}
         FROM register_versions AS v
        WHERE v.token_id = @tokenId
          AND v.first_run_id <= @runId
          AND (v.last_run_id IS NULL OR v.last_run_id >= @runId)`,
    ).returning(entryRow),
    current: prepareCurrent(db),
    state: prepare(
      db,
      'SELECT register_state FROM runs WHERE register_state IS NOT NULL ORDER BY id DESC LIMIT 1',
    ).returningOne(textOf<RegisterState>()),
  };
  const state = () => stmts.state.get() ?? 'none';

  return {
    state,
    entryAsOf: (tokenId, runId) => stmts.asOf.get({ tokenId, runId }),
    entryOf: (tokenId) => (isInEffect(state()) ? stmts.current.get(tokenId) : null),
    factsOf({ id, membershipId }) {
      if (!isInEffect(state())) return null;
      const row = stmts.current.get(id);
      const owner = { membershipId, owner: owners.lastKnown(membershipId) };
      if (row === null) return { entry: null, owner, overdueAt: null, revokeSince: null };
      const { overdueAt, revokeSince, ...entry } = row;
      return { entry, owner, overdueAt, revokeSince };
    },
  };
}

export function isInEffect(state: RegisterState): boolean {
  return state === 'read' || state === 'kept';
}

export function createRegister(db: Database, owners: Pick<OwnerReader, 'lastKnown'>): Register {
  const reader = createRegisterReader(db, owners);
  const stmts = {
    currentIds: prepare(db, 'SELECT token_id FROM register_versions WHERE last_run_id IS NULL').returningOne(text),
    current: prepareCurrent(db),
    close: prepare<[number, string]>(
      db,
      'UPDATE register_versions SET last_run_id = ? WHERE token_id = ? AND last_run_id IS NULL',
    ),
    closeAll: prepare<[number]>(db, 'UPDATE register_versions SET last_run_id = ? WHERE last_run_id IS NULL'),
    closeSettled: prepare<[number]>(
      db,
      `UPDATE register_versions AS r
          SET last_run_id = ?
        WHERE last_run_id IS NULL
          AND is_vanished = 1
          AND NOT EXISTS (SELECT 1 FROM token_versions AS v WHERE v.token_id = r.token_id AND v.last_run_id IS NULL)`,
    ),
    open: prepare<[NamedValues]>(
      db,
      `INSERT INTO register_versions (token_id, first_run_id, responsible, purpose, ticket, review_by, overdue_at,
                                      decision, decided_by, decided_on, revoke_since, is_vanished)
       VALUES (@tokenId, @runId, @responsible, @purpose, @ticket, @reviewBy, @overdueAt, @decision, @decidedBy,
               @decidedOn, @revokeSince, @isVanished)`,
    ),
    isListed: prepare<[string]>(
      db,
      'SELECT count(*) FROM token_versions WHERE token_id = ? AND last_run_id IS NULL',
    ).returningOne(integer),
    setState: prepare<[NamedValues]>(
      db,
      'UPDATE runs SET register_state = @state, register_problem = @problem, register_hint = @hint WHERE id = @runId',
    ),
    makeDue: prepare<[{ runId: number; previousRunId: number }]>(
      db,
      `UPDATE token_versions
          SET due_at = '0000-01-01T00:00:00.000Z'
        WHERE last_run_id IS NULL
          AND token_id IN (SELECT token_id
                             FROM register_versions
                            WHERE first_run_id = @runId OR last_run_id = @previousRunId)`,
    ),
    // Whether a row approves a token depends on the names of its owner.
    makeDueByOwner: prepare<[{ runId: number }]>(
      db,
      `UPDATE token_versions
          SET due_at = '0000-01-01T00:00:00.000Z'
        WHERE last_run_id IS NULL
          AND membership_id IN (SELECT membership_id FROM owner_versions WHERE first_run_id = @runId)`,
    ),
  };

  type StoredRow = NonNullable<ReturnType<typeof stmts.current.get>>;

  /** Replaces a stored row; null: there was or will be none. */
  function put(
    tokenId: string,
    before: StoredRow | null,
    next: RegisterRow | null,
    run: RecordedAt,
    end: number,
  ): void {
    if (before !== null && next !== null && isSame(before, next)) return;
    if (before !== null) stmts.close.run(end, tokenId);
    if (next === null) return;
    const since = before?.decision === 'revoke' ? before.revokeSince : run.startedAt.toISOString();
    stmts.open.run({
      ...next,
      tokenId,
      runId: run.id,
      revokeSince: next.decision === 'revoke' ? since : null,
      isVanished: Number(next.isVanished),
    });
  }

  /** Returns what counts from now on of a stored row; null: nothing. */
  function nextOf(tokenId: string, before: StoredRow, row: RegisterRow | null): RegisterRow | null {
    const isPending = isStillRevoked(before, row) && (stmts.isListed.get(tokenId) ?? 0) > 0;
    return isPending ? { ...before, isVanished: true } : row;
  }

  function applyRows(rows: ReadonlyMap<string, RegisterRow>, run: RecordedAt, end: number): void {
    const stored = new Set(stmts.currentIds.all());
    for (const tokenId of stored) {
      const before = stmts.current.get(tokenId);
      if (before !== null) put(tokenId, before, nextOf(tokenId, before, rows.get(tokenId) ?? null), run, end);
    }
    for (const [tokenId, row] of rows) if (!stored.has(tokenId)) put(tokenId, null, row, run, end);
  }

  return {
    ...reader,
    apply(tx, read, run, previousRunId) {
      tx.requireOpen();
      const before = reader.state();
      // Versions of the first run have no run before it to end with.
      const end = previousRunId ?? run.id;
      // Also if the file is wrong, because the token may be back.
      stmts.closeSettled.run(end);
      if (read.kind === 'read') applyRows(read.rows, run, end);
      else if (read.kind === 'none') stmts.closeAll.run(end);
      const state = read.kind !== 'broken' ? read.kind : isInEffect(before) ? 'kept' : 'unread';
      const { problem = null, hint = null } = read.kind === 'broken' ? read : {};
      stmts.setState.run({ runId: run.id, state, problem, hint });
      if (previousRunId !== null) stmts.makeDue.run({ runId: run.id, previousRunId });
      if (isInEffect(state)) stmts.makeDueByOwner.run({ runId: run.id });
      return previousRunId !== null && isInEffect(before) !== isInEffect(state);
    },
  };
}

function isSame(before: RegisterRow, next: RegisterRow): boolean {
  const names = [...Object.keys(entryRow), 'overdueAt'] as (keyof RegisterRow)[];
  return names.every((name) => before[name] === next[name]);
}
